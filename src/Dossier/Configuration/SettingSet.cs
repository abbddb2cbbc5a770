using Microsoft.Extensions.Configuration;

namespace Dossier;

/// <summary>The settings of all sources, and which of them win.</summary>
internal sealed class SettingSet
{
    private readonly Dictionary<string, Setting> _winners = new(StringComparer.OrdinalIgnoreCase);

    public SettingSet(IEnumerable<Setting> settings)
    {
        All =
        [
            .. settings.OrderBy(setting => setting.Source).Select(setting => setting with { Key = SettingNames.Canonical(setting.Key) }),
        ];
        foreach (var setting in All)
            _winners[setting.Key] = setting;
    }

    /// <summary>Every setting of every source, the winning ones last.</summary>
    public IReadOnlyList<Setting> All { get; }

    public IReadOnlyCollection<Setting> Winners => _winners.Values;

    public Setting? Find(string key) => _winners.GetValueOrDefault(key);

    public Setting? Find(string provider, string member) => Find(Setting.OfProvider(provider, member));

    /// <summary>The winning settings below a key, in the order of their keys.</summary>
    public IEnumerable<Setting> Below(string key) =>
        _winners
            .Values.Where(setting => setting.Key.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase))
            .OrderBy(setting => setting.Key, ConfigurationKeyComparer.Instance);

    /// <summary>A list as the last source that has one gives it: lists replace each other, or an earlier, longer one would show through.</summary>
    public IEnumerable<Setting> List(string key)
    {
        var entries = All.Where(setting => setting.Key.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase)).ToList();
        return entries.Where(entry => entry.Source == entries[^1].Source).OrderBy(entry => entry.Key, ConfigurationKeyComparer.Instance);
    }

    /// <summary>What would hold if the file in the working directory were not there.</summary>
    public SettingSet WithoutWorkingDirectory() => new(All.Where(setting => !setting.IsFromWorkingDirectory));
}
