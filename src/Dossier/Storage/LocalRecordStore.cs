namespace Dossier.Storage;

/// <summary>The records in SQLite. A read is answered before its task is returned: nothing here waits for a disk arm or a server.</summary>
internal sealed class LocalRecordStore(RecordWriter writer, ReaderPool readers) : IRecordStore
{
    public ValueTask<CommitResult> CommitAsync(SessionCommit commit, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(commit);
        return writer.CommitAsync(commit, cancellationToken);
    }

    public ValueTask<SessionInfo?> GetSessionAsync(string sessionId, CancellationToken cancellationToken = default) =>
        Read(sessionId, SessionSql.Get, cancellationToken);

    public ValueTask<ChainHead?> GetChainHeadAsync(string sessionId, CancellationToken cancellationToken = default) =>
        Read(sessionId, ChainSql.ReadHead, cancellationToken);

    public ValueTask<RecordPage<SessionInfo>> QuerySessionsAsync(
        SessionQuery query,
        string? continuation = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(query);
        return Read(
            (query, continuation),
            static (database, it) => SessionSql.Query(database, it.query, it.continuation),
            cancellationToken
        );
    }

    public ValueTask<long> CountSessionsAsync(SessionQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        return Read(query, SessionSql.Count, cancellationToken);
    }

    public ValueTask<ArtifactRecord?> GetArtifactAsync(
        string sessionId,
        string artifactId,
        CancellationToken cancellationToken = default
    ) =>
        RecordId.Find(artifactId) is { } id
            ? Read((sessionId, id), static (database, it) => ArtifactSql.Get(database, it.sessionId, it.id), cancellationToken)
            : default;

    ValueTask<(ArtifactRecord? Artifact, ReadOnlyMemory<byte>? Content)> IRecordStore.GetArtifactWithContentAsync(
        string sessionId,
        string artifactId,
        CancellationToken cancellationToken
    ) =>
        RecordId.Find(artifactId) is { } id
            ? Read((sessionId, id), static (database, it) => ArtifactSql.GetWithContent(database, it.sessionId, it.id), cancellationToken)
            : default;

    public ValueTask<ArtifactRecord?> FindArtifactAsync(
        string sessionId,
        string name,
        int? version = null,
        CancellationToken cancellationToken = default
    ) =>
        Read(
            (sessionId, name, version),
            static (database, it) => ArtifactSql.Find(database, it.sessionId, it.name, it.version),
            cancellationToken
        );

    public ValueTask<RecordPage<ArtifactRecord>> QueryArtifactsAsync(
        string? sessionId,
        ArtifactQuery query,
        string? continuation = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(query);
        return Read(
            (sessionId, query, continuation),
            static (database, it) => ArtifactSql.Query(database, it.sessionId, it.query, it.continuation),
            cancellationToken
        );
    }

    public ValueTask<IReadOnlyList<ArtifactTotals>> CountArtifactsAsync(
        string? sessionId,
        ArtifactQuery query,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(query);
        return Read((sessionId, query), static (database, it) => ArtifactSql.Count(database, it.sessionId, it.query), cancellationToken);
    }

    public ValueTask<TrackedResponse?> GetResponseAsync(
        string sessionId,
        string responseId,
        CancellationToken cancellationToken = default
    ) =>
        RecordId.Find(responseId) is { } id
            ? Read((sessionId, id), static (database, it) => ResponseSql.Get(database, it.sessionId, it.id), cancellationToken)
            : default;

    public ValueTask<TrackedResponse?> FindResponseAsync(string sessionId, string key, CancellationToken cancellationToken = default) =>
        Read((sessionId, key), static (database, it) => ResponseSql.Find(database, it.sessionId, it.key), cancellationToken);

    public ValueTask<RecordPage<TrackedResponse>> QueryResponsesAsync(
        string sessionId,
        ResponseQuery query,
        string? continuation = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(query);
        return Read(
            (sessionId, query, continuation),
            static (database, it) => ResponseSql.Query(database, it.sessionId, it.query, it.continuation),
            cancellationToken
        );
    }

    public ValueTask<ConversationInfo?> GetConversationAsync(
        string sessionId,
        string name,
        CancellationToken cancellationToken = default
    ) => Read((sessionId, name), static (database, it) => ConversationSql.Get(database, it.sessionId, it.name), cancellationToken);

    public ValueTask<RecordPage<ConversationInfo>> QueryConversationsAsync(
        string sessionId,
        int pageSize,
        string? continuation = null,
        CancellationToken cancellationToken = default
    ) =>
        Read(
            (sessionId, pageSize, continuation),
            static (database, it) => ConversationSql.Query(database, it.sessionId, it.pageSize, it.continuation),
            cancellationToken
        );

    public ValueTask<RecordPage<MessageRecord>> QueryMessagesAsync(
        string sessionId,
        string conversation,
        MessageQuery query,
        string? continuation = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(query);
        return Read(
            (sessionId, conversation, query, continuation),
            static (database, it) => MessageSql.Query(database, it.sessionId, it.conversation, it.query, it.continuation),
            cancellationToken
        );
    }

    public ValueTask<RecordPage<ConversationBranch>> QueryBranchesAsync(
        string sessionId,
        string conversation,
        int pageSize,
        string? continuation = null,
        CancellationToken cancellationToken = default
    ) =>
        Read(
            (sessionId, conversation, pageSize, continuation),
            static (database, it) => MessageSql.QueryBranches(database, it.sessionId, it.conversation, it.pageSize, it.continuation),
            cancellationToken
        );

    public ValueTask<ConversationTotals> CountMessagesAsync(string sessionId, CancellationToken cancellationToken = default) =>
        Read(sessionId, MessageSql.Count, cancellationToken);

    public ValueTask<BudgetLedger?> GetBudgetAsync(string sessionId, CancellationToken cancellationToken = default) =>
        Read(sessionId, BudgetSql.Get, cancellationToken);

    public ValueTask<StepRecord?> GetStepAsync(string sessionId, ContentDigest key, CancellationToken cancellationToken = default) =>
        Read((sessionId, key), static (database, it) => StepSql.Get(database, it.sessionId, it.key), cancellationToken);

    ValueTask<KeptStep?> IRecordStore.GetKeptStepAsync(
        string sessionId,
        ContentDigest key,
        bool withContent,
        CancellationToken cancellationToken
    ) =>
        Read(
            (sessionId, key, withContent),
            static (database, it) => StepSql.GetKept(database, it.sessionId, it.key, it.withContent),
            cancellationToken
        );

    public ValueTask<RecordPage<StepRecord>> QueryStepsAsync(
        string sessionId,
        StepQuery query,
        string? continuation = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(query);
        return Read(
            (sessionId, query, continuation),
            static (database, it) => StepSql.Query(database, it.sessionId, it.query, it.continuation),
            cancellationToken
        );
    }

    public ValueTask<SessionErasure?> GetErasureAsync(string sessionId, CancellationToken cancellationToken = default) =>
        Read(sessionId, ErasureSql.Get, cancellationToken);

    public ValueTask<RecordPage<SessionErasure>> QueryErasuresAsync(
        int pageSize,
        string? continuation = null,
        CancellationToken cancellationToken = default
    ) =>
        Read(
            (pageSize, continuation),
            static (database, it) => ErasureSql.Query(database, it.pageSize, it.continuation),
            cancellationToken
        );

    public ValueTask<ContentEntry?> GetContentAsync(ContentDigest digest, CancellationToken cancellationToken = default) =>
        Read(digest, ContentSql.Get, cancellationToken);

    public ValueTask<IReadOnlyList<ContentEntry?>> GetContentsAsync(
        IReadOnlyList<ContentDigest> digests,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(digests);
        return Read(
            digests,
            static (database, digests) => (IReadOnlyList<ContentEntry?>)[.. digests.Select(digest => ContentSql.Get(database, digest))],
            cancellationToken
        );
    }

    private ValueTask<T> Read<TArgument, T>(TArgument argument, Func<Database, TArgument, T> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(readers.Read(argument, read));
    }
}
