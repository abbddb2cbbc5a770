namespace Dossier.Storage;

/// <summary>
/// The records of all sessions: one write and a handful of reads. A commit is atomic, and it is durable when its task
/// completes. All members are safe to call from several threads at once.
/// </summary>
public interface IRecordStore
{
    /// <summary>
    /// Writes all of a commit or none of it. A commit id that was seen before writes nothing and returns what the first
    /// commit was given. Cancellation is honoured until the store has taken the commit; after that the task tells the
    /// true outcome.
    /// </summary>
    /// <remarks>
    /// Some refusals are for good: the session is not there, is in the trash or is another one, its revision has moved on, what the commit names is
    /// not there, an artifact's id is taken, or a step was lost to somebody else. Content that this storage's own content store was given for such a
    /// commit, and that no other names, is deleted with the refusal, because no erasure could find it.
    /// </remarks>
    /// <exception cref="ConflictException">A guard failed; it names itself and what is there now. <c>session.erased</c>: the session was erased, and nothing is written under its id again.</exception>
    /// <exception cref="NotFoundException">The session does not exist and the commit does not create it, or an artifact to change does not exist.</exception>
    /// <exception cref="StorageException">The store could not write.</exception>
    ValueTask<CommitResult> CommitAsync(SessionCommit commit, CancellationToken cancellationToken = default);

    /// <summary>One session, in the trash or not, or null.</summary>
    ValueTask<SessionInfo?> GetSessionAsync(string sessionId, CancellationToken cancellationToken = default);

    /// <summary>
    /// The end of the chain of a session's artifacts and ended responses: 0 entries for a session that has none yet. Null when there is no such
    /// session, and from a store that keeps no chain, as in memory, where nobody else could change anything.
    /// </summary>
    ValueTask<ChainHead?> GetChainHeadAsync(string sessionId, CancellationToken cancellationToken = default) => default;

    /// <summary>A page of sessions.</summary>
    /// <param name="query">Which ones, in which order.</param>
    /// <param name="continuation">What the page before said, or null for the first.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    ValueTask<RecordPage<SessionInfo>> QuerySessionsAsync(
        SessionQuery query,
        string? continuation = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>How many sessions there are.</summary>
    /// <param name="query">Which ones; its order and page size do not matter.</param>
    /// <param name="cancellationToken">Stops the count.</param>
    ValueTask<long> CountSessionsAsync(SessionQuery query, CancellationToken cancellationToken = default);

    /// <summary>One artifact by id, in the trash or not, or null.</summary>
    ValueTask<ArtifactRecord?> GetArtifactAsync(string sessionId, string artifactId, CancellationToken cancellationToken = default);

    /// <summary>The same, with the content where it is small and a store has it at hand: both of one snapshot.</summary>
    internal async ValueTask<(ArtifactRecord? Artifact, ReadOnlyMemory<byte>? Content)> GetArtifactWithContentAsync(
        string sessionId,
        string artifactId,
        CancellationToken cancellationToken
    ) => (await GetArtifactAsync(sessionId, artifactId, cancellationToken).ConfigureAwait(false), null);

    /// <summary>One artifact by name: a version, or the latest when <paramref name="version"/> is null; null when absent or in the trash.</summary>
    ValueTask<ArtifactRecord?> FindArtifactAsync(
        string sessionId,
        string name,
        int? version = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>A page of artifacts, of one session or, with a null <paramref name="sessionId"/>, of all.</summary>
    /// <param name="sessionId">The session, or null for all of them.</param>
    /// <param name="query">Which ones, in which order. Metadata values are given as <see cref="System.Text.Json.JsonElement"/>.</param>
    /// <param name="continuation">What the page before said, or null for the first.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    ValueTask<RecordPage<ArtifactRecord>> QueryArtifactsAsync(
        string? sessionId,
        ArtifactQuery query,
        string? continuation = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>How many artifacts there are by content type and how large together, in any order; without reading them where the query asks for all.</summary>
    /// <param name="sessionId">The session, or null for all of them.</param>
    /// <param name="query">Which ones; its order and page size do not matter.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    ValueTask<IReadOnlyList<ArtifactTotals>> CountArtifactsAsync(
        string? sessionId,
        ArtifactQuery query,
        CancellationToken cancellationToken = default
    );

    /// <summary>One response by id, or null.</summary>
    ValueTask<TrackedResponse?> GetResponseAsync(string sessionId, string responseId, CancellationToken cancellationToken = default);

    /// <summary>The latest response under a key, or null.</summary>
    ValueTask<TrackedResponse?> FindResponseAsync(string sessionId, string key, CancellationToken cancellationToken = default);

    /// <summary>A page of a session's responses.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="query">Which ones.</param>
    /// <param name="continuation">What the page before said, or null for the first.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    ValueTask<RecordPage<TrackedResponse>> QueryResponsesAsync(
        string sessionId,
        ResponseQuery query,
        string? continuation = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>One conversation of a session, or null.</summary>
    ValueTask<ConversationInfo?> GetConversationAsync(string sessionId, string name, CancellationToken cancellationToken = default);

    /// <summary>A page of a session's conversations, by name in the order of its UTF-8 bytes.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="pageSize">How many, 1 to 1,000.</param>
    /// <param name="continuation">What the page before said, or null for the first.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    ValueTask<RecordPage<ConversationInfo>> QueryConversationsAsync(
        string sessionId,
        int pageSize,
        string? continuation = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// A page of the messages of one branch of a conversation. Reads none outside the range that is asked for, and no content. Later pages
    /// are of the same branch, whatever becomes of the head.
    /// </summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="conversation">The name of the conversation; one that is not there has no messages.</param>
    /// <param name="query">Which messages.</param>
    /// <param name="continuation">What the page before said, or null for the first.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    ValueTask<RecordPage<MessageRecord>> QueryMessagesAsync(
        string sessionId,
        string conversation,
        MessageQuery query,
        string? continuation = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>A page of the branches of a conversation, in the order in which they began.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="conversation">The name of the conversation; one that is not there has none.</param>
    /// <param name="pageSize">How many, 1 to 1,000.</param>
    /// <param name="continuation">What the page before said, or null for the first.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    ValueTask<RecordPage<ConversationBranch>> QueryBranchesAsync(
        string sessionId,
        string conversation,
        int pageSize,
        string? continuation = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>How many conversations and messages a session has.</summary>
    ValueTask<ConversationTotals> CountMessagesAsync(string sessionId, CancellationToken cancellationToken = default);

    /// <summary>What a session has spent and set aside, its sums, limits and holds as of one moment; null when there is no such session. Does not read responses.</summary>
    ValueTask<BudgetLedger?> GetBudgetAsync(string sessionId, CancellationToken cancellationToken = default);

    /// <summary>One step by its key, or null.</summary>
    ValueTask<StepRecord?> GetStepAsync(string sessionId, ContentDigest key, CancellationToken cancellationToken = default);

    /// <summary>What a call needs to reuse a step's result, all of one snapshot; null when none is kept.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="key">The step.</param>
    /// <param name="withContent">Whether to read the content of the result as well, where a store has it at hand.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    internal async ValueTask<KeptStep?> GetKeptStepAsync(
        string sessionId,
        ContentDigest key,
        bool withContent,
        CancellationToken cancellationToken
    ) =>
        await GetStepAsync(sessionId, key, cancellationToken).ConfigureAwait(false) is { Status: StepStatus.Kept, HasResult: true } step
            ? new()
            {
                Fence = step.Fence,
                ResultType = step.ResultType,
                Reads = step.Reads,
                Artifact = step.ResultArtifact!,
                Digest = step.ResultDigest!.Value,
            }
            : null;

    /// <summary>A page of a session's steps.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="query">Which ones.</param>
    /// <param name="continuation">What the page before said, or null for the first.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    ValueTask<RecordPage<StepRecord>> QueryStepsAsync(
        string sessionId,
        StepQuery query,
        string? continuation = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>What stays of a session that was erased; null when there was none of that id.</summary>
    ValueTask<SessionErasure?> GetErasureAsync(string sessionId, CancellationToken cancellationToken = default);

    /// <summary>A page of the sessions that were erased, in the order in which they were.</summary>
    /// <param name="pageSize">How many, 1 to 1,000.</param>
    /// <param name="continuation">What the page before said, or null for the first.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    ValueTask<RecordPage<SessionErasure>> QueryErasuresAsync(
        int pageSize,
        string? continuation = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>What is known of content: its size, and its bytes when they are kept inline; null when no commit has named it.</summary>
    ValueTask<ContentEntry?> GetContentAsync(ContentDigest digest, CancellationToken cancellationToken = default);

    /// <summary>The same for several contents at once, in their order.</summary>
    ValueTask<IReadOnlyList<ContentEntry?>> GetContentsAsync(
        IReadOnlyList<ContentDigest> digests,
        CancellationToken cancellationToken = default
    );
}

/// <summary>A page of records in the order that the query asked for.</summary>
/// <param name="Items">The records, read whole before the page is handed out.</param>
/// <param name="Continuation">What to pass for the next page; null when this is the last.</param>
/// <typeparam name="T">The kind of record.</typeparam>
public sealed record RecordPage<T>(IReadOnlyList<T> Items, string? Continuation);
