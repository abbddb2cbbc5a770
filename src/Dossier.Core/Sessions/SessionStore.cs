using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using Dossier.Storage;

namespace Dossier;

/// <summary>
/// The long-lived object behind sessions, the one that a host registers: it opens, creates and lists them. Thread-safe.
/// </summary>
public sealed class SessionStore : IAsyncDisposable, IDisposable
{
    private readonly SessionOptions _given;
    private readonly bool _ownsStorage;
    private int _disposed;

    /// <summary>Makes a store over a storage. Nothing is opened until it is first used.</summary>
    /// <param name="storage">Where everything is kept.</param>
    /// <param name="options">What every session is opened with unless it says otherwise; complete, since nothing is read from configuration here.</param>
    /// <param name="models">What is known of models; null for <see cref="SessionOptions.Models"/>, else the catalogue that comes with Dossier.</param>
    /// <param name="ownsStorage">Whether disposing the store disposes the storage.</param>
    /// <exception cref="ArgumentException"><see cref="SessionOptions.ApiKey"/> is empty, it cannot be told which provider it is for, or <see cref="SessionOptions.Redactors"/> holds a null.</exception>
    public SessionStore(IStorage storage, SessionOptions? options = null, ModelRegistry? models = null, bool ownsStorage = false)
        : this(storage, options ?? new(), models ?? options?.Models ?? new(), ownsStorage, [], PipelineParts.None) { }

    /// <summary>
    /// The same, with secrets to mask beside those in the options (those that another source of configuration overrode), and with the
    /// parts of a call's pipeline that Core does without.
    /// </summary>
    internal SessionStore(
        IStorage storage,
        SessionOptions options,
        ModelRegistry models,
        bool ownsStorage,
        IReadOnlyCollection<string> secrets,
        PipelineParts parts
    )
    {
        ArgumentNullException.ThrowIfNull(storage);
        _given = options;
        Services = new(storage, SessionOpening.OfStore(options), models, secrets, parts);
        models.ConfiguredProviders = ModelChoice.Configured(Services.Options);
        models.StoreTime = Services.Time;
        _ownsStorage = ownsStorage;
    }

    private SessionStore(SessionStore whole, string owner)
    {
        (_given, Owner) = (whole._given, owner);
        Services = whole.Services.ForOwner(owner);
    }

    /// <summary>Whom the store is limited to (<see cref="ForOwner"/>); null when it is not.</summary>
    public string? Owner { get; }

    /// <summary>What is known of models; shared by all sessions of the store.</summary>
    public ModelRegistry Models => Services.Models;

    /// <summary>Where everything is kept, as messages call it.</summary>
    public string Location => Services.Storage.Location;

    internal StoreServices Services { get; }

    /// <summary>
    /// The same store limited to what belongs to one owner, a tenant or a user. All sessions that it opens, lists, counts, searches, deletes
    /// and verifies are the owner's; new ones belong to the owner. A session of somebody else is one that does not exist, also by its id. It shares everything else with this
    /// store and costs little to make; disposing it does nothing to this one.
    /// </summary>
    /// <param name="owner">The owner, as <see cref="SessionOptions.Owner"/> has it: any text, compared as it is.</param>
    /// <exception cref="ArgumentException">The owner is empty, or redaction would change it, so that owners could not be told apart; use an id instead.</exception>
    /// <exception cref="OwnerScopeException">This store is limited to another owner.</exception>
    public SessionStore ForOwner(string owner)
    {
        ArgumentException.ThrowIfNullOrEmpty(owner);
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        CheckDistinct(owner);
        CheckOwner(owner, "another store is asked for");
        return Owner is null ? new(this, owner) : this;
    }

    /// <summary>Opens a session, or creates it.</summary>
    /// <param name="options">
    /// <see cref="SessionOptions.SessionId"/>, <see cref="SessionOptions.OpenMode"/>, <see cref="SessionOptions.Name"/>,
    /// <see cref="SessionOptions.Tags"/>, <see cref="SessionOptions.Provider"/>, <see cref="SessionOptions.Model"/>, <see cref="SessionOptions.EmbeddingModel"/>,
    /// <see cref="SessionOptions.Fallbacks"/>, <see cref="SessionOptions.ApiKey"/>, <see cref="SessionOptions.ReplayFrom"/>,
    /// <see cref="SessionOptions.Replay"/> and <see cref="SessionOptions.ApplicationVersion"/>; the others belong to the store.
    /// </param>
    /// <param name="cancellationToken">Stops the opening.</param>
    /// <exception cref="ArgumentException">The id is not valid, the owner is empty or redaction would change it, an option belongs to the store, or it cannot be told which provider the key is for.</exception>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">A <c>dossier.json</c> in the working directory decides where the key would go.</exception>
    /// <exception cref="ModelResolutionException">The provider is not known.</exception>
    /// <exception cref="NotFoundException"><see cref="OpenMode.Open"/>, and there is no such session; or there is none to replay.</exception>
    /// <exception cref="ReplaySourceException">The session to replay was recorded without its texts.</exception>
    /// <exception cref="ConflictException"><see cref="OpenMode.Create"/>, and there is one already; or the id cannot be had (guard <c>session.id</c>).</exception>
    /// <exception cref="OwnerScopeException">This store is limited to another owner than <see cref="SessionOptions.Owner"/>.</exception>
    /// <exception cref="StorageException">The storage cannot be opened.</exception>
    public Task<Session> OpenAsync(SessionOptions? options = null, CancellationToken cancellationToken = default) =>
        OpenAsync(static context => new Session(context), options, cancellationToken);

    /// <summary>The same for a derived session, made through its constructor that takes a <see cref="SessionContext"/>.</summary>
    /// <inheritdoc cref="OpenAsync(SessionOptions?, CancellationToken)"/>
    public Task<T> OpenAsync<
        [DynamicallyAccessedMembers(
            DynamicallyAccessedMemberTypes.PublicConstructors | DynamicallyAccessedMemberTypes.NonPublicConstructors
        )]
            T
    >(SessionOptions? options = null, CancellationToken cancellationToken = default)
        where T : Session
    {
        const BindingFlags Instance = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        var constructor =
            typeof(T).GetConstructor(Instance, [typeof(SessionContext)])
            ?? throw new InvalidOperationException(
                $"{typeof(T)} has no constructor that takes one SessionContext; add one, or pass a function that makes the session."
            );
        return OpenAsync(
            context => (T)constructor.Invoke(BindingFlags.DoNotWrapExceptions, null, [context], null),
            options,
            cancellationToken
        );
    }

    /// <summary>The same for a derived session, made by a function.</summary>
    /// <param name="create">Makes the session from its context.</param>
    /// <param name="options">See <see cref="OpenAsync(SessionOptions?, CancellationToken)"/>.</param>
    /// <param name="cancellationToken">Stops the opening.</param>
    /// <inheritdoc cref="OpenAsync(SessionOptions?, CancellationToken)" path="/exception"/>
    public async Task<T> OpenAsync<T>(
        Func<SessionContext, T> create,
        SessionOptions? options = null,
        CancellationToken cancellationToken = default
    )
        where T : Session
    {
        ArgumentNullException.ThrowIfNull(create);
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        var merged = SessionOpening.Merge(Services.Options, ReferenceEquals(options, _given) ? null : options);
        if (merged.Owner is "")
            throw new ArgumentException(
                "SessionOptions.Owner is empty. Set it, or leave it null for a session of nobody.",
                nameof(options)
            );
        if (merged.Owner is { } owner)
        {
            CheckDistinct(owner);
            CheckOwner(owner, "a session is to be opened");
        }
        var isAsStore = ReferenceEquals(merged.Providers, Services.Options.Providers) && merged.Capture == Services.Options.Capture;
        var services = isAsStore ? Services : Services.With(merged);
        await services.Storage.OpenAsync(cancellationToken).ConfigureAwait(false);
        var replay = await ReplaySource.OpenAsync(services, merged, cancellationToken).ConfigureAwait(false);
        if (replay is { Mode: ReplayMode.Only })
            merged = merged.WithoutFallbacks();
        var (info, isNew) = await SessionOpening.OpenAsync(services, merged, cancellationToken).ConfigureAwait(false);
        Log.SessionOpened(services.Logger, info.Id, Location);
        if (!isNew)
            await Interruption.FindAsync(services, info, cancellationToken).ConfigureAwait(false);
        return create(new(this, info, merged, services, isNew) { Replay = replay });
    }

    /// <summary>
    /// Forks a session without opening either: a new session of the same owner that begins with everything that was recorded up to a point.
    /// Content is shared and not copied, and nothing that is inherited counts again. It is one commit, so that there is a whole fork or none.
    /// </summary>
    /// <param name="sessionId">The session; nothing in it changes.</param>
    /// <param name="options">Where it is forked, and what the fork is called; null for now, under a new id.</param>
    /// <param name="cancellationToken">Stops the fork, until the store has taken it.</param>
    /// <returns>The record of the fork; open it by its id.</returns>
    /// <exception cref="ArgumentException">An id is not valid, or the point is one of another session.</exception>
    /// <exception cref="NotFoundException">There is no such session, it is in the trash, or it has no such response or step.</exception>
    /// <exception cref="InvalidOperationException">The response has not ended, or the step has no result.</exception>
    /// <exception cref="ConflictException">There is a session with the id already (guard <c>session.revision</c>).</exception>
    /// <exception cref="StorageException">The storage could not be read or written; there is no fork.</exception>
    public async Task<SessionInfo> ForkAsync(string sessionId, ForkOptions? options = null, CancellationToken cancellationToken = default)
    {
        await OpenStorageAsync(cancellationToken).ConfigureAwait(false);
        return await new SessionFork(Services, sessionId, options ?? new()).MakeAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Compares two sessions: steps, prompts, outputs, artifacts, and what their calls took. Reads the records of both, and the texts of what is
    /// not the same, one pair at a time; of long texts the beginning.
    /// </summary>
    /// <param name="left">The id of the first session.</param>
    /// <param name="right">The id of the second.</param>
    /// <param name="cancellationToken">Stops the reads.</param>
    /// <exception cref="ArgumentException">An id is not valid.</exception>
    /// <exception cref="NotFoundException">There is no such session, or it is in the trash.</exception>
    /// <exception cref="StorageException">The storage cannot be read.</exception>
    public async Task<SessionDiff> DiffAsync(string left, string right, CancellationToken cancellationToken = default)
    {
        await OpenStorageAsync(cancellationToken).ConfigureAwait(false);
        return await new SessionComparison(Services).CompareAsync(left, right, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lists sessions, newest first unless the query says otherwise.</summary>
    /// <param name="query">Which ones, in which order; null for all.</param>
    /// <param name="cancellationToken">Stops the list.</param>
    /// <exception cref="StorageException">The storage cannot be read.</exception>
    public async IAsyncEnumerable<SessionInfo> ListSessionsAsync(
        SessionQuery? query = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        await OpenStorageAsync(cancellationToken).ConfigureAwait(false);
        await foreach (var session in Services.ListSessionsAsync(query, cancellationToken).ConfigureAwait(false))
            yield return session;
    }

    /// <summary>Counts sessions; by owner, by status and without a filter without reading any.</summary>
    /// <param name="query">Which ones; null for all. Its order and page size do not matter.</param>
    /// <param name="cancellationToken">Stops the count.</param>
    /// <exception cref="StorageException">The storage cannot be read.</exception>
    public async Task<long> CountSessionsAsync(SessionQuery? query = null, CancellationToken cancellationToken = default)
    {
        await OpenStorageAsync(cancellationToken).ConfigureAwait(false);
        return await Services.CountSessionsAsync(query, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lists the artifacts of all sessions.</summary>
    /// <param name="query">Which ones; null for all.</param>
    /// <param name="cancellationToken">Stops the list.</param>
    /// <exception cref="StorageException">The storage cannot be read.</exception>
    public async IAsyncEnumerable<Artifact> ListArtifactsAsync(
        ArtifactQuery? query = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        await OpenStorageAsync(cancellationToken).ConfigureAwait(false);
        await foreach (var artifact in Services.ListArtifactsAsync(null, query, cancellationToken).ConfigureAwait(false))
            yield return artifact;
    }

    /// <summary>Counts the artifacts of all sessions and sums their sizes; of all of them without reading any.</summary>
    /// <param name="query">Which ones; null for all. Its order and page size do not matter.</param>
    /// <param name="cancellationToken">Stops the count.</param>
    /// <exception cref="StorageException">The storage cannot be read.</exception>
    public async Task<ArtifactCount> CountArtifactsAsync(ArtifactQuery? query = null, CancellationToken cancellationToken = default)
    {
        await OpenStorageAsync(cancellationToken).ConfigureAwait(false);
        return await Services.CountArtifactsAsync(null, query, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Searches the names and texts of the artifacts of all sessions, or of one, best match first.</summary>
    /// <param name="text"><c>words</c> that all have to occur, <c>"phrases"</c>, <c>prefix*</c>, <c>-not</c>; see <see cref="SearchExpression"/>.</param>
    /// <param name="options">Where to look, how much to return and how long to wait for the index; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <exception cref="ArgumentException">An option is out of its bounds.</exception>
    /// <exception cref="StorageException">The store cannot be read, or its index cannot be written.</exception>
    public async Task<SearchResult> SearchAsync(string text, SearchOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        await OpenStorageAsync(cancellationToken).ConfigureAwait(false);
        return await Services.SearchAsync(text, options ?? new(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Verifies the store: hashes all content, checks records and content against each other, and reports what is missing, damaged or
    /// orphaned. Runs beside writers, and goes on after whatever it finds. It costs a read of everything.
    /// </summary>
    /// <param name="options">What to look at, and whether to set aside what is damaged; null for everything and nothing.</param>
    /// <param name="progress">Told how far it is, every few hundred contents and every few megabytes.</param>
    /// <param name="cancellationToken">Stops it at any time and leaves nothing behind.</param>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="VerifyOptions.GracePeriod"/> is negative.</exception>
    /// <exception cref="NotFoundException">There is no session <see cref="VerifyOptions.SessionId"/>.</exception>
    /// <exception cref="StorageException">The storage cannot be opened.</exception>
    public async Task<VerifyReport> VerifyAsync(
        VerifyOptions? options = null,
        IProgress<VerifyProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        await OpenStorageAsync(cancellationToken).ConfigureAwait(false);
        return await Services.Storage.Maintenance.VerifyAsync(options ?? new(), progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Moves a session to the trash, with all that it owns; harmless when it is there. Nothing is written to it from then on, and it
    /// can be restored until it is purged.
    /// </summary>
    /// <exception cref="NotFoundException">There is no such session.</exception>
    /// <exception cref="ConflictException">It holds an artifact that is pinned (guard <c>artifact.pinned</c>); unpin it first.</exception>
    /// <exception cref="StorageException">The storage could not be written.</exception>
    public async Task DeleteSessionAsync(string id, CancellationToken cancellationToken = default)
    {
        await OpenStorageAsync(cancellationToken).ConfigureAwait(false);
        await Services.DeleteSessionAsync(id, unlessUpdatedSince: null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Brings a session back from the trash, as it was; harmless when it is not there.</summary>
    /// <exception cref="NotFoundException">There is no such session, or it was purged.</exception>
    /// <exception cref="StorageException">The storage could not be written.</exception>
    public async Task RestoreSessionAsync(string id, CancellationToken cancellationToken = default)
    {
        await OpenStorageAsync(cancellationToken).ConfigureAwait(false);
        await Services.RestoreSessionAsync(id, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Moves to the trash what a policy does not keep, over all sessions or some of them.</summary>
    /// <exception cref="ArgumentException">The policy has no rule, or one is out of its bounds.</exception>
    /// <exception cref="StorageException">The storage cannot be read or written.</exception>
    public async Task<RetentionReport> ApplyRetentionAsync(RetentionPolicy policy, CancellationToken cancellationToken = default)
    {
        RetentionPolicy.Check(policy);
        var sessions = (policy.Sessions ?? new()).Complete(Services.Masker);
        await OpenStorageAsync(cancellationToken).ConfigureAwait(false);
        var report = await new Retention(Services, policy).ApplyAsync(sessions, cancellationToken).ConfigureAwait(false);
        Log.Maintained(Services.Logger, Location, report);
        return report;
    }

    /// <summary>
    /// Deletes for good what has been in the trash long enough, and content that nothing uses. Everyone else goes on meanwhile; a
    /// purge that was cancelled or died leaves a whole store, and the next one finishes its work.
    /// </summary>
    /// <param name="options">What to delete; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the purge between two of its steps.</param>
    /// <exception cref="ArgumentOutOfRangeException">A time in the options is negative.</exception>
    /// <exception cref="StorageException">The storage cannot be read or written.</exception>
    public async Task<PurgeReport> PurgeAsync(PurgeOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new();
        PurgeOptions.Check(options);
        await OpenStorageAsync(cancellationToken).ConfigureAwait(false);
        var report = await Services
            .Storage.Maintenance.PurgeAsync(options, Services.Time.GetRecordTime(), cancellationToken)
            .ConfigureAwait(false);
        Log.Maintained(Services.Logger, Location, report);
        return report;
    }

    /// <summary>
    /// Removes a session at once and for good, in the trash or not: its records, content that nothing else uses, its words in the full
    /// text, and what the storage has kept of all that for itself. A <see cref="SessionErasure"/> stays, and no session is given its id again. An open <see cref="Session"/>
    /// writes nothing more to it (<see cref="ConflictException"/>, guard <c>session.erased</c>). Erasing it again is harmless and finishes what was interrupted.
    /// </summary>
    /// <param name="id">The session.</param>
    /// <param name="reason">Why, up to 256 characters; it stays, so it must not name what is erased.</param>
    /// <param name="cancellationToken">Stops the erasure between two of its steps; the next one finishes it.</param>
    /// <exception cref="ArgumentException">The id is not valid, or the reason is too long.</exception>
    /// <exception cref="NotFoundException">There is no such session, and none of that id was erased.</exception>
    /// <exception cref="StorageException">The storage cannot be read or written; or messages of other sessions cannot be read, and then content was not deleted.</exception>
    public async Task<ErasureReport> EraseSessionAsync(string id, string? reason = null, CancellationToken cancellationToken = default)
    {
        Identifiers.CheckSessionId(id, nameof(id));
        await OpenStorageAsync(cancellationToken).ConfigureAwait(false);
        return await Services.EraseAsync(ErasureTarget.OfSession(id), reason, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same for all sessions that an owner has; none is fine. What the owner stores afterwards is not touched.</summary>
    /// <param name="owner">The owner, as <see cref="SessionOptions.Owner"/> had it.</param>
    /// <inheritdoc cref="EraseSessionAsync"/>
    /// <exception cref="ArgumentException">The owner is empty or would be changed by redaction, or the reason is too long.</exception>
    /// <exception cref="OwnerScopeException">This store is limited to another owner.</exception>
    public async Task<ErasureReport> EraseOwnerAsync(string owner, string? reason = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(owner);
        CheckDistinct(owner);
        await OpenStorageAsync(cancellationToken).ConfigureAwait(false);
        return await Services.EraseAsync(ErasureTarget.OfOwner(owner), reason, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lists what stays of the sessions that were erased, in the order in which they were. A store of one owner lists none, because they do not say whose they were.</summary>
    /// <param name="cancellationToken">Stops the list.</param>
    /// <exception cref="StorageException">The storage cannot be read.</exception>
    public async IAsyncEnumerable<SessionErasure> ListErasuresAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        const int PageSize = 100;
        await OpenStorageAsync(cancellationToken).ConfigureAwait(false);
        var pages = RecordPages.ReadAllAsync(next => Services.Storage.Records.QueryErasuresAsync(PageSize, next, cancellationToken));
        await foreach (var erasure in pages.ConfigureAwait(false))
            yield return erasure;
    }

    /// <summary>
    /// Closes the vendors' clients and, where the store owns it, the storage; of a store that is limited to an owner nothing. Dispose its
    /// sessions first.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        if (Owner is not null)
            return;
        Services.DisposeClients();
        if (_ownsStorage)
            await Services.Storage.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>For containers that dispose synchronously; <see cref="DisposeAsync"/> is the better one.</summary>
    void IDisposable.Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private void CheckDistinct(string owner)
    {
        if (!string.Equals(Services.Masker.Apply(owner), owner, StringComparison.Ordinal))
            throw new ArgumentException(
                "The owner has something in it that is taken out of all text before it is stored, so that it could not be told from others. Use an id that says nothing by itself.",
                nameof(owner)
            );
    }

    private void CheckOwner(string owner, string whatFor)
    {
        if (Owner is { } own && !string.Equals(own, owner, StringComparison.Ordinal))
            throw new OwnerScopeException(
                own,
                $"This store is limited to the owner '{own}', and {whatFor} for '{owner}'. Ask the store that ForOwner was called on."
            );
    }

    internal Task OpenStorageAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        return Services.Storage.OpenAsync(cancellationToken);
    }
}
