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

    public void FailAfter(int commits, Exception? failure = null) => (_left, _failure) = (commits, failure ?? _failure);

    public Task OpenAsync(CancellationToken cancellationToken = default) => _inner.OpenAsync(cancellationToken);

    public ValueTask DisposeAsync() => _inner.DisposeAsync();

    public ValueTask<CommitResult> CommitAsync(SessionCommit commit, CancellationToken cancellationToken = default) =>
        _left-- > 0 ? _inner.Records.CommitAsync(commit, cancellationToken) : throw _failure;

    public ValueTask<SessionInfo?> GetSessionAsync(string sessionId, CancellationToken cancellationToken = default) =>
        _inner.Records.GetSessionAsync(sessionId, cancellationToken);

    public ValueTask<RecordPage<SessionInfo>> QuerySessionsAsync(
        SessionQuery query,
        string? continuation = null,
        CancellationToken cancellationToken = default
    ) => _inner.Records.QuerySessionsAsync(query, continuation, cancellationToken);

    public ValueTask<long> CountSessionsAsync(SessionQuery query, CancellationToken cancellationToken = default) =>
        _inner.Records.CountSessionsAsync(query, cancellationToken);

    public ValueTask<ArtifactRecord?> GetArtifactAsync(
        string sessionId,
        string artifactId,
        CancellationToken cancellationToken = default
    ) => _inner.Records.GetArtifactAsync(sessionId, artifactId, cancellationToken);

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

    public ValueTask<ContentEntry?> GetContentAsync(ContentDigest digest, CancellationToken cancellationToken = default) =>
        _inner.Records.GetContentAsync(digest, cancellationToken);
}
