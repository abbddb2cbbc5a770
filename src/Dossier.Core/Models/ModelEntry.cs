namespace Dossier;

/// <summary>A model by its names, and what is known of it, which may be read no sooner than somebody asks. Immutable.</summary>
internal sealed class ModelEntry
{
    private readonly Func<ModelDescriptor>? _read;
    private volatile ModelDescriptor? _model;

    public ModelEntry(ModelDescriptor model)
        : this(model.Provider, model.Id, model.Aliases) => _model = model;

    /// <param name="read">Reads the model; may be called by several threads at once, and the first to finish counts.</param>
    public ModelEntry(string provider, string id, IReadOnlyList<string> aliases, Func<ModelDescriptor> read)
        : this(provider, id, aliases) => _read = read;

    private ModelEntry(string provider, string id, IReadOnlyList<string> aliases) => (Provider, Id, Aliases) = (provider, id, aliases);

    public string Provider { get; }

    public string Id { get; }

    public IReadOnlyList<string> Aliases { get; }

    public ModelDescriptor Model => _model ?? Read();

    /// <summary>The model with the life cycle that it has on a day.</summary>
    public ModelEntry On(DateOnly day)
    {
        if (_model is not { } known)
            return new(Provider, Id, Aliases, () => Model.On(day));
        var judged = known.On(day);
        return ReferenceEquals(judged, known) ? this : new(judged);
    }

    private ModelDescriptor Read()
    {
        var model = _read!();
        return Interlocked.CompareExchange(ref _model, model, null) ?? model;
    }
}
