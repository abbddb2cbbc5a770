using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>A storage in which somebody else writes while a session is read: after its artifacts, and before its responses.</summary>
internal sealed class WatchedStorage(IStorage storage, Func<Task> write) : IStorage
{
    public string Location => storage.Location;

    public int InlineLimit => storage.InlineLimit;

    public IRecordStore Records { get; } = new WatchedRecords(storage.Records, write);

    public IContentStore Contents => storage.Contents;

    public Task OpenAsync(CancellationToken cancellationToken = default) => storage.OpenAsync(cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <inheritdoc cref="WatchedStorage"/>
internal sealed class WatchedRecords(IRecordStore records, Func<Task> write) : IRecordStore
{
    public ValueTask<CommitResult> CommitAsync(SessionCommit commit, CancellationToken token) => records.CommitAsync(commit, token);

    public ValueTask<SessionInfo?> GetSessionAsync(string id, CancellationToken token) => records.GetSessionAsync(id, token);

    public ValueTask<RecordPage<SessionInfo>> QuerySessionsAsync(SessionQuery query, string? next, CancellationToken token) =>
        records.QuerySessionsAsync(query, next, token);

    public ValueTask<long> CountSessionsAsync(SessionQuery query, CancellationToken token) => records.CountSessionsAsync(query, token);

    public ValueTask<ArtifactRecord?> GetArtifactAsync(string session, string id, CancellationToken token) =>
        records.GetArtifactAsync(session, id, token);

    public ValueTask<ArtifactRecord?> FindArtifactAsync(string session, string name, int? version, CancellationToken token) =>
        records.FindArtifactAsync(session, name, version, token);

    public ValueTask<RecordPage<ArtifactRecord>> QueryArtifactsAsync(
        string? session,
        ArtifactQuery query,
        string? next,
        CancellationToken token
    ) => records.QueryArtifactsAsync(session, query, next, token);

    public ValueTask<IReadOnlyList<ArtifactTotals>> CountArtifactsAsync(string? session, ArtifactQuery query, CancellationToken token) =>
        records.CountArtifactsAsync(session, query, token);

    public ValueTask<TrackedResponse?> GetResponseAsync(string session, string id, CancellationToken token) =>
        records.GetResponseAsync(session, id, token);

    public ValueTask<TrackedResponse?> FindResponseAsync(string session, string key, CancellationToken token) =>
        records.FindResponseAsync(session, key, token);

    public async ValueTask<RecordPage<TrackedResponse>> QueryResponsesAsync(
        string session,
        ResponseQuery query,
        string? next,
        CancellationToken token
    )
    {
        await write();
        return await records.QueryResponsesAsync(session, query, next, token);
    }

    public ValueTask<ConversationInfo?> GetConversationAsync(string session, string name, CancellationToken token) =>
        records.GetConversationAsync(session, name, token);

    public ValueTask<RecordPage<ConversationInfo>> QueryConversationsAsync(
        string session,
        int pageSize,
        string? next,
        CancellationToken token
    ) => records.QueryConversationsAsync(session, pageSize, next, token);

    public ValueTask<RecordPage<MessageRecord>> QueryMessagesAsync(
        string session,
        string conversation,
        MessageQuery query,
        string? next,
        CancellationToken token
    ) => records.QueryMessagesAsync(session, conversation, query, next, token);

    public ValueTask<RecordPage<ConversationBranch>> QueryBranchesAsync(
        string session,
        string conversation,
        int pageSize,
        string? next,
        CancellationToken token
    ) => records.QueryBranchesAsync(session, conversation, pageSize, next, token);

    public ValueTask<ConversationTotals> CountMessagesAsync(string session, CancellationToken token) =>
        records.CountMessagesAsync(session, token);

    public ValueTask<BudgetLedger?> GetBudgetAsync(string session, CancellationToken token) => records.GetBudgetAsync(session, token);

    public ValueTask<StepRecord?> GetStepAsync(string session, ContentDigest key, CancellationToken token) =>
        records.GetStepAsync(session, key, token);

    public ValueTask<RecordPage<StepRecord>> QueryStepsAsync(string session, StepQuery query, string? next, CancellationToken token) =>
        records.QueryStepsAsync(session, query, next, token);

    public ValueTask<SessionErasure?> GetErasureAsync(string session, CancellationToken token) => records.GetErasureAsync(session, token);

    public ValueTask<RecordPage<SessionErasure>> QueryErasuresAsync(int pageSize, string? next, CancellationToken token) =>
        records.QueryErasuresAsync(pageSize, next, token);

    public ValueTask<ContentEntry?> GetContentAsync(ContentDigest digest, CancellationToken token) =>
        records.GetContentAsync(digest, token);

    public ValueTask<IReadOnlyList<ContentEntry?>> GetContentsAsync(IReadOnlyList<ContentDigest> digests, CancellationToken token) =>
        records.GetContentsAsync(digests, token);
}
