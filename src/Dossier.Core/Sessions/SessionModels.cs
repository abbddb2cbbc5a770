namespace Dossier;

/// <summary>Which models a session calls, and what is known of them. Does no I/O.</summary>
/// <param name="models">What is known.</param>
/// <param name="options">What the session was opened with.</param>
/// <param name="replay">The session whose answers it is given; null for none.</param>
internal sealed class SessionModels(ModelRegistry models, SessionOptions options, ReplaySource? replay)
{
    private readonly ModelResolver _resolver = ModelResolver.Of(models, options, replay);

    private IEnumerable<ModelReference> Fallbacks => options.Fallbacks.Select(fallback => _resolver.Resolve(fallback, null));

    /// <summary>The models that are asked in turn: the one that is named, and what answers when it cannot.</summary>
    public IEnumerable<ModelReference> Route(string? model, string? provider) => Fallbacks.Prepend(_resolver.Resolve(model, provider));

    /// <summary>The same where all are named.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public IEnumerable<ModelReference> Route(IReadOnlyList<string> models) =>
        models.Count == 0
            ? throw new ArgumentException("There is no model to ask; name one, or call GetChatClient() for the default.", nameof(models))
            : models.Select(model => _resolver.Resolve(model, null));

    /// <summary>The same of those that meet a task's requirements.</summary>
    public IEnumerable<ModelReference> Route(TaskRequirements requirements, IComparer<ModelDescriptor>? order)
    {
        var chosen = _resolver.Choose(requirements, order, ModelChoice.Configured(options));
        return Fallbacks
            .Where(model => models.Get(model.Provider, model.Model) is { } known && known.Validate(requirements).IsSuitable)
            .Prepend(chosen);
    }

    public ModelReference ResolveEmbedding(string? model, string? provider) =>
        _resolver.ResolveEmbedding(model, provider, options.EmbeddingModel);

    public ModelDescriptor Describe(string? model, string? provider) => _resolver.Describe(model, provider);

    /// <summary>The default model; null when there is none.</summary>
    public ModelDescriptor? Default()
    {
        try
        {
            return Describe(null, null);
        }
        catch (ModelResolutionException)
        {
            return options.Model is { } named ? ModelDescriptor.Unknown("unknown", named) : null;
        }
    }

    public ModelValidation Validate(TaskRequirements requirements, string? model, string? provider)
    {
        var validation = Describe(model, provider).Validate(requirements);
        if (!validation.IsSuitable)
            validation = validation with { Alternatives = models.Find(requirements, null, ModelChoice.Configured(options), 3) };
        return model is null || models.Lookup(model).Count > 0 || models.ClosestTo(model, 3) is not { Count: > 0 } nearest
            ? validation
            : validation with
            {
                Warnings = [$"'{model}' is not known. {NearestNames.Question(nearest)}", .. validation.Warnings],
            };
    }
}
