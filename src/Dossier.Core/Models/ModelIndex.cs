namespace Dossier;

/// <summary>Models by name: what a registry looks into. Immutable.</summary>
internal sealed class ModelIndex
{
    private readonly ModelEntry[] _entries;

    // By place, so that indexes of the same models share it.
    private readonly Dictionary<string, int[]> _byName;
    private ModelDescriptor[]? _models;

    public ModelIndex(IEnumerable<ModelDescriptor> models)
        : this([.. models.Select(model => new ModelEntry(model))]) { }

    public ModelIndex(ModelEntry[] entries)
    {
        _entries = entries;
        _byName = new Dictionary<string, int[]>(entries.Length * 2, StringComparer.OrdinalIgnoreCase);
        // Ids before aliases: where a provider has a name as both, the id is meant.
        for (var i = 0; i < entries.Length; i++)
            Add(entries[i].Id, i);
        for (var i = 0; i < entries.Length; i++)
        {
            var aliases = entries[i].Aliases;
            for (var alias = 0; alias < aliases.Count; alias++)
                Add(aliases[alias], i);
        }
    }

    private ModelIndex(ModelEntry[] entries, Dictionary<string, int[]> byName) => (_entries, _byName) = (entries, byName);

    public static ModelIndex Empty { get; } = new(Array.Empty<ModelEntry>());

    public IReadOnlyList<ModelDescriptor> Models => _models ??= Array.ConvertAll(_entries, static entry => entry.Model);

    /// <summary>The same models, each with the life cycle that it has on a day.</summary>
    public ModelIndex On(DateOnly day)
    {
        var entries = new ModelEntry[_entries.Length];
        for (var i = 0; i < entries.Length; i++)
            entries[i] = _entries[i].On(day);
        return new(entries, _byName);
    }

    /// <summary>With these models, each in place of the one of the same provider and id.</summary>
    public ModelIndex With(IEnumerable<ModelDescriptor> models)
    {
        var result = new List<ModelEntry>(_entries);
        var places = new Dictionary<(string, string), int>(result.Count);
        for (var i = 0; i < result.Count; i++)
            places[Key(result[i])] = i;
        foreach (var model in models.Select(model => new ModelEntry(model)))
        {
            if (places.TryAdd(Key(model), result.Count))
                result.Add(model);
            else
                result[places[Key(model)]] = model;
        }
        return new([.. result]);

        static (string, string) Key(ModelEntry model) => (model.Provider.ToUpperInvariant(), model.Id.ToUpperInvariant());
    }

    /// <summary>With what another source knows laid over what is known here, fact by fact.</summary>
    public ModelIndex Over(IEnumerable<ModelDescriptor> models) =>
        With(models.Select(model => BaseOf(model.Provider, model.Id) is { } lower ? ModelMerge.Over(lower, model) : model));

    /// <summary>
    /// What is known of a model before anybody says more: its entry, else that of the model of which the name is an alias or a
    /// dated snapshot, under that name; null when there is neither.
    /// </summary>
    public ModelDescriptor? BaseOf(string provider, string name) =>
        Get(provider, name) is not { } model || model.Id.Equals(name, StringComparison.OrdinalIgnoreCase)
            ? Get(provider, name)
            : model with
            {
                Id = name,
                Aliases = [],
            };

    /// <summary>One model per provider that has the name as id, as alias, or without the date that it ends in.</summary>
    public IReadOnlyList<ModelDescriptor> Find(string name)
    {
        var exact = _byName.GetValueOrDefault(name, []);
        if (SnapshotName.WithoutDate(name) is { } undated && _byName.TryGetValue(undated, out var bases))
            exact = [.. exact, .. bases.Where(place => PlaceOf(exact, _entries[place].Provider) < 0)];
        return Array.ConvertAll(exact, place => _entries[place].Model);
    }

    public ModelDescriptor? Get(string provider, string name) =>
        GetExact(provider, name) ?? (SnapshotName.WithoutDate(name) is { } undated ? GetExact(provider, undated) : null);

    public ModelDescriptor? GetExact(string provider, string name) =>
        _byName.TryGetValue(name, out var places) && PlaceOf(places, provider) is var place and >= 0 ? _entries[place].Model : null;

    private void Add(string name, int place)
    {
        if (!_byName.TryGetValue(name, out var known))
            _byName[name] = [place];
        else if (PlaceOf(known, _entries[place].Provider) < 0)
            _byName[name] = [.. known, place];
    }

    /// <summary>Which of these places is the provider's; -1 when none is.</summary>
    private int PlaceOf(int[] places, string provider)
    {
        foreach (var place in places)
        {
            if (_entries[place].Provider.Equals(provider, StringComparison.OrdinalIgnoreCase))
                return place;
        }
        return -1;
    }
}
