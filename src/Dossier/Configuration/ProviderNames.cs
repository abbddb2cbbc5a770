namespace Dossier;

/// <summary>
/// The names of all providers. Variables cannot spell <c>azure-openai</c> or <c>llama.cpp</c> and write <c>AZURE_OPENAI</c>,
/// <c>LLAMA_CPP</c>, also those that reach us through a host: a name with underscores means the one with hyphens or dots when
/// there is such a one. A second name means the first.
/// </summary>
internal sealed class ProviderNames
{
    private readonly List<string> _names = [];

    public ProviderNames(IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            if (!_names.Any(name.Is))
                _names.Add(name);
        }
        _names.RemoveAll(name => !string.Equals(Canonical(name), name, StringComparison.Ordinal));
    }

    public IReadOnlyList<string> All => _names;

    public string Canonical(string name)
    {
        var known =
            _names.FirstOrDefault(name.Replace('_', '-').Is)
            ?? _names.FirstOrDefault(name.Replace('_', '.').Is)
            ?? _names.FirstOrDefault(name.Is)
            ?? name;
        return ProviderAlias.Find(known, _names.Where(other => !other.Is(known))) ?? known;
    }

    public Setting Canonical(Setting setting) =>
        setting.Provider is { } name
            ? setting with
            {
                Key = Setting.OfProvider(Canonical(name)) + setting.Key[Setting.OfProvider(name).Length..],
            }
            : setting;
}
