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
}

/// <summary>The providers that need no definition. One line adds one.</summary>
internal static class ProviderPresets
{
    public const string OpenAI = "openai";

    public const string LocalKind = "local";

    public const string OpenAIKind = "openai";

    // The path of Azure's v1 API: https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle
    public static IReadOnlyList<ProviderPreset> All { get; } =
    [
        new(OpenAI, OpenAIKind)
        {
            KeyVariable = "OPENAI_API_KEY",
            EndpointVariable = "OPENAI_BASE_URL",
            DefaultModel = "gpt-5-mini",
        },
        new("azure-openai", OpenAIKind)
        {
            KeyVariable = "AZURE_OPENAI_API_KEY",
            EndpointVariable = "AZURE_OPENAI_ENDPOINT",
            NeedsEndpoint = true,
            EndpointPath = "/openai/v1/",
        },
        new("local", LocalKind) { DefaultModel = "extractive" },
    ];

    /// <summary>The kinds that can be configured.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [.. All.Select(preset => preset.Kind).Distinct(StringComparer.OrdinalIgnoreCase)];

    public static ProviderPreset? Find(string name) => All.FirstOrDefault(preset => preset.Name.Is(name));

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
