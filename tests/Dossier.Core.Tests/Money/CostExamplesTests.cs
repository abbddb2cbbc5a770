using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Money;

/// <summary>Vendors' usage fields, as clients report them, and what the vendors' own arithmetic makes of them, to the last digit.</summary>
public sealed class CostExamplesTests
{
    public static TheoryData<Example> Examples =>
        [
            // https://community.openai.com/t/how-to-use-cached-tokens-field-to-calculate-cost-estimation/1330187: cached tokens are a part of the
            // input. At 2.50, 1.25 and 10 USD: 119 × 2.50 + 4,776 × 1.25 + 33 × 10.
            new Example(
                "OpenAI, cached input is a part of the input",
                Usage(4895, 33, cached: 4776),
                Price(2.5m, 10m, cached: 1.25m),
                0.0065975m
            ),
            // https://developers.openai.com/api/docs/guides/reasoning: reasoning tokens are a part of the output, and billed as such.
            // At 1.25 and 10 USD: 75 × 1.25 + 1,186 × 10.
            new Example(
                "OpenAI, reasoning is a part of the output",
                Usage(75, 1186, reasoning: 1024),
                Price(1.25m, 10m, cached: 0.125m),
                0.01195375m
            ),
            // https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching: writes at 1.25 × and reads at 0.1 × the input price; in the
            // API both stand beside input_tokens, and the adapter adds them up. https://eonsr.com/en/claude-prompt-caching-math works it
            // out for 3 and 15 USD: a prefix of 100,000 tokens is written for 0.375 USD, read ten times for 0.30 USD; 10,000 of output are 0.15 USD.
            new Example("Anthropic, cache write", Usage(100_000, 0, written: 100_000), Price(3m, 15m, cached: 0.3m, write: 3.75m), 0.375m),
            new Example(
                "Anthropic, ten cache reads",
                Usage(1_000_000, 0, cached: 1_000_000),
                Price(3m, 15m, cached: 0.3m, write: 3.75m),
                0.30m
            ),
            new Example(
                "Anthropic, all classes",
                Usage(1_100_050, 10_000, cached: 1_000_000, written: 100_000),
                Price(3m, 15m, cached: 0.3m, write: 3.75m),
                0.375m + 0.30m + 0.15m + 0.00015m
            ),
            // https://discuss.ai.google.dev/t/question-about-gemini-api-caching-pricing/107349: 11,500 of input of which 10,000 were cached, 1,000
            // of output and 10,000 of thoughts: 0.001875 + 0.00125, and 11,000 of output at 10 USD.
            new Example(
                "Gemini, thoughts",
                Usage(11_500, 11_000, cached: 10_000, reasoning: 10_000),
                Gemini(),
                0.001875m + 0.00125m + 0.11m
            ),
            // https://ai.google.dev/gemini-api/docs/pricing, Gemini 2.5 Pro: the whole call costs 2.50 and 15 USD when its prompt is longer than 200k.
            new Example("Gemini, prompt of 200k", Usage(200_000, 1_000), Gemini(), 0.25m + 0.01m),
            new Example("Gemini, prompt above 200k", Usage(250_000, 1_000), Gemini(), 0.625m + 0.015m),
            new Example(
                "Gemini, prompt above 200k that was cached",
                Usage(250_000, 1_000, cached: 200_000),
                Gemini(),
                0.125m + 0.05m + 0.015m
            ),
            // https://api-docs.deepseek.com/quick_start/pricing-details-usd, deepseek-reasoner: 0.14 USD on a cache hit, 0.55 on a miss, 2.19 for
            // output, with its chain of thought: 7,000 × 0.14 + 3,000 × 0.55 + 2,000 × 2.19.
            new Example(
                "DeepSeek, hits and misses",
                Usage(10_000, 2_000, cached: 7_000, reasoning: 1_500),
                Price(0.55m, 2.19m, cached: 0.14m),
                0.00098m + 0.00165m + 0.00438m
            ),
            // https://infron.ai/docs/billing-apis/usage-and-cost/get-cost-and-usage-details-streaming, grok-4.1-fast-reasoning: prompt 0.0000002,
            // cache read 0.0000081, completion with 204 of reasoning 0.0001205.
            new Example(
                "xAI, cached and reasoning",
                Usage(163, 241, cached: 162, reasoning: 204),
                Price(0.2m, 0.5m, cached: 0.05m),
                0.0000002m + 0.0000081m + 0.0001205m
            ),
            // https://artificialintelligencetoolset.com/tools/ai/ai-embedding-cost-calculator/: 100,000 documents of 500 tokens at 0.02 USD.
            new Example("Embeddings, input alone", Usage(50_000_000, null), Price(0.02m, null), 1.00m),
        ];

    [Theory]
    [MemberData(nameof(Examples))]
    public void PublishedExample_CostsExactlyWhatItSays(Example example)
    {
        var cost = example.Price.CostOf(TokenUsage.From(example.Usage)!);

        cost!.Amount.Should().Be(example.Cost);
    }

    private static UsageDetails Usage(long input, long? output, long? cached = null, long? written = null, long? reasoning = null) =>
        new()
        {
            InputTokenCount = input,
            OutputTokenCount = output,
            CachedInputTokenCount = cached,
            ReasoningTokenCount = reasoning,
            AdditionalCounts = written is { } count ? new() { ["CacheCreationInputTokens"] = count } : null,
        };

    private static ModelPrice Price(decimal input, decimal? output, decimal? cached = null, decimal? write = null) =>
        new()
        {
            Input = input,
            Output = output,
            CachedInput = cached,
            CacheWrite = write,
            Source = new("price list"),
        };

    private static ModelPrice Gemini() =>
        Price(1.25m, 10m, cached: 0.125m) with
        {
            Tiers =
            [
                new()
                {
                    AboveInputTokens = 200_000,
                    Input = 2.5m,
                    CachedInput = 0.25m,
                    Output = 15m,
                },
            ],
        };

    public sealed record Example(string Name, UsageDetails Usage, ModelPrice Price, decimal Cost)
    {
        public override string ToString() => Name;
    }
}
