using Dossier.Storage;
using Dossier.Tests.Wire;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Money;

/// <summary>
/// Vendors' usage as it stands in their documentation, over the wire into a session, and what their price lists make of it, to the last
/// digit. The pages were read on 2026-11-24; a price per million tokens is a price in millionths of a dollar per token.
/// </summary>
public sealed class CostExamplesTests
{
    private const decimal Millionth = 0.000001m;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<Example> Examples =>
        [
            // https://developers.openai.com/api/docs/guides/prompt-caching: cached tokens are a part of the prompt.
            // https://developers.openai.com/api/docs/pricing: gpt-4o at 2.50, cached 1.25, output 10.
            new Example(
                "OpenAI, cached input",
                "openai",
                """{"prompt_tokens":2006,"completion_tokens":300,"total_tokens":2306,"prompt_tokens_details":{"cached_tokens":1920},"completion_tokens_details":{"reasoning_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}""",
                Price(2.5m, 10m, cached: 1.25m),
                new()
                {
                    Input = 86,
                    CachedInput = 1920,
                    Output = 300,
                },
                (86 * 2.5m + 1920 * 1.25m + 300 * 10m) * Millionth
            ),
            // https://developers.openai.com/api/docs/guides/reasoning: reasoning is a part of the completion and billed as output; gpt-5.6-terra.
            new Example(
                "OpenAI, reasoning",
                "openai",
                """{"prompt_tokens":75,"completion_tokens":1186,"total_tokens":1261,"completion_tokens_details":{"reasoning_tokens":1024}}""",
                Price(2m, 12m, cached: 0.2m, write: 2.5m),
                new()
                {
                    Input = 75,
                    Output = 162,
                    Reasoning = 1024,
                },
                (75 * 2m + 1186 * 12m) * Millionth
            ),
            // https://developers.openai.com/api/docs/guides/prompt-caching: what is written to the cache is a part of the prompt as well, from
            // GPT-5.6 on; the same page's usage with its 86 other tokens written. gpt-6.1-sol: 2, cached 0.10, write 2.50, output 10.
            new Example(
                "OpenAI, cache write",
                "openai",
                """{"prompt_tokens":2006,"completion_tokens":300,"total_tokens":2306,"prompt_tokens_details":{"cached_tokens":1920,"cache_write_tokens":86}}""",
                Price(2m, 10m, cached: 0.1m, write: 2.5m),
                new()
                {
                    CachedInput = 1920,
                    CacheWrite = 86,
                    Output = 300,
                },
                (1920 * 0.1m + 86 * 2.5m + 300 * 10m) * Millionth
            ),
            // https://developers.openai.com/api/docs/pricing: above 272,000 tokens of input gpt-6.1-sol costs 4, cached 0.20, write 5, output 15.
            new Example(
                "OpenAI, long context",
                "openai",
                """{"prompt_tokens":300000,"completion_tokens":1000,"total_tokens":301000,"prompt_tokens_details":{"cached_tokens":200000}}""",
                Price(2m, 10m, cached: 0.1m, write: 2.5m) with
                {
                    Tiers = [Tier(272_000, 4m, 15m, cached: 0.2m, write: 5m)],
                },
                new()
                {
                    Input = 100_000,
                    CachedInput = 200_000,
                    Output = 1000,
                },
                0.4m + 0.04m + 0.015m
            ),
            // https://platform.claude.com/docs/en/build-with-claude/prompt-caching: reads and writes stand beside input_tokens, and writes are split
            // by how long they are kept. https://platform.claude.com/docs/en/about-claude/pricing: Claude Sonnet 5.5 at 2, write 2.50, write
            // for an hour 4, read 0.20, output 10.
            new Example(
                "Anthropic, cache read, write, and write for an hour",
                "anthropic",
                """{"input_tokens":2048,"cache_read_input_tokens":1800,"cache_creation_input_tokens":248,"output_tokens":503,"cache_creation":{"ephemeral_5m_input_tokens":148,"ephemeral_1h_input_tokens":100}}""",
                Price(2m, 10m, cached: 0.2m, write: 2.5m, writeForAnHour: 4m),
                new()
                {
                    Input = 2048,
                    CachedInput = 1800,
                    CacheWrite = 148,
                    CacheWrite1h = 100,
                    Output = 503,
                },
                (2048 * 2m + 1800 * 0.2m + 148 * 2.5m + 100 * 4m + 503 * 10m) * Millionth
            ),
            // The same page: without cache_creation all writes are for five minutes.
            new Example(
                "Anthropic, cache write",
                "anthropic",
                """{"input_tokens":50,"cache_read_input_tokens":0,"cache_creation_input_tokens":100000,"output_tokens":503}""",
                Price(2m, 10m, cached: 0.2m, write: 2.5m, writeForAnHour: 4m),
                new()
                {
                    Input = 50,
                    CacheWrite = 100_000,
                    Output = 503,
                },
                (50 * 2m + 100_000 * 2.5m + 503 * 10m) * Millionth
            ),
            // https://platform.claude.com/docs/en/about-claude/pricing, Claude Haiku 5.5: all of a call with more than 100,000 tokens of input, cache
            // included, costs 0.50, read 0.05, output 2.50 instead of 0.10, 0.01, 0.50.
            new Example(
                "Anthropic, long prompt",
                "anthropic",
                """{"input_tokens":1000,"cache_read_input_tokens":100000,"cache_creation_input_tokens":0,"output_tokens":200}""",
                Price(0.1m, 0.5m, cached: 0.01m) with
                {
                    Tiers = [Tier(100_000, 0.5m, 2.5m, cached: 0.05m)],
                },
                new()
                {
                    Input = 1000,
                    CachedInput = 100_000,
                    Output = 200,
                },
                (1000 * 0.5m + 100_000 * 0.05m + 200 * 2.5m) * Millionth
            ),
            // https://ai.google.dev/gemini-api/docs/thinking: thoughts are billed as output. Through the endpoint of OpenAI's protocol they are in the
            // total only: 20 + 151 + 382. https://ai.google.dev/gemini-api/docs/pricing, Gemini 3.1 Pro Preview: 2 and 12.
            new Example(
                "Gemini, thoughts",
                "google",
                """{"prompt_tokens":20,"completion_tokens":151,"total_tokens":553}""",
                Gemini(),
                new()
                {
                    Input = 20,
                    Output = 151,
                    Reasoning = 382,
                },
                (20 * 2m + (151 + 382) * 12m) * Millionth
            ),
            // The same page: 4 and 18 for prompts of more than 200,000 tokens, 2 and 12 up to there.
            new Example(
                "Gemini, prompt of 200,000",
                "google",
                """{"prompt_tokens":200000,"completion_tokens":1000,"total_tokens":201000}""",
                Gemini(),
                new() { Input = 200_000, Output = 1000 },
                0.4m + 0.012m
            ),
            new Example(
                "Gemini, prompt above 200,000",
                "google",
                """{"prompt_tokens":200001,"completion_tokens":1000,"total_tokens":201500}""",
                Gemini(),
                new()
                {
                    Input = 200_001,
                    Output = 1000,
                    Reasoning = 499,
                },
                0.800004m + 1499 * 18m * Millionth
            ),
            // https://docs.mistral.ai/api: the usage of the chat example. https://mistral.ai/pricing, Mistral Medium 3.5: 1.50 and 7.50.
            new Example(
                "Mistral",
                "mistral",
                """{"prompt_tokens":16,"completion_tokens":34,"total_tokens":50}""",
                Price(1.5m, 7.5m),
                new() { Input = 16, Output = 34 },
                (16 * 1.5m + 34 * 7.5m) * Millionth
            ),
            // https://console.groq.com/docs/prompt-caching: cached tokens are a part of the prompt and cost half.
            // https://console.groq.com/docs/models, openai/gpt-oss-120b: 0.15 and 0.60.
            new Example(
                "Groq, cached input",
                "groq",
                """{"queue_time":0.026959759,"prompt_tokens":4641,"prompt_time":0.009995497,"completion_tokens":1817,"completion_time":5.57691751,"total_tokens":6458,"total_time":5.586913007,"prompt_tokens_details":{"cached_tokens":4608}}""",
                Price(0.15m, 0.6m, cached: 0.075m),
                new()
                {
                    Input = 33,
                    CachedInput = 4608,
                    Output = 1817,
                },
                (33 * 0.15m + 4608 * 0.075m + 1817 * 0.6m) * Millionth
            ),
            // https://api-docs.deepseek.com/guides/kv_cache: hits and misses add up to the prompt.
            // https://api-docs.deepseek.com/quick_start/pricing, deepseek-flash off-peak: hit 0.003, miss 0.15, output 0.60.
            new Example(
                "DeepSeek, hits and misses",
                "deepseek",
                """{"prompt_tokens":10000,"completion_tokens":2000,"total_tokens":12000,"prompt_cache_hit_tokens":7000,"prompt_cache_miss_tokens":3000,"completion_tokens_details":{"reasoning_tokens":1500}}""",
                Price(0.15m, 0.6m, cached: 0.003m),
                new()
                {
                    Input = 3000,
                    CachedInput = 7000,
                    Output = 500,
                    Reasoning = 1500,
                },
                (7000 * 0.003m + 3000 * 0.15m + 2000 * 0.6m) * Millionth
            ),
            // https://docs.x.ai/developers/advanced-api-usage/prompt-caching/usage-and-pricing. Grok 4.7: 2, cached 0.50, output 6.
            new Example(
                "xAI, cached input",
                "xai",
                """{"prompt_tokens":125,"completion_tokens":48,"total_tokens":173,"prompt_tokens_details":{"text_tokens":125,"audio_tokens":0,"image_tokens":0,"cached_tokens":98},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}""",
                Price(2m, 6m, cached: 0.5m),
                new()
                {
                    Input = 27,
                    CachedInput = 98,
                    Output = 48,
                },
                (27 * 2m + 98 * 0.5m + 48 * 6m) * Millionth
            ),
            // https://docs.x.ai/docs/guides/reasoning: reasoning stands beside the completion, 32 + 9 + 94 = 135, and is billed as output.
            new Example(
                "xAI, reasoning",
                "xai",
                """{"prompt_tokens":32,"completion_tokens":9,"total_tokens":135,"prompt_tokens_details":{"text_tokens":32,"audio_tokens":0,"image_tokens":0,"cached_tokens":6},"completion_tokens_details":{"reasoning_tokens":94,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}""",
                Price(2m, 6m, cached: 0.5m),
                new()
                {
                    Input = 26,
                    CachedInput = 6,
                    Output = 9,
                    Reasoning = 94,
                },
                (26 * 2m + 6 * 0.5m + (9 + 94) * 6m) * Millionth
            ),
            // https://openrouter.ai/docs/prompt-caching. anthropic/claude-sonnet-5 there: 2, cached 0.20, write 2.50, output 10.
            new Example(
                "OpenRouter, cached input",
                "openrouter",
                """{"prompt_tokens":10339,"completion_tokens":60,"total_tokens":10399,"prompt_tokens_details":{"cached_tokens":10318,"cache_write_tokens":0}}""",
                Price(2m, 10m, cached: 0.2m, write: 2.5m),
                new()
                {
                    Input = 21,
                    CachedInput = 10_318,
                    Output = 60,
                },
                (21 * 2m + 10_318 * 0.2m + 60 * 10m) * Millionth
            ),
            // https://docs.together.ai/docs/serverless-models, openai/gpt-oss-120b: 0.15 and 0.60.
            new Example(
                "Together",
                "together",
                """{"prompt_tokens":31,"completion_tokens":92,"total_tokens":123}""",
                Price(0.15m, 0.6m),
                new() { Input = 31, Output = 92 },
                (31 * 0.15m + 92 * 0.6m) * Millionth
            ),
            // A deployment is named by its owner, and what it costs depends on the contract: nothing is guessed.
            new Example(
                "Azure, a deployment whose price nobody said",
                "azure-openai",
                """{"prompt_tokens":75,"completion_tokens":1186,"total_tokens":1261,"completion_tokens_details":{"reasoning_tokens":1024}}""",
                null,
                new()
                {
                    Input = 75,
                    Output = 162,
                    Reasoning = 1024,
                },
                null
            ),
            new Example(
                "Azure, a deployment with its price",
                "azure-openai",
                """{"prompt_tokens":75,"completion_tokens":1186,"total_tokens":1261,"completion_tokens_details":{"reasoning_tokens":1024}}""",
                Price(2m, 12m),
                new()
                {
                    Input = 75,
                    Output = 162,
                    Reasoning = 1024,
                },
                (75 * 2m + 1186 * 12m) * Millionth
            ),
            // https://github.com/ollama/ollama/blob/main/docs/api.md. What runs at home costs something, and nobody said what.
            new Example(
                "Ollama, unpriced",
                "ollama",
                """ "prompt_eval_count":26,"eval_count":298 """,
                null,
                new() { Input = 26, Output = 298 },
                null
            ),
            new Example(
                "Ollama, said to be free",
                "ollama",
                """ "prompt_eval_count":26,"eval_count":298 """,
                Price(0, 0),
                new() { Input = 26, Output = 298 },
                0
            ),
        ];

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task PublishedUsage_CostsExactlyWhatThePriceListMakesOfIt(Example example)
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Json(AnswerOf(example)));
        using var directory = new TemporaryDirectory();
        await using var store = Store(server, directory, example);
        await using var session = await store.OpenAsync(cancellationToken: Token);

        await session.GetChatClient().GetResponseAsync("Hi", cancellationToken: Token);

        var response = await session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.Usage.Should().Be(example.Expected);
        response.Cost?.Amount.Should().Be(example.Cost);
        response.Cost?.PriceSource.Should().Be(example.Price?.Source);
        (response.Cost is null).Should().Be(example.Cost is null, "unpriced is not free");
        (await session.GetSummaryAsync(Token)).Unpriced.Should().Be(example.Cost is null ? 1 : 0);
    }

    [Fact]
    public async Task PublishedUsageOfEmbeddings_CostsItsInput()
    {
        // https://developers.openai.com/api/docs/api-reference/embeddings. text-embedding-3-small: 0.02.
        await using var server = await WireServer.StartAsync();
        server.Reply(
            WireReply.Json(
                """{"object":"list","data":[{"object":"embedding","embedding":"AAAAPwAAgL8=","index":0}],"model":"text-embedding-3-small","usage":{"prompt_tokens":8,"total_tokens":8}}"""
            )
        );
        using var generator = new OpenAIProvider().CreateEmbeddingGenerator(
            "text-embedding-3-small",
            Providers.VendorClient.Connection("openai", server, "v1")
        );

        var embeddings = await generator.GenerateAsync(["The food was delicious"], cancellationToken: Token);

        Price(0.02m, null).CostOf(TokenUsage.From(embeddings.Usage)!)!.Amount.Should().Be(0.00000016m);
    }

    private static SessionStore Store(WireServer server, TemporaryDirectory directory, Example example)
    {
        const string Model = "example";
        var model = ModelDescriptor.Unknown(example.Vendor, Model) with { Price = example.Price };
        var path = example.Vendor is "anthropic" or "ollama" ? "" : "v1";
        var options = new SessionOptions
        {
            Storage = new MemoryStorage(),
            Models = new([model]),
            Model = $"{example.Vendor}/{Model}",
            Providers =
            {
                [example.Vendor] = new() { Endpoint = new(server.Url, path), ApiKey = "key" },
            },
        };
        return SessionStoreFactory.Create(ConfigurationResolver.Resolve(new() { WorkingDirectory = directory.Path }, options));
    }

    private static string AnswerOf(Example example) =>
        example.Vendor switch
        {
            "anthropic" => AnthropicWire.Answer().Replace(AnthropicWire.Usage, example.Usage, StringComparison.Ordinal),
            "ollama" => OllamaWire.Answer().Replace(OllamaWire.Usage, example.Usage, StringComparison.Ordinal),
            _ => OpenAIWire.Completion().Replace(OpenAIWire.Usage, example.Usage, StringComparison.Ordinal),
        };

    private static ModelPrice Price(
        decimal input,
        decimal? output,
        decimal? cached = null,
        decimal? write = null,
        decimal? writeForAnHour = null
    ) =>
        new()
        {
            Input = input,
            CachedInput = cached,
            CacheWrite = write,
            CacheWrite1h = writeForAnHour,
            Output = output,
            Source = new("price list", new(2026, 11, 24)),
        };

    private static ModelPriceTier Tier(long above, decimal input, decimal output, decimal? cached = null, decimal? write = null) =>
        new()
        {
            AboveInputTokens = above,
            Input = input,
            CachedInput = cached,
            CacheWrite = write,
            Output = output,
        };

    private static ModelPrice Gemini() => Price(2m, 12m, cached: 0.2m) with { Tiers = [Tier(200_000, 4m, 18m, cached: 0.4m)] };

    /// <param name="Name">What it is about.</param>
    /// <param name="Vendor">The preset; it decides over the protocol.</param>
    /// <param name="Usage">What stands on the wire.</param>
    /// <param name="Price">The price of the model; null when nobody said it.</param>
    /// <param name="Expected">The disjoint classes.</param>
    /// <param name="Cost">In USD; null for unpriced.</param>
    public sealed record Example(string Name, string Vendor, string Usage, ModelPrice? Price, TokenUsage Expected, decimal? Cost)
    {
        public override string ToString() => Name;
    }
}
