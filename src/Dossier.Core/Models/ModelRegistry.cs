using System.Runtime.CompilerServices;

namespace Dossier;

/// <summary>
/// What is known of models. Facts come, later ones winning fact by fact, from the catalogue that comes with Dossier, the synced
/// catalogue, what providers were asked, what is registered, configuration, and what is overridden. Names compare without regard
/// to case. A model whose announced end has come counts as ended from that day on. The first question may read files; no other does
/// I/O. Safe to use from several threads at once; reads take no lock.
/// </summary>
public sealed class ModelRegistry
{
    private readonly Lock _writing = new();
    private readonly ModelIndex? _own;
    private readonly Dictionary<string, Lazy<IReadOnlyList<ModelDescriptor>>> _detected = new(StringComparer.Ordinal);
    private readonly List<ModelDescriptor> _registered = [];
    private readonly List<ModelOverride> _overrides = [];
    private readonly DateOnly? _asOf;
    private readonly TimeProvider? _time;
    private Func<DateOnly?, ModelSnapshot?>? _snapshots;
    private IReadOnlyList<ModelOverride> _configured = [];

    // Null until the next question: nothing is read or put together before somebody asks.
    private ModelIndex? _known;
    private volatile DayIndex? _index;

    /// <summary>Creates a registry that knows the catalogue that comes with Dossier.</summary>
    /// <param name="timeProvider">Says which day it is; when null that of the store that uses the registry, or else <see cref="TimeProvider.System"/>.</param>
    public ModelRegistry(TimeProvider? timeProvider = null) => _time = timeProvider;

    /// <summary>Creates a registry that knows these models, and neither the catalogue that comes with Dossier nor a synced one.</summary>
    /// <param name="models">The models; of two with the same provider and id the later one counts.</param>
    /// <param name="timeProvider">Says which day it is; when null that of the store that uses the registry, or else <see cref="TimeProvider.System"/>.</param>
    /// <exception cref="ArgumentException">A model has no provider or no id.</exception>
    public ModelRegistry(IEnumerable<ModelDescriptor> models, TimeProvider? timeProvider = null)
        : this(timeProvider) => _own = ModelIndex.Empty.With(Checked(models));

    private ModelRegistry(ModelRegistry other, DateOnly asOf)
    {
        (_asOf, _own, _snapshots, _configured) = (asOf, other._own, other._snapshots, other._configured);
        ConfiguredProviders = other.ConfiguredProviders;
        foreach (var (name, models) in other._detected)
            _detected.Add(name, models);
        _registered.AddRange(other._registered);
        _overrides.AddRange(other._overrides);
    }

    /// <summary>All models, as they are known at this moment.</summary>
    public IReadOnlyList<ModelDescriptor> Models => Index.Models;

    /// <summary>The providers that a store is configured with; null when the registry belongs to none. Of several stores that share it, the last one made counts.</summary>
    internal IReadOnlySet<string>? ConfiguredProviders { get; set; }

    /// <summary>The clock of the store that the registry belongs to. Of several stores that share it, the last one made counts.</summary>
    internal TimeProvider StoreTime { get; set; } = TimeProvider.System;

    private DateOnly Today => _asOf ?? DateOnly.FromDateTime((_time ?? StoreTime).GetUtcNow().UtcDateTime);

    private ModelIndex Index
    {
        get
        {
            var today = Today;
            return _index is { } index && index.Day == today ? index.Models : Build(today);
        }
    }

    /// <summary>
    /// What is known of models, with the facts of an earlier day: the synced catalogue as it was then, no provider's answer
    /// from later, and the life cycles of that day. What is registered, configured and overridden has no date and stays, and so does a fact of the embedded
    /// catalogue that nothing earlier knows: <see cref="ModelDescriptor.SourceOf"/> and <see cref="ModelPrice.Source"/> say of
    /// which day a fact is. The embedded catalogues of earlier versions of Dossier are not kept: of a day before this version's, prices are known
    /// from what was synced by then, and <see cref="Session.RepriceAsync"/> leaves unpriced what has no price of that day or before. What a call cost
    /// is in its record, with the price it was computed from.
    /// </summary>
    /// <param name="date">The day (UTC).</param>
    /// <returns>A registry of its own; later changes of this one do not reach it.</returns>
    public ModelRegistry AsOf(DateOnly date)
    {
        lock (_writing)
            return new(this, date);
    }

    /// <summary>Adds a model, or replaces the one with the same provider and id. Overrides of single facts stay in force.</summary>
    /// <param name="model">The model.</param>
    /// <exception cref="ArgumentException">It has no provider or no id.</exception>
    public void Register(ModelDescriptor model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Register([model]);
    }

    /// <summary>Adds or replaces several models at once.</summary>
    /// <param name="models">The models; of two with the same provider and id the later one counts.</param>
    /// <exception cref="ArgumentException">A model has no provider or no id.</exception>
    public void Register(IEnumerable<ModelDescriptor> models)
    {
        var added = Checked(models);
        Change(() => _registered.AddRange(added));
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
        var change = new ModelOverride(provider, model, [(facts.Copy(), source ?? new FactSource("configuration"))]);
        Change(() => _overrides.Add(change));
    }

    /// <summary>
    /// Sets what configuration says of models, in place of what it said before: stores that are opened one after another on
    /// one registry do not pile it up. Code wins over configuration, hence below what <see cref="OverrideFacts"/> says.
    /// </summary>
    internal void Configure(IReadOnlyList<ModelOverride> facts) => Change(() => _configured = facts);

    /// <summary>Sets where the synced catalogue is read from, at the next question, in place of what was read before.</summary>
    /// <param name="load">Gives the newest one, or the newest of a day or before; null when there is none. Throws nothing.</param>
    internal void UseSnapshots(Func<DateOnly?, ModelSnapshot?> load) => Change(() => _snapshots = load);

    /// <summary>Sets what a provider was found to have, in place of what it was found to have before.</summary>
    /// <param name="name">Whose answer it is: a provider and its endpoint.</param>
    /// <param name="load">Gives the models, with the facts that the answer tells and no others; called at most once, at the next question. Throws nothing.</param>
    internal void SetDetected(string name, Func<IReadOnlyList<ModelDescriptor>> load) => Change(() => _detected[name] = new(load));

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

    /// <summary>
    /// The models that meet the requirements of a task and are still served today; those that make only embeddings where these are required.
    /// One that is deprecated comes after all that are not, in whatever order: it is chosen only when nothing else will do.
    /// </summary>
    /// <param name="requirements">What the task needs.</param>
    /// <param name="order">The order, see <see cref="ModelOrder"/>; the cheapest first for <see cref="TaskRequirements.ExpectedUsage"/> when null. Equal ones stay in the order of <see cref="Models"/>.</param>
    /// <param name="providers">The providers to choose from; when null those that are configured, in the registry of a store, or else all.</param>
    /// <param name="count">How many at most; the first is found faster than all.</param>
    /// <exception cref="ArgumentException"><see cref="TaskRequirements.MaxCostPerCall"/> is set without <see cref="TaskRequirements.ExpectedUsage"/>.</exception>
    [OverloadResolutionPriority(1)]
    public IReadOnlyList<ModelDescriptor> Find(
        TaskRequirements requirements,
        IComparer<ModelDescriptor>? order = null,
        IEnumerable<string>? providers = null,
        int count = int.MaxValue
    )
    {
        ArgumentNullException.ThrowIfNull(requirements);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var among = providers?.ToHashSet(StringComparer.OrdinalIgnoreCase) ?? ConfiguredProviders;
        return ModelChoice.Find(Models, requirements, order, among, count);
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

    private static ModelDescriptor[] Checked(IEnumerable<ModelDescriptor> models)
    {
        ArgumentNullException.ThrowIfNull(models);
        ModelDescriptor[] all = [.. models];
        foreach (var model in all)
        {
            ArgumentNullException.ThrowIfNull(model, nameof(models));
            ArgumentException.ThrowIfNullOrWhiteSpace(model.Provider, nameof(models));
            ArgumentException.ThrowIfNullOrWhiteSpace(model.Id, nameof(models));
        }
        return all;
    }

    private void Change(Action change)
    {
        lock (_writing)
        {
            change();
            _known = null;
            _index = null;
        }
    }

    private ModelIndex Build(DateOnly today)
    {
        lock (_writing)
        {
            _known ??= Layers();
            var index = _known.On(today);
            _index = new(today, index);
            return index;
        }
    }

    /// <summary>Of the two catalogues the newer one counts, or a new version of Dossier would bring no news to those who synced before.</summary>
    private ModelIndex Catalogues() => _snapshots?.Invoke(_asOf) is { } snapshot ? Newer(snapshot) : EmbeddedCatalogue.Index;

    private ModelIndex Newer(ModelSnapshot snapshot) =>
        // Of an earlier day than the embedded one's, that of the day counts.
        snapshot.Date < EmbeddedCatalogue.Date
        && !(EmbeddedCatalogue.Date > _asOf)
            ? new ModelIndex(snapshot.Models).Over(EmbeddedCatalogue.Index.Models)
            : EmbeddedCatalogue.Index.Over(snapshot.Models);

    /// <summary>Nothing lies over the catalogues in most processes: what would lay it is not even compiled then, since the first question waits.</summary>
    private ModelIndex Layers()
    {
        var index = _own ?? Catalogues();
        if (_detected.Count > 0)
            index = Detected(index);
        if (_registered.Count > 0)
            index = index.With(_registered);
        return _configured.Count + _overrides.Count > 0 ? Overridden(index) : index;
    }

    private ModelIndex Detected(ModelIndex index)
    {
        foreach (var name in _detected.Keys.Order(StringComparer.Ordinal))
            index = index.Over(_detected[name].Value.Where(model => _asOf is null || !(model.Source.Date > _asOf)));
        return index;
    }

    private ModelIndex Overridden(ModelIndex index)
    {
        var changed = new Dictionary<string, ModelDescriptor>(StringComparer.OrdinalIgnoreCase);
        foreach (var change in _configured.Concat(_overrides))
        {
            var target = change.TargetIn(index);
            var name = $"{target.Provider}/{target.Id}";
            changed[name] = change.Apply(changed.GetValueOrDefault(name, target));
        }
        return index.With(changed.Values);
    }

    /// <summary>What is known, with the life cycles of a day: they change without anybody saying anything.</summary>
    private sealed record DayIndex(DateOnly Day, ModelIndex Models);
}
