namespace Dossier.Tests.Money;

public sealed class TokenCountersTests
{
    // Counts of https://platform.openai.com/tokenizer and of the notebook "How to count tokens with tiktoken" in OpenAI's cookbook.
    [Theory]
    [InlineData("gpt-5-mini", "o200k_base", "tiktoken is great!", 6)]
    [InlineData("gpt-4o-2024-08-06", "o200k_base", "お誕生日おめでとう", 8)]
    [InlineData("openai/gpt-4.1", "o200k_base", "antidisestablishmentarianism", 6)]
    [InlineData("ft:gpt-3.5-turbo:acme", "cl100k_base", "antidisestablishmentarianism", 6)]
    [InlineData("gpt-4", "cl100k_base", "お誕生日おめでとう", 9)]
    [InlineData("text-embedding-3-small", "cl100k_base", "2 + 2 = 4", 7)]
    public void KnownEncoding_IsCountedExactly(string model, string encoding, string text, long tokens)
    {
        var counter = TokenCounters.Find(new("openai", model))!;

        counter.Method.Should().Be(encoding);
        counter.Count(text).Should().Be(tokens);
    }

    [Theory]
    [InlineData("claude-sonnet-5")]
    [InlineData("llama-4")]
    [InlineData("my-deployment")]
    public void UnknownEncoding_IsLeftToTheEstimate(string model) => TokenCounters.Find(new("somebody", model)).Should().BeNull();
}
