using Microsoft.Extensions.Configuration;

namespace Dossier;

/// <summary>Reads environment variables: the vendors' own, and <c>DOSSIER__…</c> with <c>__</c> between the parts of a key.</summary>
internal static class EnvironmentSettings
{
    /// <param name="variables">The environment.</param>
    /// <param name="presets">The providers whose own variables count.</param>
    public static IEnumerable<Setting> Read(IReadOnlyDictionary<string, string> variables, IEnumerable<ProviderPreset> presets)
    {
        foreach (var preset in presets)
        {
            if (Vendor(preset.KeyVariable, preset.Name, nameof(ProviderOptions.ApiKey)) is { } key)
                yield return key;
            if (Vendor(preset.EndpointVariable, preset.Name, nameof(ProviderOptions.Endpoint)) is { } endpoint)
                yield return endpoint;
        }

        // Sorted, so that of two variables that differ in case the same one wins every time.
        foreach (var (name, value) in variables.OrderBy(variable => variable.Key, StringComparer.Ordinal))
        {
            var key = name.Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal);
            if (key.StartsWith(Setting.Section + ":", StringComparison.OrdinalIgnoreCase) && !string.IsNullOrWhiteSpace(value))
                yield return new(Spell(key[(Setting.Section.Length + 1)..]), value, SettingSource.Environment, Origin(name));
        }

        Setting? Vendor(string? variable, string provider, string member) =>
            variable is not null && variables.TryGetValue(variable, out var value) && !string.IsNullOrWhiteSpace(value)
                ? new(Setting.OfProvider(provider, member), value, SettingSource.VendorVariable, Origin(variable))
                : null;
    }

    /// <summary>The variable that sets a member of a provider, or one of its headers.</summary>
    public static string VariableOf(string provider, string member) =>
        $"{Setting.Section}__{nameof(SessionOptions.Providers)}__{provider.Replace('-', '_')}__{member.Replace(":", "__", StringComparison.Ordinal)}".ToUpperInvariant();

    private static string Origin(string variable) => $"environment variable {variable}";

    private static string Spell(string key) =>
        key.Split(':') is [var section, var name, .. var rest] && section.Is(nameof(SessionOptions.Providers))
#pragma warning disable CA1308 // variables are upper case by custom, names of providers lower case
            ? string.Join(':', [section, name.ToLowerInvariant(), .. rest])
#pragma warning restore CA1308
            : key;
}
