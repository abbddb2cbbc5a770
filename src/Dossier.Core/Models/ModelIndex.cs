namespace Dossier;

/// <summary>Models by name: what a registry looks into. Immutable.</summary>
internal sealed class ModelIndex
{
    private readonly Dictionary<string, ModelDescriptor[]> _byName;

    public ModelIndex(IReadOnlyList<ModelDescriptor> models)
    {
        Models = models;
        _byName = new Dictionary<string, ModelDescriptor[]>(models.Count * 2, StringComparer.OrdinalIgnoreCase);
        // Ids before aliases: where a provider has a name as both, the id is meant.
        foreach (var model in models)
            Add(model.Id, model);
        foreach (var model in models)
        {
            foreach (var alias in model.Aliases)
                Add(alias, model);
        }
    }

    public static ModelIndex Empty { get; } = new([]);

    public IReadOnlyList<ModelDescriptor> Models { get; }

    /// <summary>With these models, each in place of the one of the same provider and id.</summary>
    public ModelIndex With(IEnumerable<ModelDescriptor> models)
    {
        var result = new List<ModelDescriptor>(Models);
        var places = new Dictionary<(string, string), int>(result.Count);
        for (var i = 0; i < result.Count; i++)
            places[Key(result[i])] = i;
        foreach (var model in models)
        {
            if (places.TryAdd(Key(model), result.Count))
                result.Add(model);
            else
                result[places[Key(model)]] = model;
        }
        return new(result);

        static (string, string) Key(ModelDescriptor model) => (model.Provider.ToUpperInvariant(), model.Id.ToUpperInvariant());
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
        if (SnapshotName.WithoutDate(name) is not { } undated || !_byName.TryGetValue(undated, out var bases))
            return exact;
        return exact.Length == 0 ? bases : [.. exact, .. bases.Where(model => OfProvider(exact, model.Provider) is null)];
    }

    public ModelDescriptor? Get(string provider, string name) =>
        GetExact(provider, name) ?? (SnapshotName.WithoutDate(name) is { } undated ? GetExact(provider, undated) : null);

    public ModelDescriptor? GetExact(string provider, string name) => OfProvider(_byName.GetValueOrDefault(name, []), provider);

    private void Add(string name, ModelDescriptor model)
    {
        if (!_byName.TryGetValue(name, out var known))
            _byName[name] = [model];
        else if (OfProvider(known, model.Provider) is null)
            _byName[name] = [.. known, model];
    }

    private static ModelDescriptor? OfProvider(ModelDescriptor[] models, string provider)
    {
        foreach (var model in models)
        {
            if (model.Provider.Equals(provider, StringComparison.OrdinalIgnoreCase))
                return model;
        }
        return null;
    }
}
