namespace Dossier.Tests.Money;

/// <summary>
/// Usage in the shapes that vendors document, and what it costs, to the last digit, with the prices of the catalogue: each of these says where it
/// was read, and when. The addresses are those of the pages that the rules stand on. A price per million tokens is a price in
/// millionths of a dollar per token.
/// </summary>
internal static class CostExamples
{
    private const decimal Millionth = 0.000001m;

    public static TheoryData<CostExample> All =>
        [
            // https://developers.openai.com/api/docs/guides/prompt-caching: cached tokens are a part of the prompt.
            // https://developers.openai.com/api/docs/pricing: gpt-4o at 2.50, cached 1.25, output 10.
            new CostExample(
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
                (86 * 2.5m + 1920 * 1.25m + 300 * 10m) * Millionth,
                "gpt-4o"
            ),
            // https://developers.openai.com/api/docs/guides/reasoning: reasoning is a part of the completion and billed as output; gpt-5.6-terra.
            new CostExample(
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
                (75 * 2m + 1186 * 12m) * Millionth,
                "gpt-5.6-terra"
            ),
            // https://developers.openai.com/api/docs/guides/prompt-caching: what is written to the cache is a part of the prompt as well, from
            // GPT-5.6 on; the same page's usage with its 86 other tokens written. gpt-6.1-sol: 2, cached 0.10, write 2.50, output 10.
            new CostExample(
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
                (1920 * 0.1m + 86 * 2.5m + 300 * 10m) * Millionth,
                "gpt-6.1-sol"
            ),
            // https://developers.openai.com/api/docs/pricing: above 272,000 tokens of input gpt-6.1-sol costs 4, cached 0.20, write 5, output 15.
            new CostExample(
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
                0.4m + 0.04m + 0.015m,
                "gpt-6.1-sol"
            ),
            // https://platform.claude.com/docs/en/build-with-claude/prompt-caching: reads and writes stand beside input_tokens, and writes are split
            // by how long they are kept. https://platform.claude.com/docs/en/about-claude/pricing: Claude Sonnet 5.5 at 2, write 2.50, write
            // for an hour 4, read 0.20, output 10.
            new CostExample(
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
                (2048 * 2m + 1800 * 0.2m + 148 * 2.5m + 100 * 4m + 503 * 10m) * Millionth,
                "claude-sonnet-5-5"
            ),
            // The same page: without cache_creation all writes are for five minutes.
            new CostExample(
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
                (50 * 2m + 100_000 * 2.5m + 503 * 10m) * Millionth,
                "claude-sonnet-5-5"
            ),
            // https://platform.claude.com/docs/en/about-claude/pricing, Claude Haiku 5.5: all of a call with more than 100,000 tokens of input, cache
            // included, costs 0.50, read 0.05, output 2.50 instead of 0.10, 0.01, 0.50.
            new CostExample(
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
                (1000 * 0.5m + 100_000 * 0.05m + 200 * 2.5m) * Millionth,
                "claude-haiku-5-5"
            ),
            // https://ai.google.dev/gemini-api/docs/thinking: thoughts are billed as output. Through the endpoint of OpenAI's protocol they are in the
            // total only: 20 + 151 + 382. https://ai.google.dev/gemini-api/docs/pricing, Gemini 3.1 Pro Preview: 2 and 12.
            new CostExample(
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
                (20 * 2m + (151 + 382) * 12m) * Millionth,
                "gemini-3.1-pro-preview"
            ),
            // The same page: 4 and 18 for prompts of more than 200,000 tokens, 2 and 12 up to there.
            new CostExample(
                "Gemini, prompt of 200,000",
                "google",
                """{"prompt_tokens":200000,"completion_tokens":1000,"total_tokens":201000}""",
                Gemini(),
                new() { Input = 200_000, Output = 1000 },
                0.4m + 0.012m,
                "gemini-3.1-pro-preview"
            ),
            new CostExample(
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
                0.800004m + 1499 * 18m * Millionth,
                "gemini-3.1-pro-preview"
            ),
            // https://ai.google.dev/gemini-api/docs/pricing, Gemini 3 Flash Preview: 0.50 for text, 1 for sound, 0.05 for what was cached, output 3.
            new CostExample(
                "Gemini, sound in the prompt",
                "google",
                """{"prompt_tokens":1200,"completion_tokens":100,"total_tokens":1300,"prompt_tokens_details":{"cached_tokens":50,"audio_tokens":960}}""",
                Price(0.5m, 3m, cached: 0.05m) with
                {
                    AudioInput = 1m,
                },
                new()
                {
                    Input = 190,
                    CachedInput = 50,
                    AudioInput = 960,
                    Output = 100,
                },
                (190 * 0.5m + 50 * 0.05m + 960 * 1m + 100 * 3m) * Millionth,
                "gemini-3-flash-preview"
            ),
            // The same where sound has no price of its own: what it costs is not known.
            new CostExample(
                "Gemini, sound whose price nobody said",
                "google",
                """{"prompt_tokens":1200,"completion_tokens":100,"total_tokens":1300,"prompt_tokens_details":{"audio_tokens":960}}""",
                Price(0.5m, 3m),
                new()
                {
                    Input = 240,
                    AudioInput = 960,
                    Output = 100,
                },
                null
            ),
            // https://developers.openai.com/api/docs/guides/audio: sound is a part of the prompt, and of the completion.
            // https://developers.openai.com/api/docs/pricing, gpt-audio: text 2.50 and 10, sound 32 and 64.
            new CostExample(
                "OpenAI, sound in and out",
                "openai",
                """{"prompt_tokens":350,"completion_tokens":420,"total_tokens":770,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":300},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":340}}""",
                Price(2.5m, 10m) with
                {
                    AudioInput = 32m,
                    AudioOutput = 64m,
                },
                new()
                {
                    Input = 50,
                    AudioInput = 300,
                    Output = 80,
                    AudioOutput = 340,
                },
                (50 * 2.5m + 300 * 32m + 80 * 10m + 340 * 64m) * Millionth
            ),
            // https://www.alibabacloud.com/help/en/model-studio/qwen-omni, in OpenAI's protocol. Qwen3-Omni Flash: text 0.43 and 1.66, sound 3.81 and 15.11.
            new CostExample(
                "Alibaba, sound in and out",
                "dashscope",
                """{"prompt_tokens":125,"completion_tokens":80,"total_tokens":205,"prompt_tokens_details":{"text_tokens":25,"audio_tokens":100},"completion_tokens_details":{"text_tokens":20,"audio_tokens":60}}""",
                Price(0.43m, 1.66m) with
                {
                    AudioInput = 3.81m,
                    AudioOutput = 15.11m,
                },
                new()
                {
                    Input = 25,
                    AudioInput = 100,
                    Output = 20,
                    AudioOutput = 60,
                },
                (25 * 0.43m + 100 * 3.81m + 20 * 1.66m + 60 * 15.11m) * Millionth,
                "qwen3-omni-flash"
            ),
            // https://docs.mistral.ai/api: the usage of the chat example. https://mistral.ai/pricing, Mistral Medium 3.5: 1.50 and 7.50.
            new CostExample(
                "Mistral",
                "mistral",
                """{"prompt_tokens":16,"completion_tokens":34,"total_tokens":50}""",
                Price(1.5m, 7.5m),
                new() { Input = 16, Output = 34 },
                (16 * 1.5m + 34 * 7.5m) * Millionth,
                "mistral-medium-2604"
            ),
            // https://console.groq.com/docs/prompt-caching: cached tokens are a part of the prompt and cost half.
            // https://console.groq.com/docs/models, openai/gpt-oss-120b: 0.15 and 0.60.
            new CostExample(
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
                (33 * 0.15m + 4608 * 0.075m + 1817 * 0.6m) * Millionth,
                "openai/gpt-oss-120b"
            ),
            // https://api-docs.deepseek.com/guides/kv_cache: hits and misses add up to the prompt.
            // https://api-docs.deepseek.com/quick_start/pricing, deepseek-flash at peak hours: hit 0.006, miss 0.30, output 1.20.
            new CostExample(
                "DeepSeek, hits and misses",
                "deepseek",
                """{"prompt_tokens":10000,"completion_tokens":2000,"total_tokens":12000,"prompt_cache_hit_tokens":7000,"prompt_cache_miss_tokens":3000,"completion_tokens_details":{"reasoning_tokens":1500}}""",
                Price(0.3m, 1.2m, cached: 0.006m),
                new()
                {
                    Input = 3000,
                    CachedInput = 7000,
                    Output = 500,
                    Reasoning = 1500,
                },
                (7000 * 0.006m + 3000 * 0.3m + 2000 * 1.2m) * Millionth,
                "deepseek-flash"
            ),
            // https://docs.x.ai/developers/advanced-api-usage/prompt-caching/usage-and-pricing. Grok 4.7: 2, cached 0.50, output 6.
            new CostExample(
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
                (27 * 2m + 98 * 0.5m + 48 * 6m) * Millionth,
                "grok-4.7"
            ),
            // https://docs.x.ai/docs/guides/reasoning: reasoning stands beside the completion, 32 + 9 + 94 = 135, and is billed as output.
            new CostExample(
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
                (26 * 2m + 6 * 0.5m + (9 + 94) * 6m) * Millionth,
                "grok-4.7"
            ),
            // https://openrouter.ai/docs/prompt-caching. anthropic/claude-sonnet-5 there: 2, cached 0.20, write 2.50, output 10.
            new CostExample(
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
            new CostExample(
                "Together",
                "together",
                """{"prompt_tokens":31,"completion_tokens":92,"total_tokens":123}""",
                Price(0.15m, 0.6m),
                new() { Input = 31, Output = 92 },
                (31 * 0.15m + 92 * 0.6m) * Millionth,
                "openai/gpt-oss-120b"
            ),
            // A deployment is named by its owner, and what it costs depends on the contract: nothing is guessed.
            new CostExample(
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
            new CostExample(
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
            new CostExample(
                "Ollama, unpriced",
                "ollama",
                """ "prompt_eval_count":26,"eval_count":298 """,
                null,
                new() { Input = 26, Output = 298 },
                null
            ),
            new CostExample(
                "Ollama, said to be free",
                "ollama",
                """ "prompt_eval_count":26,"eval_count":298 """,
                Price(0, 0),
                new() { Input = 26, Output = 298 },
                0
            ),
        ];

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
}

/// <summary>A call, and what it costs.</summary>
/// <param name="Name">What it is about.</param>
/// <param name="Vendor">The preset; it decides over the protocol.</param>
/// <param name="Usage">What stands on the wire.</param>
/// <param name="Price">The price of the model; null when nobody said it.</param>
/// <param name="Expected">The disjoint classes.</param>
/// <param name="Cost">In USD; null for unpriced.</param>
/// <param name="Model">The model whose price it is, in the catalogue; null for one that is not there.</param>
public sealed record CostExample(
    string Name,
    string Vendor,
    string Usage,
    ModelPrice? Price,
    TokenUsage Expected,
    decimal? Cost,
    string? Model = null
)
{
    public override string ToString() => Name;
}
