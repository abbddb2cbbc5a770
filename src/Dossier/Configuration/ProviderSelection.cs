namespace Dossier;

/// <summary>Which provider is meant when none is said, and so gets <see cref="SessionOptions.ApiKey"/>.</summary>
/// <param name="Name">The provider; null when it cannot be told.</param>
/// <param name="IsNamed">Whether a setting names it, rather than there being no other.</param>
internal sealed record ProviderSelection(string? Name, bool IsNamed)
{
    public static ProviderSelection Of(SettingSet settings, IReadOnlyCollection<string> providers)
    {
        if (settings.Find(nameof(SessionOptions.Provider)) is { } provider)
            return new(providers.FirstOrDefault(provider.Value.Is), IsNamed: true);

        var model = settings.Find(nameof(SessionOptions.Model))?.Value.Split('/', 2);
        if (model is [var prefix, _] && providers.FirstOrDefault(prefix.Is) is { } named)
            return new(named, IsNamed: true);

        var configured = settings
            .Winners.Where(setting => setting.Source > SettingSource.Default)
            .Select(setting => setting.Provider)
            .OfType<string>()
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .Where(name => settings.Find(name, nameof(ProviderOptions.Kind))?.Value.Is(ProviderPresets.LocalKind) != true)
            .Take(2)
            .ToList();
        return configured switch
        {
            [] => new(ProviderPresets.OpenAI, IsNamed: false),
            [var only] => new(providers.FirstOrDefault(only.Is), IsNamed: false),
            _ => new(null, IsNamed: false),
        };
    }
}
