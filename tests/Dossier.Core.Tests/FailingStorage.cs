using Dossier.Storage;

namespace Dossier.Core.Tests;

/// <summary>A memory storage whose disk is full after some commits.</summary>
internal sealed class FailingStorage : IStorage, IRecordStore
{
    private readonly MemoryStorage _inner = new();
    private int _left = int.MaxValue;
    private Exception _failure = new StorageException("The disk is full.");

    public string Location => "failing";

    public int InlineLimit => _inner.InlineLimit;

    public IRecordStore Records => this;

    public IContentStore Contents => _inner.Contents;

    /// <summary>What it stores in; unlike it, that can be purged.</summary>
    public MemoryStorage Inner => _inner;

    /// <summary>Called before each commit.</summary>
    public Func<SessionCommit, Task> BeforeCommit { get; set; } = _ => Task.CompletedTask;

    /// <summary>Called after each commit that succeeded.</summary>
    public Action<SessionCommit> AfterCommit { get; set; } = _ => { };

    /// <summary>Called before an artifact is read.</summary>
    public Func<Task> BeforeArtifact { get; set; } = () => Task.CompletedTask;

    /// <summary>How often a session's record was read.</summary>
    public int SessionsRead { get; private set; }

    /// <summary>The depths of the messages that were read.</summary>
    public List<int> ReadDepths { get; } = [];

    public void FailAfter(int commits, Exception? failure = null) => (_left, _failure) = (commits, failure ?? _failure);

    public Task OpenAsync(CancellationToken cancellationToken = default) => _inner.OpenAsync(cancellationToken);

    public ValueTask DisposeAsync() => _inner.DisposeAsync();

    public async ValueTask<CommitResult> CommitAsync(SessionCommit commit, CancellationToken cancellationToken = default)
    {
        await BeforeCommit(commit);
        var result = _left-- > 0 ? await _inner.Records.CommitAsync(commit, cancellationToken) : throw _failure;
        AfterCommit(commit);
        return result;
    }

    public ValueTask<SessionInfo?> GetSessionAsync(string sessionId, CancellationToken cancellationToken = default)
    {
        SessionsRead++;
        return _inner.Records.GetSessionAsync(sessionId, cancellationToken);
    }

    public ValueTask<RecordPage<SessionInfo>> QuerySessionsAsync(
        SessionQuery query,
        string? continuation = null,
        CancellationToken cancellationToken = default
    ) => _inner.Records.QuerySessionsAsync(query, continuation, cancellationToken);

    public ValueTask<long> CountSessionsAsync(SessionQuery query, CancellationToken cancellationToken = default) =>
        _inner.Records.CountSessionsAsync(query, cancellationToken);

    public async ValueTask<ArtifactRecord?> GetArtifactAsync(
        string sessionId,
        string artifactId,
        CancellationToken cancellationToken = default
    )
    {
        await BeforeArtifact();
        return await _inner.Records.GetArtifactAsync(sessionId, artifactId, cancellationToken);
    }

    public ValueTask<ArtifactRecord?> FindArtifactAsync(
        string sessionId,
        string name,
        int? version = null,
        CancellationToken cancellationToken = default
    ) => _inner.Records.FindArtifactAsync(sessionId, name, version, cancellationToken);

    public ValueTask<RecordPage<ArtifactRecord>> QueryArtifactsAsync(
        string? sessionId,
        ArtifactQuery query,
        string? continuation = null,
        CancellationToken cancellationToken = default
    ) => _inner.Records.QueryArtifactsAsync(sessionId, query, continuation, cancellationToken);

    public ValueTask<IReadOnlyList<ArtifactTotals>> CountArtifactsAsync(
        string? sessionId,
        ArtifactQuery query,
        CancellationToken cancellationToken = default
    ) => _inner.Records.CountArtifactsAsync(sessionId, query, cancellationToken);

    public ValueTask<TrackedResponse?> GetResponseAsync(
        string sessionId,
        string responseId,
        CancellationToken cancellationToken = default
    ) => _inner.Records.GetResponseAsync(sessionId, responseId, cancellationToken);

    public ValueTask<TrackedResponse?> FindResponseAsync(string sessionId, string key, CancellationToken cancellationToken = default) =>
        _inner.Records.FindResponseAsync(sessionId, key, cancellationToken);

    public ValueTask<RecordPage<TrackedResponse>> QueryResponsesAsync(
        string sessionId,
        ResponseQuery query,
        string? continuation = null,
        CancellationToken cancellationToken = default
    ) => _inner.Records.QueryResponsesAsync(sessionId, query, continuation, cancellationToken);

    public ValueTask<ConversationInfo?> GetConversationAsync(
        string sessionId,
        string name,
        CancellationToken cancellationToken = default
    ) => _inner.Records.GetConversationAsync(sessionId, name, cancellationToken);

    public ValueTask<RecordPage<ConversationInfo>> QueryConversationsAsync(
        string sessionId,
        int pageSize,
        string? continuation = null,
        CancellationToken cancellationToken = default
    ) => _inner.Records.QueryConversationsAsync(sessionId, pageSize, continuation, cancellationToken);

    public async ValueTask<RecordPage<MessageRecord>> QueryMessagesAsync(
        string sessionId,
        string conversation,
        MessageQuery query,
        string? continuation = null,
        CancellationToken cancellationToken = default
    )
    {
        var page = await _inner.Records.QueryMessagesAsync(sessionId, conversation, query, continuation, cancellationToken);
        ReadDepths.AddRange(page.Items.Select(message => message.Id.Depth));
        return page;
    }

    public ValueTask<RecordPage<ConversationBranch>> QueryBranchesAsync(
        string sessionId,
        string conversation,
        int pageSize,
        string? continuation = null,
        CancellationToken cancellationToken = default
    ) => _inner.Records.QueryBranchesAsync(sessionId, conversation, pageSize, continuation, cancellationToken);

    public ValueTask<ConversationTotals> CountMessagesAsync(string sessionId, CancellationToken cancellationToken = default) =>
        _inner.Records.CountMessagesAsync(sessionId, cancellationToken);

    public ValueTask<BudgetLedger?> GetBudgetAsync(string sessionId, CancellationToken cancellationToken = default) =>
        _inner.Records.GetBudgetAsync(sessionId, cancellationToken);

    public ValueTask<StepRecord?> GetStepAsync(string sessionId, ContentDigest key, CancellationToken cancellationToken = default) =>
        _inner.Records.GetStepAsync(sessionId, key, cancellationToken);

    public ValueTask<RecordPage<StepRecord>> QueryStepsAsync(
        string sessionId,
        StepQuery query,
        string? continuation = null,
        CancellationToken cancellationToken = default
    ) => _inner.Records.QueryStepsAsync(sessionId, query, continuation, cancellationToken);

    public ValueTask<ContentEntry?> GetContentAsync(ContentDigest digest, CancellationToken cancellationToken = default) =>
        _inner.Records.GetContentAsync(digest, cancellationToken);

    public ValueTask<SessionErasure?> GetErasureAsync(string sessionId, CancellationToken cancellationToken = default) =>
        _inner.Records.GetErasureAsync(sessionId, cancellationToken);

    public ValueTask<RecordPage<SessionErasure>> QueryErasuresAsync(
        int pageSize,
        string? continuation = null,
        CancellationToken cancellationToken = default
    ) => _inner.Records.QueryErasuresAsync(pageSize, continuation, cancellationToken);

    public ValueTask<IReadOnlyList<ContentEntry?>> GetContentsAsync(
        IReadOnlyList<ContentDigest> digests,
        CancellationToken cancellationToken = default
    ) => _inner.Records.GetContentsAsync(digests, cancellationToken);
}
