using Dossier.Storage;
using Microsoft.Extensions.Options;

namespace Dossier;

/// <summary>Finds or makes the record of a session that is being opened, and changes it afterwards.</summary>
internal static class SessionOpening
{
    /// <summary>The options of a store, with <see cref="SessionOptions.ApiKey"/> where it belongs.</summary>
    /// <exception cref="ArgumentException">The key is empty, or has no provider to go to.</exception>
    public static SessionOptions OfStore(SessionOptions options)
    {
        options.Budget?.ThrowIfInvalid(nameof(options));
        if (options.ApiKey is not { } key)
            return options;
        var store = options.Copy();
        (store.ApiKey, store.Selected) = (null, SelectedProvider.Of(options));
        store.Providers = WithKey(options.Providers, store.Selected, key, replace: false);
        return store;
    }

    /// <summary>The store's options with those of one session on top.</summary>
    /// <exception cref="ArgumentException">An option belongs to the store, or the key is empty or has no provider to go to.</exception>
    /// <exception cref="OptionsValidationException">A file in the working directory decides where the key would go.</exception>
    public static SessionOptions Merge(SessionOptions store, SessionOptions? session)
    {
        if (session is null || ReferenceEquals(session, store))
            return store;
        Refuse(session.StoragePath is not null && session.StoragePath != store.StoragePath, nameof(SessionOptions.StoragePath));
        Refuse(session.Storage is not null && session.Storage != store.Storage, nameof(SessionOptions.Storage));
        Refuse(session.Durability is not null && session.Durability != store.Durability, nameof(SessionOptions.Durability));
        Refuse(session.Providers.Count > 0, nameof(SessionOptions.Providers));
        Refuse(session.Models is not null && session.Models != store.Models, nameof(SessionOptions.Models));
        Refuse(session.ModelsPath is not null && session.ModelsPath != store.ModelsPath, nameof(SessionOptions.ModelsPath));
        Refuse(session.Resilience is not null && session.Resilience != store.Resilience, nameof(SessionOptions.Resilience));
        Refuse(session.Redactors.Count > 0 && !session.Redactors.SequenceEqual(store.Redactors), nameof(SessionOptions.Redactors));
        Refuse(session.TraceContent && !store.TraceContent, nameof(SessionOptions.TraceContent));
        Refuse(session.KeepVectors && !store.KeepVectors, nameof(SessionOptions.KeepVectors));
        Refuse(session.TimeProvider is not null && session.TimeProvider != store.TimeProvider, nameof(SessionOptions.TimeProvider));
        Refuse(session.LoggerFactory is not null && session.LoggerFactory != store.LoggerFactory, nameof(SessionOptions.LoggerFactory));
        if (session.Provider is { } provider && !store.Providers.ContainsKey(provider))
        {
            throw new ModelResolutionException(
                null,
                NearestNames.Of(provider, store.Providers.Keys, 3),
                $"Provider '{provider}' is not known. Known are {string.Join(", ", store.Providers.Keys)}. Configure it where the store is made."
            );
        }
        var merged = store.Copy();
        merged.SessionId = session.SessionId ?? store.SessionId;
        merged.OpenMode = session.OpenMode ?? store.OpenMode;
        merged.Name = session.Name ?? store.Name;
        merged.Tags = session.Tags.Count > 0 ? session.Tags : store.Tags;
        merged.Owner = session.Owner ?? store.Owner;
        merged.Provider = session.Provider ?? store.Provider;
        merged.Model = session.Model ?? store.Model;
        merged.EmbeddingModel = session.EmbeddingModel ?? store.EmbeddingModel;
        session.Budget?.ThrowIfInvalid(nameof(session));
        merged.Budget = session.Budget?.Over(store.Budget) ?? store.Budget;
        merged.Fallbacks = session.Fallbacks.Count > 0 ? session.Fallbacks : store.Fallbacks;
        merged.ApplicationVersion = session.ApplicationVersion ?? store.ApplicationVersion;
        merged.Cassette = store.Cassette?.ForOthers();
        merged.Capture = session.Capture ?? store.Capture;
        merged.ReplayFrom = session.ReplayFrom ?? store.ReplayFrom;
        merged.Replay = session.Replay ?? store.Replay;
        if (session.ApiKey is { } key)
            merged.Providers = WithKey(store.Providers, SelectedProvider.Of(session, store), key, replace: true);
        return merged;

        static void Refuse(bool refused, string options)
        {
            if (refused)
            {
                throw new ArgumentException(
                    $"SessionOptions.{options} belongs to the whole store and cannot be set for one session; set it where the store is made.",
                    nameof(options)
                );
            }
        }
    }

    public static async Task<(SessionInfo Info, bool IsNew)> OpenAsync(
        StoreServices services,
        SessionOptions options,
        CancellationToken cancellationToken
    )
    {
        var mode = options.OpenMode ?? OpenMode.OpenOrCreate;
        if (options.SessionId is not { } id)
        {
            if (mode == OpenMode.Open)
                throw new ArgumentException(
                    "OpenMode.Open opens a session that exists; set SessionOptions.SessionId to its id.",
                    nameof(options)
                );
            return (
                await CreateAsync(services, options, Identifiers.NewSessionId(services.Time.GetUtcNow()), cancellationToken)
                    .ConfigureAwait(false),
                IsNew: true
            );
        }
        Identifiers.CheckSessionId(id, nameof(SessionOptions.SessionId));
        var existing = await services.Storage.Records.GetSessionAsync(id, cancellationToken).ConfigureAwait(false);
        if (existing is null)
        {
            if (mode == OpenMode.Open)
            {
                throw await services
                    .Storage.NoSessionAsync(
                        id,
                        $"There is no session '{id}' in {services.Storage.Location}; list what there is with SessionStore.ListSessionsAsync, or open it with OpenMode.OpenOrCreate.",
                        cancellationToken
                    )
                    .ConfigureAwait(false);
            }
            try
            {
                return (await CreateAsync(services, options, id, cancellationToken).ConfigureAwait(false), IsNew: true);
            }
            catch (ConflictException exception) when (mode == OpenMode.OpenOrCreate && exception.Guard == CommitGuards.Revision)
            {
                // Somebody else created it in between; then this is an opening.
            }
        }
        else if (mode == OpenMode.Create)
        {
            throw AlreadyThere(existing, services);
        }
        else
        {
            ThrowIfTrashed(existing, services);
        }
        var redactions = new RedactionTally();
        var opened = await UpdateAsync(
                services,
                id,
                createdAt: null,
                info => ApplyTo(info, options, services.Masker, redactions),
                cancellationToken
            )
            .ConfigureAwait(false);
        Log.Redacted(services.Logger, id, "what the session is called", redactions.Redactions);
        ThrowIfTrashed(opened, services); // meanwhile
        return (opened, IsNew: false);
    }

    /// <summary>Changes the record, however many others change it at the same time; writes nothing when nothing changes.</summary>
    /// <param name="services">The store.</param>
    /// <param name="id">The session.</param>
    /// <param name="createdAt">When the session was created that is meant; null for the one that has the id.</param>
    /// <param name="change">Makes the new record of the current one.</param>
    /// <param name="cancellationToken">Stops the write, until the store has taken it.</param>
    public static async Task<SessionInfo> UpdateAsync(
        StoreServices services,
        string id,
        DateTimeOffset? createdAt,
        Func<SessionInfo, SessionInfo> change,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            var current =
                await services.Storage.Records.GetSessionAsync(id, cancellationToken).ConfigureAwait(false)
                ?? throw await services.Storage.SessionGoneAsync(id, cancellationToken).ConfigureAwait(false);
            if (createdAt is { } meant && meant != current.CreatedAt)
                throw CommitGuards.AnotherSession(id, meant, current.CreatedAt);
            var changed = change(current);
            if (changed == current)
                return current;
            try
            {
                return await CommitAsync(services, changed, current.Revision, cancellationToken).ConfigureAwait(false);
            }
            catch (ConflictException exception) when (exception.Guard == CommitGuards.Revision)
            {
                // Another writer was faster; the change is made again on what it wrote.
            }
        }
    }

    /// <summary>Says where a session stands, and why.</summary>
    public static async Task<SessionInfo> SetStatusAsync(
        StoreServices services,
        SessionInfo session,
        SessionStatus status,
        string? reason,
        CancellationToken cancellationToken
    )
    {
        var redactions = new RedactionTally();
        reason = services.Masker.ApplyTo(reason, redactions, RedactedPart.Name);
        var info = await UpdateAsync(
                services,
                session.Id,
                session.CreatedAt,
                info => WithRedactions(info with { Status = status, StatusReason = reason }, redactions),
                cancellationToken
            )
            .ConfigureAwait(false);
        Log.Redacted(services.Logger, session.Id, "the reason of its status", redactions.Redactions);
        Log.SessionStatusChanged(services.Logger, session.Id, status);
        return info;
    }

    private static async Task<SessionInfo> CreateAsync(
        StoreServices services,
        SessionOptions options,
        string id,
        CancellationToken cancellationToken
    )
    {
        var redactions = new RedactionTally();
        var created = new SessionInfo
        {
            Id = id,
            CreatedAt = services.Time.GetRecordTime(),
            Owner = options.Owner,
        };
        try
        {
            var info = ApplyTo(created, options, services.Masker, redactions);
            info = await CommitAsync(services, info, 0, cancellationToken).ConfigureAwait(false);
            Log.Redacted(services.Logger, id, "what the session is called", redactions.Redactions);
            return info;
        }
        catch (ConflictException exception) when (options.OpenMode == OpenMode.Create && exception.Guard == CommitGuards.Revision)
        {
            throw AlreadyThere(created, services);
        }
    }

    private static async Task<SessionInfo> CommitAsync(
        StoreServices services,
        SessionInfo info,
        long expectedRevision,
        CancellationToken cancellationToken
    )
    {
        var now = services.Time.GetRecordTime();
        var commit = new SessionCommit
        {
            CommitId = Identifiers.NewGuid(now),
            SessionId = info.Id,
            SessionCreatedAt = expectedRevision == 0 ? null : info.CreatedAt,
            At = now,
            Session = info,
            ExpectedRevision = expectedRevision,
        };
        var result = await services.Storage.Records.CommitAsync(commit, cancellationToken).ConfigureAwait(false);
        return info with { Revision = result.Revision, UpdatedAt = now };
    }

    private static SessionInfo ApplyTo(SessionInfo info, SessionOptions options, SecretMasker masker, RedactionTally redactions)
    {
        var tags = options.Tags.Select(tag => masker.Apply(tag, redactions, RedactedPart.Name)).Distinct().ToArray();
        var changed = info with
        {
            Name = options.Name is { } name ? masker.Apply(name, redactions, RedactedPart.Name) : info.Name,
            // The same list object when it says the same, so that the record compares equal.
            Tags = tags.Length == 0 || tags.SequenceEqual(info.Tags) ? info.Tags : tags,
            Budget = options.Budget?.Over(info.Budget) ?? info.Budget,
            ApplicationVersion = masker.ApplyTo(options.ApplicationVersion, redactions, RedactedPart.Name) ?? info.ApplicationVersion,
        };
        return WithRedactions(changed, redactions);
    }

    // The same list object when it says the same, so that the record compares equal.
    private static SessionInfo WithRedactions(SessionInfo info, RedactionTally tally)
    {
        var redactions = tally.Redactions;
        return redactions.Count == 0 || redactions.SequenceEqual(info.Redactions) ? info : info with { Redactions = redactions };
    }

    /// <param name="replace">Whether the key comes before one that the provider has itself.</param>
    private static IDictionary<string, ProviderOptions> WithKey(
        IDictionary<string, ProviderOptions> providers,
        SelectedProvider selected,
        string key,
        bool replace
    )
    {
        if (string.IsNullOrWhiteSpace(key))
            throw new ArgumentException("SessionOptions.ApiKey is empty. Set it, or leave it null for the configured key.", nameof(key));
        if (selected.Name is not { } name || !providers.TryGetValue(name, out var provider))
        {
            var problem = selected.Name is { } missing ? $"there is no provider '{missing}'" : "several providers are configured";
            throw new ArgumentException(
                $"SessionOptions.ApiKey goes to one provider only, and {problem}; name it with SessionOptions.Provider, or with a SessionOptions.Model of the form provider/model.",
                nameof(key)
            );
        }
        if (selected.ChosenBy is { } choice)
            throw Untrusted($"choose the provider that gets it ('{name}', because of {choice})", "Name the provider in SessionOptions, or");
        if (provider.RedirectedBy is { } place)
            throw Untrusted($"say where a key of provider '{name}' goes, or what goes with it ({place})", "If you trust it, set it");
        return provider.ApiKey is not null && !replace
            ? providers
            : new Dictionary<string, ProviderOptions>(providers, StringComparer.OrdinalIgnoreCase)
            {
                [name] = provider.WithKey(key.Trim()),
            };
    }

    private static OptionsValidationException Untrusted(string problem, string remedy) =>
        new(
            "Dossier",
            typeof(SessionOptions),
            [
                $"SessionOptions.ApiKey is not used: a file in the working directory may not {problem}. "
                    + $"{remedy} in your own dossier.json or in the environment.",
            ]
        );

    private static void ThrowIfTrashed(SessionInfo session, StoreServices services)
    {
        if (session.TrashedAt is not null)
            throw new NotFoundException(
                $"Session '{session.Id}' is in the trash of {services.Storage.Location}. Restore it with SessionStore.RestoreSessionAsync, or use another id."
            );
    }

    private static ConflictException AlreadyThere(SessionInfo session, StoreServices services)
    {
        var remedy = session.TrashedAt is null
            ? "open it with OpenMode.Open"
            : "it is in the trash, restore it with SessionStore.RestoreSessionAsync";
        return new(
            CommitGuards.Revision,
            "0",
            null,
            $"There is a session '{session.Id}' in {services.Storage.Location} already; {remedy}, or create one under another id."
        );
    }
}
