namespace Dossier;

/// <summary>
/// What is known of models: the catalogue that comes with Dossier, and what is registered on top of it. Names compare
/// without regard to case. Asking does no I/O. Safe to use from several threads at once; reads take no lock.
/// </summary>
public sealed class ModelRegistry
{
    private readonly Lock _writing = new();
    private readonly List<ModelOverride> _overrides = [];
    private IReadOnlyList<ModelOverride> _configured = [];

    // Without overrides; null while it is the embedded catalogue, which is read when the first question comes.
    private IReadOnlyList<ModelDescriptor>? _registered;
    private volatile ModelIndex? _index;

    /// <summary>Creates a registry that knows the catalogue that comes with Dossier.</summary>
    public ModelRegistry() { }

    /// <summary>Creates a registry that knows these models and no others.</summary>
    /// <param name="models">The models; of two with the same provider and id the later one counts.</param>
    /// <exception cref="ArgumentException">A model has no provider or no id.</exception>
    public ModelRegistry(IEnumerable<ModelDescriptor> models)
    {
        ArgumentNullException.ThrowIfNull(models);
        _registered = [];
        Register(models);
    }

    /// <summary>All models, as they are known at this moment.</summary>
    public IReadOnlyList<ModelDescriptor> Models => Index.Models;

    private ModelIndex Index => _index ?? EmbeddedCatalogue.Index;

    /// <summary>Adds a model, or replaces the one with the same provider and id. Overrides of single facts stay in force.</summary>
    /// <param name="model">The model.</param>
    /// <exception cref="ArgumentException">It has no provider or no id.</exception>
    public void Register(ModelDescriptor model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Register([model]);
    }

    /// <summary>Adds or replaces several models at once; the cost is that of one.</summary>
    /// <param name="models">The models; of two with the same provider and id the later one counts.</param>
    /// <exception cref="ArgumentException">A model has no provider or no id.</exception>
    public void Register(IEnumerable<ModelDescriptor> models)
    {
        ArgumentNullException.ThrowIfNull(models);
        ModelDescriptor[] added = [.. models];
        foreach (var model in added)
        {
            ArgumentNullException.ThrowIfNull(model, nameof(models));
            ArgumentException.ThrowIfNullOrWhiteSpace(model.Provider, nameof(models));
            ArgumentException.ThrowIfNullOrWhiteSpace(model.Id, nameof(models));
        }
        lock (_writing)
        {
            _registered = Merge(_registered ?? EmbeddedCatalogue.Index.Models, added);
            Rebuild();
        }
    }

    /// <summary>
    /// Replaces single facts of a model, whatever is registered before or after and whatever configuration says. A name that is unknown becomes a model
    /// of which only these facts are known; a dated snapshot without an entry of its own gets one, with the model's facts.
    /// </summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="model">The model's id or alias.</param>
    /// <param name="facts">What to replace; later changes of the object have no effect.</param>
    /// <param name="source">Where the facts come from; <c>configuration</c> when null.</param>
    /// <exception cref="ArgumentException">A name is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A limit is not above 0, or a price is negative.</exception>
    public void OverrideFacts(string provider, string model, ModelOverrides facts, FactSource? source = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(provider);
        ArgumentException.ThrowIfNullOrWhiteSpace(model);
        ArgumentNullException.ThrowIfNull(facts);
        facts.ThrowIfInvalid();
        lock (_writing)
        {
            _overrides.Add(new ModelOverride(provider, model, [(facts.Copy(), source ?? new FactSource("configuration"))]));
            Rebuild();
        }
    }

    /// <summary>
    /// Sets what configuration says of models, in place of what it said before: stores that are opened one after another on
    /// one registry do not pile it up. Code wins over configuration, hence below what <see cref="OverrideFacts"/> says.
    /// </summary>
    internal void Configure(IReadOnlyList<ModelOverride> facts)
    {
        lock (_writing)
        {
            _configured = facts;
            Rebuild();
        }
    }

    /// <summary>The models of that name, at most one per provider: by id, by alias, or as a dated snapshot of a model that is known.</summary>
    /// <param name="model">The name, without a provider.</param>
    public IReadOnlyList<ModelDescriptor> Find(string model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Index.Find(model);
    }

    /// <summary>A provider's model: by id, by alias, or as a dated snapshot of a model that is known.</summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="model">The name, without the provider.</param>
    /// <returns>The model; null when nothing is known of it, see <see cref="ModelDescriptor.Unknown"/>.</returns>
    public ModelDescriptor? Get(string provider, string model)
    {
        ArgumentNullException.ThrowIfNull(provider);
        ArgumentNullException.ThrowIfNull(model);
        return Index.Get(provider, model);
    }

    /// <summary>The models that a name may mean, written with or without its provider.</summary>
    internal IReadOnlyList<ModelDescriptor> Lookup(string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && Get(name[..slash], name[(slash + 1)..]) is { } model ? [model] : Find(name);
    }

    /// <summary>The known names that come nearest to one, for error messages.</summary>
    /// <param name="name">The name, with or without a provider.</param>
    /// <param name="count">How many at most; not negative.</param>
    /// <returns>The names as <c>provider/model</c>, the nearest first; none that would not be taken for a slip of the pen.</returns>
    public IReadOnlyList<string> ClosestTo(string name, int count) => ClosestTo(name, count, static _ => true);

    internal IReadOnlyList<string> ClosestTo(string name, int count, Func<string, bool> isOffered)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return
        [
            .. Models
                .Where(model => isOffered(model.Provider))
                .Select(model => (Model: model, Distance: Distance(name, model)))
                .Where(near => near.Distance <= NearestNames.Limit(name))
                .OrderBy(near => near.Distance)
                .ThenBy(near => near.Model.LifeCycle == LifeCycle.EndOfLife)
                .ThenBy(near => near.Model.Id.Length)
                .ThenBy(near => near.Model.Id, StringComparer.Ordinal)
                .Take(count)
                .Select(near => $"{near.Model.Provider}/{near.Model.Id}"),
        ];
    }

    private static int Distance(string name, ModelDescriptor model)
    {
        var distance = NearestNames.Distance(name, model.Id);
        foreach (var alias in model.Aliases)
            distance = Math.Min(distance, NearestNames.Distance(name, alias));
        return name.Contains('/', StringComparison.Ordinal)
            ? Math.Min(distance, NearestNames.Distance(name, $"{model.Provider}/{model.Id}"))
            : distance;
    }

    private void Rebuild()
    {
        var index = new ModelIndex(_registered ?? EmbeddedCatalogue.Index.Models);
        foreach (var change in _configured.Concat(_overrides))
            index = new ModelIndex(Merge(index.Models, [change.Apply(index)]));
        _index = index;
    }

    private static List<ModelDescriptor> Merge(IReadOnlyList<ModelDescriptor> models, ModelDescriptor[] added)
    {
        var merged = new List<ModelDescriptor>(models);
        var places = new Dictionary<(string, string), int>(models.Count + added.Length);
        for (var i = 0; i < merged.Count; i++)
            places[Key(merged[i])] = i;
        foreach (var model in added)
        {
            if (places.TryGetValue(Key(model), out var place))
            {
                merged[place] = model;
                continue;
            }
            places[Key(model)] = merged.Count;
            merged.Add(model);
        }
        return merged;

        static (string, string) Key(ModelDescriptor model) => (model.Provider.ToUpperInvariant(), model.Id.ToUpperInvariant());
    }
}
