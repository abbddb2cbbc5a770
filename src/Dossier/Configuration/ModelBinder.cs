namespace Dossier;

/// <summary>Reads what configuration says of models.</summary>
internal sealed class ModelBinder(ProviderNames names, SettingSet settings, SettingReader reader, ConfigurationFailures failures)
{
    private sealed record Entry(string Model, string Fact, Setting Setting);

    public IReadOnlyList<ModelOverride> Bind() =>
        [
            .. settings
                .Below(ModelKey.Section)
                .Select(setting => ModelKey.Parse(setting.Key) is { } key ? new Entry(Canonical(key.Model), key.Fact, setting) : null)
                .OfType<Entry>() // the others were reported with all wrong names
                .GroupBy(entry => entry.Model, StringComparer.OrdinalIgnoreCase)
                .Select(Bind)
                .OfType<ModelOverride>(),
        ];

    private ModelOverride? Bind(IGrouping<string, Entry> model)
    {
        if (model.Key.Split('/', 2) is not [{ Length: > 0 } provider, { Length: > 0 } name])
        {
            var first = model.First().Setting;
            failures.Add(
                $"{Setting.Full(ModelKey.Section)}:{model.Key} ({first.Origin}): is not the name of a model with its provider. "
                    + $"Write {Setting.Full(ModelKey.Section)}:PROVIDER/MODEL, as in \"openai/gpt-5.4-mini\"."
            );
            return null;
        }
        var parts =
            from entry in model.GroupBy(entry => entry.Fact, StringComparer.Ordinal).SelectMany(OfTheLastSource)
            group entry by SourceOf(entry, model) into part
            orderby part.Key
            select (Facts(part), new FactSource(NameOf(part.Key)));
        return new(provider, name, [.. parts]);
    }

    /// <summary>A list of modalities replaces that of an earlier source, as all lists do.</summary>
    private static IEnumerable<Entry> OfTheLastSource(IEnumerable<Entry> fact)
    {
        var entries = fact.ToList();
        var last = entries.Max(entry => entry.Setting.Source);
        return entries.Where(entry => entry.Setting.Source == last);
    }

    /// <summary>Prices come as one, whose source is the last that says anything of them.</summary>
    private static SettingSource SourceOf(Entry entry, IEnumerable<Entry> model) =>
        ModelFacts.IsOfPrice(entry.Fact)
            ? model.Where(other => ModelFacts.IsOfPrice(other.Fact)).Max(other => other.Setting.Source)
            : entry.Setting.Source;

    private ModelOverrides Facts(IEnumerable<Entry> entries)
    {
        var facts = new ModelOverrides();
        foreach (var entry in entries)
            ModelFacts.Set(facts, entry.Fact, reader, entry.Setting);
        return facts;
    }

    private string Canonical(string model) =>
        model.Split('/', 2) is [var provider, var name] ? $"{names.Canonical(provider)}/{name}" : model;

    // It is kept with every cost, so that it names no path.
    private static string NameOf(SettingSource source) =>
        source switch
        {
            SettingSource.UserFile => $"configuration, {ConfigurationSources.FileName} of the user",
            SettingSource.WorkingDirectoryFile => $"configuration, ./{ConfigurationSources.FileName}",
            SettingSource.UserSecrets => "configuration, user secrets",
            SettingSource.Environment => "configuration, environment",
            _ => "configuration, host",
        };
}
