using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// One run of an LLM workflow: its artifacts, its chat clients, the record of every response, and its summary.
/// Safe to use from several threads. Meant to be derived from: see <see cref="StoreArtifactCoreAsync"/> and
/// <see cref="CreateChatClient"/>. Disposing closes it and leaves its status as it is.
/// </summary>
public class Session : IAsyncDisposable, IDisposable
{
    private readonly SessionChatClients _clients;
    private readonly ArtifactWriter _artifacts;
    private readonly SessionModels _models;
    private SessionInfo _info;
    private int _disposed;

    /// <summary>Makes the session that a store has opened.</summary>
    /// <param name="context">What the store hands to the session's constructor.</param>
    protected internal Session(SessionContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        (Context, _info) = (context, context.Info);
        var options = context.Options;
        _models = new(Services.Models, options, context.Replay);
        _artifacts = new(Services, context.Info.Id, context.Info.CreatedAt);
        Responses = new(Services, context.Info, options.ApplicationVersion, context.IsNew);
        Budget = new(Services, context.Info);
        Steps = new(Services, context.Info, Responses, _artifacts, StoreArtifactCoreAsync);
        Conversations = new(this, Services);
        _clients = new(Services, Responses, Conversations, Budget, context.Replay, CreateChatClient);
    }

    /// <summary>The id.</summary>
    public string Id => _info.Id;

    /// <summary>The session's record, as this object last read or wrote it.</summary>
    public SessionInfo Info => Volatile.Read(ref _info);

    /// <inheritdoc cref="SessionInfo.Name"/>
    public string? Name => Info.Name;

    /// <inheritdoc cref="SessionInfo.Tags"/>
    public IReadOnlyList<string> Tags => Info.Tags;

    /// <inheritdoc cref="SessionInfo.Status"/>
    public SessionStatus Status => Info.Status;

    /// <summary>The store that it was opened in.</summary>
    public SessionStore Store => Context.Store;

    /// <summary>What is known of models.</summary>
    public ModelRegistry Models => Services.Models;

    /// <summary>Every response of the session, and the place to track your own.</summary>
    public ResponseLog Responses { get; }

    /// <summary>The steps of the session: units of the workflow whose results are kept. <c>StepAsync</c> and <c>MapAsync</c> run them.</summary>
    public StepLog Steps { get; }

    /// <summary>The conversations of the session; <c>Conversation()</c> and <c>Conversation(name)</c> are the short forms.</summary>
    public ConversationLog Conversations { get; }

    /// <summary>What the session may spend, and what it has spent.</summary>
    public SessionBudget Budget { get; }

    /// <summary>Whether the store was opened for this session alone and closes with it.</summary>
    internal bool OwnsStore { get; set; }

    internal SessionContext Context { get; }
    internal StoreServices Services => Context.Services;

    private StoreServices Open
    {
        get
        {
            ThrowIfDisposed();
            return Services;
        }
    }

    /// <summary>Stores text.</summary>
    /// <param name="name">The artifact's name: 1 to 1,024 characters, no control characters. A repeated name makes the next version.</param>
    /// <param name="data">The text; kept as UTF-8, with keys and tokens in it masked.</param>
    /// <param name="contentType">A MIME type, or a short name such as <c>text</c>, <c>markdown</c>, <c>json</c>, <c>html</c>, <c>csv</c>.</param>
    /// <param name="metadata">Your own facts about it: text, numbers, bools, dates, Guids, null, or JSON.</param>
    /// <param name="role">What it is to the workflow.</param>
    /// <param name="cancellationToken">Stops the write, until the store has taken it.</param>
    /// <returns>The artifact, durable, with its id and version. Where its text is the answer of a response of this session, it is linked to that response.</returns>
    /// <exception cref="ArgumentException">The name, the content type or a metadata value is not valid.</exception>
    /// <exception cref="StorageException">The store could not write; nothing was stored.</exception>
    [OverloadResolutionPriority(1)]
    public Task<Artifact> StoreArtifactAsync(
        string name,
        string data,
        string? contentType = null,
        IReadOnlyDictionary<string, object?>? metadata = null,
        ArtifactRole role = ArtifactRole.Intermediate,
        CancellationToken cancellationToken = default
    ) => StoreAsync(_artifacts.OfText(name, data, contentType ?? ContentTypes.Text), metadata, role, cancellationToken);

    /// <summary>Stores bytes, exactly as they are.</summary>
    /// <param name="data">The bytes; nothing in them is masked.</param>
    /// <param name="contentType">A MIME type, or a short name such as <c>png</c>, <c>pdf</c>; <c>application/octet-stream</c> when null.</param>
    /// <inheritdoc cref="StoreArtifactAsync(string, string, string?, IReadOnlyDictionary{string, object?}?, ArtifactRole, CancellationToken)"/>
    [OverloadResolutionPriority(1)]
    public Task<Artifact> StoreArtifactAsync(
        string name,
        ReadOnlyMemory<byte> data,
        string? contentType = null,
        IReadOnlyDictionary<string, object?>? metadata = null,
        ArtifactRole role = ArtifactRole.Intermediate,
        CancellationToken cancellationToken = default
    ) => StoreAsync(ArtifactWriter.OfBytes(name, data, contentType ?? ContentTypes.Binary), metadata, role, cancellationToken);

    /// <summary>Stores a stream of any size in constant memory, exactly as it is. What the stream throws passes through, and nothing is stored.</summary>
    /// <param name="data">Read from its current position to its end; not disposed, nothing in it is masked.</param>
    /// <param name="contentType">A MIME type, or a short name such as <c>png</c>, <c>pdf</c>; <c>application/octet-stream</c> when null.</param>
    /// <inheritdoc cref="StoreArtifactAsync(string, string, string?, IReadOnlyDictionary{string, object?}?, ArtifactRole, CancellationToken)"/>
    [OverloadResolutionPriority(1)]
    public Task<Artifact> StoreArtifactAsync(
        string name,
        Stream data,
        string? contentType = null,
        IReadOnlyDictionary<string, object?>? metadata = null,
        ArtifactRole role = ArtifactRole.Intermediate,
        CancellationToken cancellationToken = default
    ) => StoreAsync(ArtifactWriter.OfStream(name, data, contentType ?? ContentTypes.Binary), metadata, role, cancellationToken);

    /// <summary>Stores an object as JSON.</summary>
    /// <param name="data">The object; keys and tokens in its JSON are masked.</param>
    /// <param name="typeInfo">How it is written, from a source-generated context.</param>
    /// <param name="contentType">A MIME type or short name; <c>application/json</c> when null.</param>
    /// <exception cref="ArgumentException">The object cannot be serialised, or the name, the content type or a metadata value is not valid; nothing was stored.</exception>
    /// <inheritdoc cref="StoreArtifactAsync(string, string, string?, IReadOnlyDictionary{string, object?}?, ArtifactRole, CancellationToken)"/>
    [OverloadResolutionPriority(1)]
    public Task<Artifact> StoreArtifactAsync<T>(
        string name,
        T data,
        JsonTypeInfo<T> typeInfo,
        string? contentType = null,
        IReadOnlyDictionary<string, object?>? metadata = null,
        ArtifactRole role = ArtifactRole.Intermediate,
        CancellationToken cancellationToken = default
    ) => StoreAsync(_artifacts.OfObject(name, data, typeInfo, contentType ?? ContentTypes.Json), metadata, role, cancellationToken);

    /// <summary>Stores an object as JSON, its members found by reflection and named in camel case.</summary>
    /// <param name="data">The object; keys and tokens in its JSON are masked.</param>
    /// <param name="contentType">A MIME type or short name; <c>application/json</c> when null.</param>
    /// <exception cref="ArgumentException">The object cannot be serialised, or the name, the content type or a metadata value is not valid; nothing was stored.</exception>
    /// <inheritdoc cref="StoreArtifactAsync(string, string, string?, IReadOnlyDictionary{string, object?}?, ArtifactRole, CancellationToken)"/>
    [RequiresUnreferencedCode(JsonText.ReflectionMessage)]
    [RequiresDynamicCode(JsonText.ReflectionMessage)]
    public Task<Artifact> StoreArtifactAsync<T>(
        string name,
        T data,
        string? contentType = null,
        IReadOnlyDictionary<string, object?>? metadata = null,
        ArtifactRole role = ArtifactRole.Intermediate,
        CancellationToken cancellationToken = default
    ) =>
        // A variable of type object may hold what has an overload of its own.
        data switch
        {
            string text => StoreArtifactAsync(name, text, contentType, metadata, role, cancellationToken),
            byte[] bytes => StoreArtifactAsync(name, bytes, contentType, metadata, role, cancellationToken),
            Stream stream => StoreArtifactAsync(name, stream, contentType, metadata, role, cancellationToken),
            _ => StoreArtifactAsync(name, data, JsonText.TypeInfo<T>(), contentType, metadata, role, cancellationToken),
        };

    /// <summary>Gets an artifact of this session by its id.</summary>
    /// <exception cref="NotFoundException">This session has none with that id, or it is in the trash; or the session was purged or erased.</exception>
    public Task<Artifact> GetArtifactAsync(string id, CancellationToken cancellationToken = default) =>
        Open.GetArtifactAsync(Id, id, cancellationToken);

    /// <summary>Finds an artifact of this session by its name, or returns null when there is none or it is in the trash.</summary>
    /// <param name="name">The exact name.</param>
    /// <param name="version">The version, from 1; null for the latest.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <exception cref="ArgumentOutOfRangeException">The version is below 1.</exception>
    /// <exception cref="NotFoundException">The session was purged or erased.</exception>
    public Task<Artifact?> FindArtifactAsync(string name, int? version = null, CancellationToken cancellationToken = default) =>
        Open.FindArtifactAsync(Id, name, version, cancellationToken);

    /// <summary>Lists the artifacts of this session.</summary>
    /// <param name="query">Which ones, in which order; null for all, oldest first.</param>
    /// <param name="cancellationToken">Stops the list.</param>
    /// <exception cref="NotFoundException">The session was purged or erased.</exception>
    public IAsyncEnumerable<Artifact> ListArtifactsAsync(ArtifactQuery? query = null, CancellationToken cancellationToken = default) =>
        Open.ListArtifactsAsync(Id, query, cancellationToken);

    /// <summary>Counts the artifacts of this session and sums their sizes; of all of them without reading any.</summary>
    /// <param name="query">Which ones; null for all. Its order and page size do not matter.</param>
    /// <param name="cancellationToken">Stops the count.</param>
    /// <exception cref="NotFoundException">The session was purged or erased.</exception>
    /// <exception cref="StorageException">The storage cannot be read.</exception>
    public Task<ArtifactCount> CountArtifactsAsync(ArtifactQuery? query = null, CancellationToken cancellationToken = default) =>
        Open.CountArtifactsAsync(Id, query, cancellationToken);

    /// <summary>Moves one version of an artifact to the trash, from where it can be restored until it is purged; harmless when it is there.</summary>
    /// <exception cref="NotFoundException">This session has none with that id.</exception>
    /// <exception cref="ConflictException">It is pinned (guard <c>artifact.pinned</c>), or the session is in the trash (<c>session.trashed</c>).</exception>
    public Task DeleteArtifactAsync(string id, CancellationToken cancellationToken = default) =>
        ChangeArtifactAsync(id, ArtifactChangeKind.Trash, cancellationToken);

    /// <summary>Moves all versions of a name to the trash, all or none; the numbers of the versions are not given again.</summary>
    /// <returns>How many were moved; 0 when there is none of that name.</returns>
    /// <exception cref="ConflictException">One is pinned (guard <c>artifact.pinned</c>), or the session is in the trash (<c>session.trashed</c>).</exception>
    public Task<int> DeleteArtifactsAsync(string name, CancellationToken cancellationToken = default) =>
        Open.DeleteArtifactsAsync(Info, name, cancellationToken);

    /// <summary>Brings a version back from the trash; harmless when it is not there.</summary>
    /// <exception cref="NotFoundException">This session has none with that id, or it was purged.</exception>
    public Task RestoreArtifactAsync(string id, CancellationToken cancellationToken = default) =>
        ChangeArtifactAsync(id, ArtifactChangeKind.Restore, cancellationToken);

    /// <summary>Keeps a version from being deleted, by retention or by mistake, until it is unpinned.</summary>
    /// <exception cref="NotFoundException">This session has none with that id.</exception>
    /// <exception cref="ConflictException">It is in the trash (guard <c>artifact.trashed</c>).</exception>
    public Task PinArtifactAsync(string id, CancellationToken cancellationToken = default) =>
        ChangeArtifactAsync(id, ArtifactChangeKind.Pin, cancellationToken);

    /// <summary>Lets a version be deleted again.</summary>
    /// <exception cref="NotFoundException">This session has none with that id.</exception>
    public Task UnpinArtifactAsync(string id, CancellationToken cancellationToken = default) =>
        ChangeArtifactAsync(id, ArtifactChangeKind.Unpin, cancellationToken);

    /// <summary>Searches the names and texts of this session's artifacts, best match first.</summary>
    /// <param name="text"><c>words</c> that all have to occur, <c>"phrases"</c>, <c>prefix*</c>, <c>-not</c>; see <see cref="SearchExpression"/>.</param>
    /// <param name="options">How much to return and how long to wait for the index; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <exception cref="ArgumentException">An option is out of its bounds, or names another session.</exception>
    /// <exception cref="NotFoundException">The session was purged or erased.</exception>
    /// <exception cref="StorageException">The store cannot be read, or its index cannot be written.</exception>
    public Task<SearchResult> SearchAsync(string text, SearchOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Open.SearchSessionAsync(Id, text, options ?? new(), cancellationToken);
    }

    /// <summary>
    /// The chat client of a model. Every call through it is recorded as a response of this session. The same model gives
    /// the same client; it is opened at its first call, and disposing it does nothing.
    /// </summary>
    /// <param name="model">The model, as <c>name</c> or <c>provider/name</c>; null for the default. <see cref="SessionOptions.Fallbacks"/> answer when it cannot.</param>
    /// <param name="provider">The provider; then the model goes through whether it is known or not.</param>
    /// <exception cref="ModelResolutionException">Nothing knows the model, a fallback or the provider, several providers have the model, or there is no default.</exception>
    [OverloadResolutionPriority(1)]
    public IChatClient GetChatClient(string? model = null, string? provider = null)
    {
        ThrowIfDisposed();
        return _clients.Get(_models.Route(model, provider));
    }

    /// <summary>
    /// The same for models in order: the first is asked, and each of the others when those before it could not answer and it meets the
    /// call's requirements. <see cref="SessionOptions.Fallbacks"/> do not count; a single model has none.
    /// </summary>
    /// <param name="models">The models, each as <c>name</c> or <c>provider/name</c>; at least one.</param>
    /// <exception cref="ArgumentException">There is no model.</exception>
    /// <inheritdoc cref="GetChatClient(string?, string?)" path="/exception"/>
    public IChatClient GetChatClient(IReadOnlyList<string> models)
    {
        ArgumentNullException.ThrowIfNull(models);
        ThrowIfDisposed();
        return _clients.Get(_models.Route(models));
    }

    /// <summary>The chat client of the first model that meets a task's requirements, among those of configured providers that are still served.</summary>
    /// <param name="requirements">What the task needs.</param>
    /// <param name="order">Which one is first, see <see cref="ModelOrder"/>; the cheapest when null. Those of <see cref="SessionOptions.Fallbacks"/> that meet them, too, answer when it cannot.</param>
    /// <exception cref="ModelResolutionException">None meets them; says which come nearest and what each lacks.</exception>
    public IChatClient GetChatClientFor(TaskRequirements requirements, IComparer<ModelDescriptor>? order = null)
    {
        ArgumentNullException.ThrowIfNull(requirements);
        ThrowIfDisposed();
        return _clients.Get(_models.Route(requirements, order));
    }

    /// <summary>Records every call of a client that you already have, and changes nothing else about it.</summary>
    /// <param name="client">The client; disposing what is returned does not dispose it. One that this session tracks already is used as it is, so that a call stays one response.</param>
    /// <param name="model">What it calls, as <c>provider/model</c>; null to take it from the client's own metadata, <c>unknown</c> where it has none.</param>
    /// <exception cref="ArgumentException">The client is tracked by another session: a call would be recorded and paid for in both.</exception>
    public IChatClient Track(IChatClient client, string? model = null) => Track(client, model, leaveOpen: true);

    internal IChatClient Track(IChatClient client, string? model, bool leaveOpen)
    {
        ArgumentNullException.ThrowIfNull(client);
        ThrowIfDisposed();
        return _clients.Track(client, model, leaveOpen);
    }

    internal TrackedEmbeddingGenerator EmbeddingsOf(string? model, string? provider)
    {
        ThrowIfDisposed();
        return _clients.GetEmbeddings(_models.ResolveEmbedding(model, provider));
    }

    /// <summary>What is known of a model. Does no I/O; of a model that nobody knows, everything is unknown.</summary>
    /// <param name="model">The model, as <c>name</c> or <c>provider/name</c>; null for the default.</param>
    /// <param name="provider">The provider.</param>
    /// <exception cref="ModelResolutionException">The provider is unknown, several providers have the model, or there is no default.</exception>
    public ModelDescriptor GetModelCapabilities(string? model = null, string? provider = null) => _models.Describe(model, provider);

    /// <summary>Checks whether a model meets a task's requirements, and explains each answer. Does no I/O.</summary>
    /// <param name="requirements">What the task needs.</param>
    /// <param name="model">The model, as <c>name</c> or <c>provider/name</c>; null for the default.</param>
    /// <param name="provider">The provider.</param>
    /// <exception cref="ModelResolutionException">See <see cref="GetModelCapabilities"/>.</exception>
    [OverloadResolutionPriority(1)]
    public ModelValidation ValidateModelForTask(TaskRequirements requirements, string? model = null, string? provider = null)
    {
        ArgumentNullException.ThrowIfNull(requirements);
        return _models.Validate(requirements, model, provider);
    }

    /// <summary>The same with requirements by name, for example <c>["vision"] = true, ["maxContext_tokens"] = 32000</c>: see <see cref="TaskRequirements.Parse"/>.</summary>
    /// <exception cref="ArgumentException">A requirement is unknown (the message lists the known ones) or has a value of the wrong type.</exception>
    /// <inheritdoc cref="ValidateModelForTask(TaskRequirements, string?, string?)"/>
    public ModelValidation ValidateModelForTask(
        IReadOnlyDictionary<string, object> requirements,
        string? model = null,
        string? provider = null
    ) => ValidateModelForTask(TaskRequirements.Parse(requirements), model, provider);

    /// <summary>Sums the session up: what it holds, what it took, what went wrong. Reads every response's record and no content.</summary>
    /// <exception cref="NotFoundException">The session was purged or erased.</exception>
    /// <exception cref="StorageException">The store cannot be read.</exception>
    public Task<SessionSummary> GetSummaryAsync(CancellationToken cancellationToken = default) =>
        SummaryBuilder.BuildAsync(Open, Id, _models.Default(), cancellationToken);

    /// <summary>
    /// Works out what a call would take before it is made: its tokens, whether they fit the model, what it may cost, and what the budget
    /// would say now. Sends and holds nothing.
    /// </summary>
    /// <param name="messages">What would be sent.</param>
    /// <param name="options">What it would be sent with: tools, instructions and schemas count, and so does a cap on the output.</param>
    /// <param name="model">The model, as <c>name</c> or <c>provider/name</c>; null for the default.</param>
    /// <param name="cancellationToken">Stops the read of the budget.</param>
    /// <exception cref="ModelResolutionException">See <see cref="GetModelCapabilities"/>.</exception>
    public Task<CallEstimate> EstimateAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        string? model = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(messages);
        ThrowIfDisposed();
        // A client of the caller's own may call a model whose provider is not configured here.
        var known = GetModelCapabilities(model);
        return CallEstimator.EstimateAsync(Services, Id, new(known.Provider, known.Id), messages, options, cancellationToken);
    }

    /// <summary>What the session would have cost with another model, or with the prices of another day. Calls nobody: it uses the tokens that were recorded, although another model may count the same text differently.</summary>
    /// <param name="model">The model that stands for all that were called, as <c>name</c> or <c>provider/name</c>; null to price each as itself.</param>
    /// <param name="asOf">The day of the prices; null for those that are known now.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <exception cref="ModelResolutionException">Nothing knows the model, or several providers have it.</exception>
    public Task<Repricing> RepriceAsync(string? model = null, DateOnly? asOf = null, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        var standIn = model is null ? null : GetModelCapabilities(model);
        return new Repricer(Services, Id).RepriceAsync(standIn is null ? null : new(standIn.Provider, standIn.Id), asOf, cancellationToken);
    }

    /// <summary>Marks the session as completed. That is a mark only: the session stays open, can be used on, and can be marked again.</summary>
    /// <param name="cancellationToken">Stops the write, until the store has taken it.</param>
    public Task CompleteAsync(CancellationToken cancellationToken = default) =>
        SetStatusAsync(SessionStatus.Completed, null, cancellationToken);

    /// <summary>Marks the session as failed. That is a mark only: the session stays open, can be used on, and can be marked again.</summary>
    /// <param name="reason">Why, for people; keys and tokens in it are masked.</param>
    /// <param name="cancellationToken">Stops the write, until the store has taken it.</param>
    public Task FailAsync(string? reason = null, CancellationToken cancellationToken = default) =>
        SetStatusAsync(SessionStatus.Failed, reason, cancellationToken);

    /// <summary>Closes the session. Its status stays as it is; everything that was stored is durable already.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        GC.SuppressFinalize(this);
        try
        {
            await DisposeAsyncCore().ConfigureAwait(false);
            if (Context.Options.Cassette is { } cassette)
                await cassette.SaveAsync(this).ConfigureAwait(false);
        }
        finally
        {
            Responses.Close();
            _clients.Close();
            await Budget.CloseAsync().ConfigureAwait(false);
            if (!ReferenceEquals(Services, Store.Services))
                Services.DisposeClients();
            if (OwnsStore)
                await Store.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>For containers that dispose synchronously; <see cref="DisposeAsync"/> is the better one.</summary>
    void IDisposable.Dispose()
    {
        DisposeAsync().AsTask().GetAwaiter().GetResult();
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Stores an artifact. Every <c>StoreArtifactAsync</c> ends here, its arguments checked and its content encoded;
    /// override it to look at, change, refuse or add to what is stored, and call the base to store it.
    /// </summary>
    /// <param name="draft">The artifact.</param>
    /// <param name="cancellationToken">Stops the write, until the store has taken it.</param>
    protected virtual Task<Artifact> StoreArtifactCoreAsync(ArtifactDraft draft, CancellationToken cancellationToken) =>
        _artifacts.StoreAsync(draft, Responses, cancellationToken);

    /// <summary>
    /// Opens the client of a model, at its first call; what is returned is then tracked, and disposed with the session.
    /// Override it to wrap the client or to bring another one; the base opens the vendor's, which all sessions share.
    /// </summary>
    /// <param name="model">The model, resolved.</param>
    protected virtual IChatClient CreateChatClient(ModelReference model) => new SharedChatClient(Services.GetVendorClient(model));

    /// <summary>The id, and the name where it has one.</summary>
    public override string ToString() => Name is { } name ? $"{Id} ({name})" : Id;

    /// <summary>Releases what a derived session holds. Called once, before the session closes.</summary>
    protected virtual ValueTask DisposeAsyncCore() => default;

    private Task<Artifact> StoreAsync(
        ArtifactDraft draft,
        IReadOnlyDictionary<string, object?>? metadata,
        ArtifactRole role,
        CancellationToken cancellationToken
    )
    {
        ThrowIfDisposed();
        return StoreArtifactCoreAsync(draft with { Metadata = metadata, Role = role }, cancellationToken);
    }

    private Task ChangeArtifactAsync(string id, ArtifactChangeKind kind, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        ThrowIfDisposed();
        return Services.ChangeArtifactsAsync(Info, [id], kind, cancellationToken);
    }

    private async Task SetStatusAsync(SessionStatus status, string? reason, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        var info = await SessionOpening.SetStatusAsync(Services, Info, status, reason, cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref _info, info);
    }

    private void ThrowIfDisposed() => Responses.ThrowIfClosed(_disposed != 0);
}
