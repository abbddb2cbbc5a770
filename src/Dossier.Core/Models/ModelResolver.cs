namespace Dossier;

/// <summary>A provider, as far as names of models are concerned.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsConfigured">Whether configuration says anything of it, so that it may be meant by a bare name.</param>
/// <param name="HasKey">Whether it has a key or a sign-in.</param>
/// <param name="DefaultModel">The model that is opened when none is named.</param>
internal sealed record ProviderEntry(string Name, bool IsConfigured, bool HasKey, string? DefaultModel)
{
    /// <summary>The providers that options name.</summary>
    public static ProviderEntry[] Of(SessionOptions options) =>
        [
            .. options.Providers.Select(pair => new ProviderEntry(
                pair.Key,
                pair.Value.IsConfigured,
                pair.Value.HasKey,
                pair.Value.DefaultModel
            )),
        ];
}

/// <summary>
/// Settles which provider and model a name means. Pure: no I/O, and the same names always give the same answer. The
/// model is passed on as the user wrote it, aliases and all, for the vendor to know or not to know.
/// </summary>
internal sealed class ModelResolver(
    ModelRegistry registry,
    IReadOnlyList<ProviderEntry> providers,
    string? defaultProvider = null,
    string? defaultModel = null,
    ReplaySource? replay = null,
    bool readsConfiguration = true
)
{
    private const string Local = "local";
    private const int Suggestions = 3;

    private readonly ConfigurationRemedy _remedy = new(readsConfiguration);
    private readonly string? _defaultProvider = NullIfBlank(defaultProvider);
    private readonly string? _defaultModel = NullIfBlank(defaultModel);

    /// <summary>That of a session.</summary>
    public static ModelResolver Of(ModelRegistry registry, SessionOptions options, ReplaySource? replay) =>
        new(registry, ProviderEntry.Of(options), options.Provider, options.Model, replay, options.AreOfConfiguration);

    /// <summary>What is known of what a name means; of a model that nobody knows, everything is unknown.</summary>
    /// <inheritdoc cref="Resolve"/>
    public ModelDescriptor Describe(string? model, string? provider)
    {
        try
        {
            var reference = Resolve(model, provider);
            return registry.Get(reference.Provider, reference.Model) ?? ModelDescriptor.Unknown(reference.Provider, reference.Model);
        }
        catch (ModelResolutionException) when (model is not null)
        {
            // A model may be asked about whose provider could not be called.
            var known = registry.Lookup(provider is null ? model : $"{provider}/{model}");
            if (known is [var only])
                return only;
            if (known.Count == 0 && provider is null)
                return ModelDescriptor.Unknown("unknown", model);
            throw;
        }
    }

    /// <summary>Settles on a provider and a model.</summary>
    /// <param name="model">The model, as <c>name</c> or <c>provider/name</c>; null or blank for the default.</param>
    /// <param name="provider">The provider; null or blank to let the name or the defaults decide.</param>
    /// <exception cref="ModelResolutionException">It cannot be settled; the message says what to do.</exception>
    public ModelReference Resolve(string? model, string? provider)
    {
        try
        {
            return Settle(model, provider);
        }
        // What was called when it was recorded need not be known here, nor have a key.
        catch (ModelResolutionException)
            when (replay?.FindModel(ResponseOperation.Chat, NullIfBlank(model) ?? _defaultModel, provider) is { } recorded)
        {
            return recorded;
        }
    }

    /// <summary>Settles on the first model that meets a task's requirements.</summary>
    /// <param name="requirements">What the task needs.</param>
    /// <param name="order">Which one is first.</param>
    /// <param name="configured">The names of the providers that come into question.</param>
    /// <exception cref="ModelResolutionException">None meets them.</exception>
    public ModelReference Choose(TaskRequirements requirements, IComparer<ModelDescriptor>? order, IReadOnlySet<string> configured)
    {
        try
        {
            var chosen = ModelChoice.Choose(registry, requirements, order, configured, _remedy);
            return Settle(chosen.Id, chosen.Provider);
        }
        catch (ModelResolutionException) when (replay?.FindModel(ResponseOperation.Chat, null, null) is { } recorded)
        {
            return recorded;
        }
    }

    private ModelReference Settle(string? model, string? provider)
    {
        (model, provider) = (NullIfBlank(model), NullIfBlank(provider));
        if (provider is not null)
            return WithProvider(EntryOf(provider), model);
        if (model is not null)
            return Named(model);
        return _defaultModel is not null ? Named(_defaultModel) : Default();
    }

    /// <summary>Settles on a provider and a model that turns texts into vectors; a default model for chat is no default here.</summary>
    /// <param name="model">The model; null or blank for the default.</param>
    /// <param name="provider">The provider; null or blank to let the name or the defaults decide.</param>
    /// <param name="defaultEmbedding">The default model.</param>
    /// <exception cref="ModelResolutionException">It cannot be settled; the message says what to do.</exception>
    public ModelReference ResolveEmbedding(string? model, string? provider, string? defaultEmbedding)
    {
        var name = NullIfBlank(model) ?? NullIfBlank(defaultEmbedding);
        try
        {
            return Settle(
                name
                    ?? throw new ModelResolutionException(
                        null,
                        [],
                        $"No embedding model was named. Set {_remedy.Option(nameof(SessionOptions.EmbeddingModel))}, or name a model, as in 'openai/text-embedding-3-small'."
                    ),
                provider
            );
        }
        catch (ModelResolutionException) when (replay?.FindModel(ResponseOperation.Embedding, name, provider) is { } recorded)
        {
            return recorded;
        }
    }

    private ModelReference WithProvider(ProviderEntry entry, string? model)
    {
        var name = NullIfBlank(WithoutPrefix(model, entry)) ?? NullIfBlank(WithoutPrefix(entry.DefaultModel, entry));
        return name is not null
            ? new ModelReference(entry.Name, name)
            : throw new ModelResolutionException(
                model,
                [],
                $"Provider '{entry.Name}' has no default model. Name one, as in '{entry.Name}/MODEL', or set {_remedy.Provider(entry.Name, nameof(ProviderOptions.DefaultModel))}."
            );
    }

    private ModelReference Named(string model)
    {
        // Only a provider's name makes the first slash a separator: meta-llama/Llama-3 is a model.
        var slash = model.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0 && TryEntry(model[..slash]) is { } prefix)
            return WithProvider(prefix, model);

        var known = registry.Find(model);
        if (DefaultEntry() is { } fallback && !Knows(fallback.Name))
        {
            // A private deployment or a local server: it may have any model, and it is where bare names are to go.
            return new ModelReference(fallback.Name, model);
        }
        if (known.Count > 0 && known.All(one => one.LifeCycle == LifeCycle.EndOfLife))
            throw Retired(model, known[0]);
        if (Candidates(known, configuredOnly: true) is { Count: > 0 } configured)
            return Single(configured, model);
        if (Candidates(known, configuredOnly: false) is { Count: > 0 } possible)
            return Single(possible, model);
        return DefaultEntry() is { } chosen ? new ModelReference(chosen.Name, model) : throw NothingKnows(model);
    }

    private ModelReference Default()
    {
        if (DefaultEntry() is { } chosen)
            return WithProvider(chosen, null);

        if (providers.Count == 0)
            throw new ModelResolutionException(
                null,
                [],
                $"No model was named, and there is no provider. {_remedy.Or("Configure one under Dossier:Providers.")}"
            );
        var remedy = $"Set {_remedy.Option(nameof(SessionOptions.Model))}, or name a model, as in 'openai/gpt-5.4-mini'.";
        List<ProviderEntry> withKey = [.. providers.Where(entry => entry.HasKey && !IsLocal(entry.Name))];
        return withKey switch
        {
            [var only] => WithProvider(only, null),
            [] => throw new ModelResolutionException(
                null,
                [],
                $"No model was named, and no provider has a key. {remedy} {_remedy.Or("The key of a provider, such as OPENAI_API_KEY in the environment, makes its default model the default.")}"
            ),
            _ => throw new ModelResolutionException(
                null,
                [.. withKey.Select(entry => entry.Name)],
                $"No model was named, and several providers have a key: {Names(withKey)}. {remedy} Or choose one of them with {_remedy.Option(nameof(SessionOptions.Provider))}."
            ),
        };
    }

    private List<ProviderEntry> Candidates(IReadOnlyList<ModelDescriptor> known, bool configuredOnly) =>
        [
            .. providers.Where(entry =>
                (entry.IsConfigured || !configuredOnly)
                && (!IsLocal(entry.Name) || Same(entry.Name, _defaultProvider))
                && known.Any(model => Same(model.Provider, entry.Name))
            ),
        ];

    private ModelReference Single(List<ProviderEntry> candidates, string model)
    {
        var chosen = candidates is [var only] ? only : candidates.Find(entry => Same(entry.Name, _defaultProvider));
        if (chosen is not null)
            return new ModelReference(chosen.Name, model);
        string[] names = [.. candidates.Select(entry => $"{entry.Name}/{model}")];
        throw new ModelResolutionException(
            model,
            names,
            $"Several providers have the model '{model}': {string.Join(", ", names)}. Name one of these, or set {_remedy.Option(nameof(SessionOptions.Provider))}."
        );
    }

    private static ModelResolutionException Retired(string model, ModelDescriptor known)
    {
        var replacement = known.Replacement is { } id ? $"{known.Provider}/{id}" : null;
        return new ModelResolutionException(
            model,
            replacement is null ? [] : [replacement],
            $"Model '{model}' is {known.Provider}/{known.Id}, which is no longer served{(known.EndOfLifeOn is { } day ? $" since {day:yyyy-MM-dd}" : "")} ({known.SourceOf(ModelFact.LifeCycle)}). "
                + $"{(replacement is null ? "No replacement is known; choose another model." : $"Use '{replacement}'.")} Named with its provider, as '{known.Provider}/{model}', it goes through all the same."
        );
    }

    private ModelResolutionException NothingKnows(string model)
    {
        if (registry.Lookup(model) is { Count: > 0 } elsewhere)
        {
            var names = elsewhere.Select(known => $"{known.Provider}/{known.Id}").ToArray();
            var provider = elsewhere[0].Provider;
            if (IsLocal(provider) && TryEntry(provider) is not null)
                return new ModelResolutionException(model, names, $"Model '{model}' is used only when it is named in full: '{names[0]}'.");
            // A name with its provider says already what it is.
            var needs = names is [var only] && Same(only, model) ? "needs" : $"is {string.Join(" or ", names)}, and needs";
            var configure = $"Set its Endpoint (one that speaks OpenAI's protocol) and its ApiKey under Dossier:Providers:{provider}";
            return new ModelResolutionException(
                model,
                names,
                $"Model '{model}' {needs} provider '{provider}', which is not configured. {_remedy.Or($"{configure}, or choose another model.")}"
            );
        }
        var nearest = registry.ClosestTo(model, Suggestions, provider => !IsLocal(provider) && TryEntry(provider) is not null);
        var message = $"Model '{model}' is not known.{Guess(nearest)}";
        var slash = model.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0)
        {
            var prefix = model[..slash];
            return new ModelResolutionException(
                model,
                nearest,
                $"{message} '{prefix}' is no provider either.{Guess(NearestProviders(prefix))}{Known()} {_remedy.Or($"Dossier:Providers:{prefix}:Endpoint adds it.")}"
            );
        }
        if (providers.Count == 0)
            return new ModelResolutionException(
                model,
                nearest,
                $"{message} There is no provider. {_remedy.Or("Configure one under Dossier:Providers.")}"
            );
        message += " Name its provider, as in 'provider/model', which always goes through, or register it with ModelRegistry.Register.";
        return new ModelResolutionException(model, nearest, message);
    }

    private ProviderEntry EntryOf(string name) =>
        TryEntry(name)
        ?? throw new ModelResolutionException(
            null,
            NearestProviders(name),
            $"Provider '{name}' is not known.{Guess(NearestProviders(name))}{Known()} {_remedy.Or($"Configure another one under Dossier:Providers:{name}.")}"
        );

    private ProviderEntry? DefaultEntry() => _defaultProvider is null ? null : EntryOf(_defaultProvider);

    private ProviderEntry? TryEntry(string name) =>
        ProviderAlias.Find(name, providers.Select(entry => entry.Name)) is { } found
            ? providers.First(entry => Same(entry.Name, found))
            : null;

    private bool Knows(string provider) => registry.Models.Any(model => Same(model.Provider, provider));

    private IReadOnlyList<string> NearestProviders(string name) =>
        NearestNames.Of(name, providers.Select(entry => entry.Name), Suggestions);

    private string? WithoutPrefix(string? model, ProviderEntry entry) =>
        model?.Split('/', 2) is [var prefix, var rest] && TryEntry(prefix) == entry ? rest : model;

    private static string Guess(IReadOnlyList<string> nearest) => nearest.Count == 0 ? "" : $" {NearestNames.Question(nearest)}";

    private string Known() => providers.Count == 0 ? "" : $" Known are {Names(providers)}.";

    private static string Names(IEnumerable<ProviderEntry> entries) => string.Join(", ", entries.Select(entry => entry.Name));

    private static bool IsLocal(string provider) => Same(provider, Local);

    private static bool Same(string name, string? other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);

    private static string? NullIfBlank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
