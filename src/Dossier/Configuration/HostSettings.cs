using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.EnvironmentVariables;

namespace Dossier;

/// <summary>Reads the section <c>Dossier</c> of the host's own configuration.</summary>
internal static class HostSettings
{
    /// <param name="host">The host's configuration, or its section.</param>
    public static IEnumerable<Setting> Read(IConfiguration host)
    {
        // A section does not say which of its values came from where; a root does.
        var providers = (host as IConfigurationRoot)?.Providers.ToList() ?? [];
        var environment = providers.FindLastIndex(provider => provider is EnvironmentVariablesConfigurationProvider);
        var section = host as IConfigurationSection ?? host.GetSection(Setting.Section);
        foreach (var (key, value) in section.AsEnumerable(makePathsRelative: true))
        {
            if (string.IsNullOrWhiteSpace(value))
                continue;
            var index = providers.FindLastIndex(provider => provider.TryGet(Setting.Full(key), out _));
            // A host puts its command line above the environment, and so it stays.
            var source = environment >= 0 && index > environment ? SettingSource.HostOverride : SettingSource.Host;
            yield return new(key, value, source, index < 0 ? "the host's configuration" : $"the host's configuration, {providers[index]}");
        }
    }
}
