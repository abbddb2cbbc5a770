namespace Dossier;

/// <summary>Tells by the settings which provider is meant when none is said, see <see cref="SelectedProvider"/>.</summary>
/// <param name="names">The names of all providers.</param>
/// <param name="implemented">Those that the code implements, which no setting shows.</param>
internal sealed class ProviderSelector(IReadOnlyCollection<string> names, IReadOnlyCollection<string> implemented)
{
    public SelectedProvider Of(SettingSet settings) =>
        SelectedProvider.Of(
            settings
                .All.Reverse()
                .GroupBy(setting => setting.Source)
                .Select(source => (Value(source, nameof(SessionOptions.Provider)), Value(source, nameof(SessionOptions.Model)))),
            names,
            names.Where(name => IsConfigured(name, settings) && !IsLocal(name, settings))
        );

    /// <summary>Whether anybody configured it, or it only is one that could be.</summary>
    public bool IsConfigured(string name, SettingSet settings)
    {
        if (implemented.Any(name.Is))
            return true;
        if (ProviderPresets.Find(name) is not { } preset)
            return settings.Below(Setting.OfProvider(name)).Any();
        var hasEndpoint = settings.Find(name, nameof(ProviderOptions.Endpoint)) is { Source: not SettingSource.Default };
        return hasEndpoint
            || settings.Find(name, nameof(ProviderOptions.Credential)) is not null
            || settings.Find(name, nameof(ProviderOptions.ApiKey)) is { } key && !IsUnused(key, preset);
    }

    /// <summary>Whether a variable for the key happens to be there, and nothing says where the key would go.</summary>
    private static bool IsUnused(Setting key, ProviderPreset preset) => preset.NeedsEndpoint && key.Source == SettingSource.VendorVariable;

    private static bool IsLocal(string name, SettingSet settings) =>
        settings.Find(name, nameof(ProviderOptions.Kind))?.Value.Is(ProviderPresets.LocalKind) == true;

    private static string? Value(IEnumerable<Setting> source, string key) => source.FirstOrDefault(setting => setting.Key.Is(key))?.Value;
}
