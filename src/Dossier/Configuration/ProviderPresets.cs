namespace Dossier;

/// <summary>What is known of a provider before anything is configured.</summary>
internal sealed record ProviderPreset(string Name, string Kind)
{
    /// <summary>The vendor's own environment variable for the key.</summary>
    public string? KeyVariable { get; init; }

    /// <summary>The vendor's own environment variable for the endpoint.</summary>
    public string? EndpointVariable { get; init; }

    public string? Endpoint { get; init; }

    public string? DefaultModel { get; init; }

    /// <summary>Whether there is no endpoint but each customer's own.</summary>
    public bool NeedsEndpoint { get; init; }

    /// <summary>The path to add to an endpoint that has none.</summary>
    public string? EndpointPath { get; init; }

    /// <summary>In what its protocol differs from OpenAI's.</summary>
    public OpenAIDialect Dialect { get; init; } = OpenAIDialect.None;

    /// <summary>How it is asked for its models, where it has a better way than <c>/models</c> of OpenAI's protocol.</summary>
    public ModelListShape Models { get; init; }

    /// <summary>Whether a host is the vendor's own, which wants a key.</summary>
    public bool IsAt(Uri endpoint) => Endpoint is not null && new Uri(Endpoint) is { IsLoopback: false } own && own.Host.Is(endpoint.Host);
}

/// <summary>The providers that need no definition. One entry adds one.</summary>
internal static class ProviderPresets
{
    public const string OpenAI = "openai";

    public const string Anthropic = "anthropic";

    public const string Ollama = "ollama";

    public const string LocalKind = "local";

    public const string OpenAIKind = OpenAI;

    public static IReadOnlyList<ProviderPreset> All { get; } =
    [
        new(OpenAI, OpenAIKind)
        {
            KeyVariable = "OPENAI_API_KEY",
            EndpointVariable = "OPENAI_BASE_URL",
            Endpoint = "https://api.openai.com/v1",
            DefaultModel = "gpt-5.4-mini",
        },
        new(Anthropic, Anthropic)
        {
            KeyVariable = "ANTHROPIC_API_KEY",
            EndpointVariable = "ANTHROPIC_BASE_URL",
            Endpoint = "https://api.anthropic.com",
            DefaultModel = "claude-sonnet-5",
        },
        // The path of Azure's v1 API: https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle
        new("azure-openai", OpenAIKind)
        {
            KeyVariable = "AZURE_OPENAI_API_KEY",
            EndpointVariable = "AZURE_OPENAI_ENDPOINT",
            NeedsEndpoint = true,
            EndpointPath = "/openai/v1/",
        },
        // https://ai.google.dev/gemini-api/docs/openai. Also reached as gemini, see ProviderAlias.
        new("google", OpenAIKind)
        {
            KeyVariable = "GEMINI_API_KEY",
            Endpoint = "https://generativelanguage.googleapis.com/v1beta/openai",
            DefaultModel = "gemini-3.5-flash",
            Dialect = OpenAIDialect.ReasoningBesideOutput,
            Models = ModelListShape.Gemini,
        },
        // https://docs.mistral.ai/api: unknown members are refused with 422; the usage is in the last piece, unasked.
        new("mistral", OpenAIKind)
        {
            KeyVariable = "MISTRAL_API_KEY",
            Endpoint = "https://api.mistral.ai/v1",
            DefaultModel = "mistral-medium-latest",
            Dialect = OpenAIDialect.MaxTokens | OpenAIDialect.NoStreamOptions | OpenAIDialect.RandomSeed,
        },
        // https://console.groq.com/docs/api-reference
        new("groq", OpenAIKind)
        {
            KeyVariable = "GROQ_API_KEY",
            Endpoint = "https://api.groq.com/openai/v1",
            DefaultModel = "openai/gpt-oss-120b",
        },
        // https://docs.x.ai/docs/key-information/consumption-and-rate-limits: reasoning is counted beside the completion.
        new("xai", OpenAIKind)
        {
            KeyVariable = "XAI_API_KEY",
            Endpoint = "https://api.x.ai/v1",
            DefaultModel = "grok-4.7",
            Dialect = OpenAIDialect.ReasoningBesideOutput,
        },
        // https://api-docs.deepseek.com/api/create-chat-completion: max_tokens is the only name documented.
        new("deepseek", OpenAIKind)
        {
            KeyVariable = "DEEPSEEK_API_KEY",
            Endpoint = "https://api.deepseek.com",
            DefaultModel = "deepseek-flash",
            Dialect = OpenAIDialect.MaxTokens,
        },
        // https://openrouter.ai/docs/use-cases/usage-accounting: the usage comes unasked. https://openrouter.ai/docs/api-reference/parameters: top_k.
        new("openrouter", OpenAIKind)
        {
            KeyVariable = "OPENROUTER_API_KEY",
            Endpoint = "https://openrouter.ai/api/v1",
            Dialect = OpenAIDialect.TopK,
        },
        // https://docs.together.ai/reference/chat-completions-1
        new("together", OpenAIKind)
        {
            KeyVariable = "TOGETHER_API_KEY",
            Endpoint = "https://api.together.xyz/v1",
            Dialect = OpenAIDialect.MaxTokens | OpenAIDialect.TopK,
        },
        new("vllm", OpenAIKind)
        {
            KeyVariable = "VLLM_API_KEY",
            Endpoint = "http://localhost:8000/v1",
            Dialect = OpenAIDialect.TopK,
        },
        new("llama.cpp", OpenAIKind)
        {
            Endpoint = "http://localhost:8080/v1",
            Dialect = OpenAIDialect.TopK,
            Models = ModelListShape.LlamaCpp,
        },
        new("lm-studio", OpenAIKind)
        {
            Endpoint = "http://localhost:1234/v1",
            Dialect = OpenAIDialect.TopK,
            Models = ModelListShape.LMStudio,
        },
        new(Ollama, Ollama) { Endpoint = "http://localhost:11434" },
        new("local", LocalKind) { DefaultModel = "extractive" },
    ];

    /// <summary>The kinds that can be configured.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [.. All.Select(preset => preset.Kind).Distinct(StringComparer.OrdinalIgnoreCase)];

    public static ProviderPreset? Find(string name) => All.FirstOrDefault(preset => preset.Name.Is(name));

    /// <summary>The vendor behind a connection: by its endpoint, whatever it is called here, else by the name.</summary>
    public static ProviderPreset? Find(string name, Uri endpoint) => All.FirstOrDefault(preset => preset.IsAt(endpoint)) ?? Find(name);

    /// <summary>The vendor's own variable for the key of a provider, for messages that say where to set it; null when there is none.</summary>
    public static string? KeyVariable(string name) => Find(name)?.KeyVariable;

    /// <summary>What the presets say, as the settings that everything else overrides.</summary>
    public static IEnumerable<Setting> Settings(IEnumerable<ProviderPreset> presets) =>
        from preset in presets
        from member in new (string Name, string? Value)[]
        {
            (nameof(ProviderOptions.Kind), preset.Kind),
            (nameof(ProviderOptions.Endpoint), preset.Endpoint),
            (nameof(ProviderOptions.DefaultModel), preset.DefaultModel),
        }
        where member.Value is not null
        select new Setting(Setting.OfProvider(preset.Name, member.Name), member.Value, SettingSource.Default, "built-in default");
}
