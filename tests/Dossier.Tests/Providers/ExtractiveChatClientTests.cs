using System.Text;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace Dossier.Tests.Providers;

public sealed class ExtractiveChatClientTests : IDisposable
{
    private const string Document = """
        # Tides

        Tides are the rise and fall of the sea that the moon and the sun cause by their gravity. Most coasts have two high
        tides a day. The moon pulls the sea more strongly than the sun does, because it is so much nearer.

        My aunt once went there by bus. The height of the tides follows the moon: at full moon and at new moon the sun and the moon pull together.

        - Neap tides come at half moon, when the pull of the sun works against that of the moon.
        - Tables of tides
        """;

    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly ExtractiveChatClient _client = new(new FakeTimeProvider(Now));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Document_GivesItsTellingSentencesInTheirOrder()
    {
        var response = await _client.GetResponseAsync("Summarize this in 3 sentences:\n\n" + Document, cancellationToken: Token);

        response
            .Text.Should()
            .Be(
                "Tides are the rise and fall of the sea that the moon and the sun cause by their gravity. "
                    + "The moon pulls the sea more strongly than the sun does, because it is so much nearer. "
                    + "The height of the tides follows the moon: at full moon and at new moon the sun and the moon pull together."
            );
        response.ModelId.Should().Be("extractive");
        response.CreatedAt.Should().Be(Now);
        response.FinishReason.Should().Be(ChatFinishReason.Stop);
    }

    [Fact]
    public async Task SameConversation_GivesTheSameAnswer()
    {
        var first = await _client.GetResponseAsync(Document, cancellationToken: Token);
        var second = await _client.GetResponseAsync(Document, cancellationToken: Token);

        second.Should().BeEquivalentTo(first);
    }

    [Theory]
    [InlineData("Please give me a summary in one sentence:\n")]
    [InlineData("Summarise the following text in 1 short sentence: ")]
    [InlineData("TL;DR in one sentence\n\n")]
    public async Task InstructionBeforeTheDocument_SaysHowManyAndIsLeftOut(string instruction)
    {
        var response = await _client.GetResponseAsync(
            instruction + "The sea is deep and very wide. It is also salty, they say.",
            cancellationToken: Token
        );

        response.Text.Should().Be("The sea is deep and very wide.");
    }

    [Fact]
    public async Task OneLineAfterTheInstruction_IsTheDocumentWhateverItSpeaksOf()
    {
        var response = await _client.GetResponseAsync("Summarize: A summary has few sentences, or should have.", cancellationToken: Token);

        response.Text.Should().Be("A summary has few sentences, or should have.");
    }

    [Fact]
    public async Task InstructionAfterTheDocument_SaysHowManyAndIsLeftOut()
    {
        var response = await _client.GetResponseAsync(Document + "\n\nSummarize the above in two sentences.", cancellationToken: Token);

        response.Text.Should().Contain("gravity.").And.NotContain("Summarize");
        response.Text.Split(". ").Should().HaveCount(2);
    }

    [Fact]
    public async Task Attachment_IsTheDocumentAndTheTextItsInstruction()
    {
        var attachment = new DataContent(Encoding.UTF8.GetBytes("\uFEFF" + Document), "text/markdown");
        var message = new ChatMessage(ChatRole.User, [new TextContent("What does it say? One sentence."), attachment]);

        var response = await _client.GetResponseAsync([message], cancellationToken: Token);

        response.Text.Should().Be("Tides are the rise and fall of the sea that the moon and the sun cause by their gravity.");
    }

    [Fact]
    public async Task FollowUpInstruction_IsAboutTheDocumentBeforeIt()
    {
        ChatMessage[] messages =
        [
            new(ChatRole.User, Document),
            new(ChatRole.Assistant, "A long summary that must not be summarised again."),
            new(ChatRole.User, "Now in one sentence, please."),
        ];

        var response = await _client.GetResponseAsync(messages, cancellationToken: Token);

        response.Text.Should().Be("Tides are the rise and fall of the sea that the moon and the sun cause by their gravity.");
    }

    [Fact]
    public async Task SystemMessage_SaysHowManyUnlessTheUserDoes()
    {
        var system = new ChatMessage(ChatRole.System, "Answer in one sentence.");

        var one = await _client.GetResponseAsync([system, new(ChatRole.User, Document)], cancellationToken: Token);
        var two = await _client.GetResponseAsync([system, new(ChatRole.User, "Two sentences:\n" + Document)], cancellationToken: Token);

        one.Text.Split(". ").Should().HaveCount(1);
        two.Text.Split(". ").Should().HaveCount(2);
    }

    [Fact]
    public async Task Usage_IsEstimatedAtFourCharactersPerToken()
    {
        var response = await _client.GetResponseAsync("The sea is deep and wide.", cancellationToken: Token);

        response.Text.Should().Be("The sea is deep and wide.");
        response.Usage!.InputTokenCount.Should().Be(7);
        response.Usage.OutputTokenCount.Should().Be(7);
        response.Usage.TotalTokenCount.Should().Be(14);
    }

    [Fact]
    public async Task TokenLimit_LeavesTheLesserSentencesOut()
    {
        var response = await _client.GetResponseAsync(Document, new() { MaxOutputTokens = 30 }, Token);

        response.Text.Should().Be("Tides are the rise and fall of the sea that the moon and the sun cause by their gravity.");
        response.FinishReason.Should().Be(ChatFinishReason.Length);
        response.Usage!.OutputTokenCount.Should().Be(22);
    }

    [Fact]
    public async Task TokenLimitBelowOneSentence_CutsItBetweenWords()
    {
        var response = await _client.GetResponseAsync(Document, new() { MaxOutputTokens = 4 }, Token);

        response.Text.Should().Be("Tides are the");
        response.FinishReason.Should().Be(ChatFinishReason.Length);
    }

    [Fact]
    public async Task Stream_SaysTheSameInWordGroupsAndEndsWithUsage()
    {
        var whole = await _client.GetResponseAsync(Document, cancellationToken: Token);

        var updates = await _client.GetStreamingResponseAsync(Document, cancellationToken: Token).ToListAsync(Token);

        updates[0].Text.Should().Be("Tides are the rise");
        updates[1].Text.Should().Be(" and fall of the");
        updates[^1].Contents.OfType<UsageContent>().Should().ContainSingle();
        var response = updates.ToChatResponse();
        response.Text.Should().Be(whole.Text);
        response.Usage.Should().BeEquivalentTo(whole.Usage);
        response.FinishReason.Should().Be(ChatFinishReason.Stop);
        response.ModelId.Should().Be("extractive");
    }

    [Fact]
    public async Task CancellationBeforeTheCall_IsHonoured()
    {
        var act = () => _client.GetResponseAsync(Document, cancellationToken: new CancellationToken(canceled: true));

        await act.Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task CancellationOfAStream_IsHonoured()
    {
        using var cancellation = new CancellationTokenSource();
        await using var updates = _client
            .GetStreamingResponseAsync(Document, cancellationToken: cancellation.Token)
            .GetAsyncEnumerator(Token);
        await updates.MoveNextAsync();
        await cancellation.CancelAsync();

        var act = async () => await updates.MoveNextAsync();

        await act.Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task NoUserText_IsMisuse()
    {
        var act = () => _client.GetResponseAsync([new(ChatRole.System, "Be brief.")], cancellationToken: Token);

        await act.Should().ThrowAsync<ArgumentException>().WithMessage("*needs a user message with text*");
    }
}
