namespace Dossier.Storage;

/// <summary>
/// The records of one owner. A session of somebody else is one that is not there, also to a writer: only that its id cannot be had is told,
/// since that cannot be hidden.
/// </summary>
internal sealed class OwnerRecordStore(IStorage storage, string owner, OwnerContents contents) : IRecordStore
{
    private IRecordStore All => storage.Records;

    public async ValueTask<CommitResult> CommitAsync(SessionCommit commit, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(commit);
        if (commit.Session is { Owner: { } other } && !IsOwner(other))
            throw CommitGuards.AnotherOwner(commit, owner);
        for (var isFirst = true; ; isFirst = false)
        {
            var session = await All.GetSessionAsync(commit.SessionId, cancellationToken).ConfigureAwait(false);
            if (session is not null && !IsOwner(session.Owner))
                throw commit.Session is null ? CommitGuards.NoSession(commit) : CommitGuards.SessionIdTaken(commit.SessionId);
            // Where there is none and is to be none, the storage refuses the commit, and takes back what was put for it.
            if (session is not null || commit.Session is not null)
                await contents.CheckAsync(commit, cancellationToken).ConfigureAwait(false);
            // The guards hold the answer until the commit is done: somebody else may be given the id meanwhile.
            var guarded = commit with
            {
                Session = commit.Session is { } info ? info with { Owner = owner } : null,
                SessionCreatedAt = commit.SessionCreatedAt ?? session?.CreatedAt,
                ExpectedRevision = session is null ? 0 : commit.ExpectedRevision,
            };
            try
            {
                var result = await All.CommitAsync(guarded, cancellationToken).ConfigureAwait(false);
                contents.Add(commit);
                return result;
            }
            catch (ConflictException exception) when (exception.Guard == CommitGuards.SessionErased)
            {
                throw commit.Session is null ? CommitGuards.NoSession(commit) : CommitGuards.SessionIdTaken(commit.SessionId);
            }
            catch (ConflictException exception) when (isFirst && exception.Guard is CommitGuards.Revision or CommitGuards.SessionCreatedAt)
            {
                // Perhaps it is another session now; then this is answered as it is above.
            }
        }
    }

    public async ValueTask<SessionInfo?> GetSessionAsync(string sessionId, CancellationToken cancellationToken = default) =>
        await All.GetSessionAsync(sessionId, cancellationToken).ConfigureAwait(false) is { } session && IsOwner(session.Owner)
            ? session
            : null;

    public async ValueTask<ChainHead?> GetChainHeadAsync(string sessionId, CancellationToken cancellationToken = default) =>
        await IsOwnAsync(sessionId, cancellationToken).ConfigureAwait(false)
            ? await All.GetChainHeadAsync(sessionId, cancellationToken).ConfigureAwait(false)
            : null;

    public ValueTask<RecordPage<SessionInfo>> QuerySessionsAsync(
        SessionQuery query,
        string? continuation = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(query);
        return IsOfOther(query) ? new(Empty<SessionInfo>()) : All.QuerySessionsAsync(Own(query), continuation, cancellationToken);
    }

    public ValueTask<long> CountSessionsAsync(SessionQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        return IsOfOther(query) ? new(0) : All.CountSessionsAsync(Own(query), cancellationToken);
    }

    public async ValueTask<ArtifactRecord?> GetArtifactAsync(
        string sessionId,
        string artifactId,
        CancellationToken cancellationToken = default
    ) =>
        await IsOwnAsync(sessionId, cancellationToken).ConfigureAwait(false)
            ? Note(await All.GetArtifactAsync(sessionId, artifactId, cancellationToken).ConfigureAwait(false))
            : null;

    async ValueTask<(ArtifactRecord? Artifact, ReadOnlyMemory<byte>? Content)> IRecordStore.GetArtifactWithContentAsync(
        string sessionId,
        string artifactId,
        CancellationToken cancellationToken
    )
    {
        if (!await IsOwnAsync(sessionId, cancellationToken).ConfigureAwait(false))
            return default;
        var found = await All.GetArtifactWithContentAsync(sessionId, artifactId, cancellationToken).ConfigureAwait(false);
        Note(found.Artifact);
        return found;
    }

    public async ValueTask<ArtifactRecord?> FindArtifactAsync(
        string sessionId,
        string name,
        int? version = null,
        CancellationToken cancellationToken = default
    ) =>
        await IsOwnAsync(sessionId, cancellationToken).ConfigureAwait(false)
            ? Note(await All.FindArtifactAsync(sessionId, name, version, cancellationToken).ConfigureAwait(false))
            : null;

    public async ValueTask<RecordPage<ArtifactRecord>> QueryArtifactsAsync(
        string? sessionId,
        ArtifactQuery query,
        string? continuation = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(query);
        if (!await CanMatchAsync(sessionId, query, cancellationToken).ConfigureAwait(false))
            return Empty<ArtifactRecord>();
        var page = await All.QueryArtifactsAsync(sessionId, Own(query), continuation, cancellationToken).ConfigureAwait(false);
        foreach (var artifact in page.Items)
            Note(artifact);
        return page;
    }

    public async ValueTask<IReadOnlyList<ArtifactTotals>> CountArtifactsAsync(
        string? sessionId,
        ArtifactQuery query,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(query);
        return await CanMatchAsync(sessionId, query, cancellationToken).ConfigureAwait(false)
            ? await All.CountArtifactsAsync(sessionId, sessionId is null ? Own(query) : query, cancellationToken).ConfigureAwait(false)
            : [];
    }

    public async ValueTask<TrackedResponse?> GetResponseAsync(
        string sessionId,
        string responseId,
        CancellationToken cancellationToken = default
    ) =>
        await IsOwnAsync(sessionId, cancellationToken).ConfigureAwait(false)
            ? Note(await All.GetResponseAsync(sessionId, responseId, cancellationToken).ConfigureAwait(false))
            : null;

    public async ValueTask<TrackedResponse?> FindResponseAsync(
        string sessionId,
        string key,
        CancellationToken cancellationToken = default
    ) =>
        await IsOwnAsync(sessionId, cancellationToken).ConfigureAwait(false)
            ? Note(await All.FindResponseAsync(sessionId, key, cancellationToken).ConfigureAwait(false))
            : null;

    public async ValueTask<RecordPage<TrackedResponse>> QueryResponsesAsync(
        string sessionId,
        ResponseQuery query,
        string? continuation = null,
        CancellationToken cancellationToken = default
    )
    {
        if (!await IsOwnAsync(sessionId, cancellationToken).ConfigureAwait(false))
            return Empty<TrackedResponse>();
        var page = await All.QueryResponsesAsync(sessionId, query, continuation, cancellationToken).ConfigureAwait(false);
        foreach (var response in page.Items)
            Note(response);
        return page;
    }

    public async ValueTask<ConversationInfo?> GetConversationAsync(
        string sessionId,
        string name,
        CancellationToken cancellationToken = default
    ) =>
        await IsOwnAsync(sessionId, cancellationToken).ConfigureAwait(false)
            ? await All.GetConversationAsync(sessionId, name, cancellationToken).ConfigureAwait(false)
            : null;

    public async ValueTask<RecordPage<ConversationInfo>> QueryConversationsAsync(
        string sessionId,
        int pageSize,
        string? continuation = null,
        CancellationToken cancellationToken = default
    ) =>
        await IsOwnAsync(sessionId, cancellationToken).ConfigureAwait(false)
            ? await All.QueryConversationsAsync(sessionId, pageSize, continuation, cancellationToken).ConfigureAwait(false)
            : Empty<ConversationInfo>();

    public async ValueTask<RecordPage<MessageRecord>> QueryMessagesAsync(
        string sessionId,
        string conversation,
        MessageQuery query,
        string? continuation = null,
        CancellationToken cancellationToken = default
    )
    {
        if (!await IsOwnAsync(sessionId, cancellationToken).ConfigureAwait(false))
            return Empty<MessageRecord>();
        var page = await All.QueryMessagesAsync(sessionId, conversation, query, continuation, cancellationToken).ConfigureAwait(false);
        foreach (var message in page.Items)
            contents.Add(ContentNames.Of(message));
        return page;
    }

    public async ValueTask<RecordPage<ConversationBranch>> QueryBranchesAsync(
        string sessionId,
        string conversation,
        int pageSize,
        string? continuation = null,
        CancellationToken cancellationToken = default
    ) =>
        await IsOwnAsync(sessionId, cancellationToken).ConfigureAwait(false)
            ? await All.QueryBranchesAsync(sessionId, conversation, pageSize, continuation, cancellationToken).ConfigureAwait(false)
            : Empty<ConversationBranch>();

    public async ValueTask<ConversationTotals> CountMessagesAsync(string sessionId, CancellationToken cancellationToken = default) =>
        await IsOwnAsync(sessionId, cancellationToken).ConfigureAwait(false)
            ? await All.CountMessagesAsync(sessionId, cancellationToken).ConfigureAwait(false)
            : default;

    public async ValueTask<BudgetLedger?> GetBudgetAsync(string sessionId, CancellationToken cancellationToken = default) =>
        await IsOwnAsync(sessionId, cancellationToken).ConfigureAwait(false)
            ? await All.GetBudgetAsync(sessionId, cancellationToken).ConfigureAwait(false)
            : null;

    public async ValueTask<StepRecord?> GetStepAsync(string sessionId, ContentDigest key, CancellationToken cancellationToken = default) =>
        await IsOwnAsync(sessionId, cancellationToken).ConfigureAwait(false)
            ? Note(await All.GetStepAsync(sessionId, key, cancellationToken).ConfigureAwait(false))
            : null;

    async ValueTask<KeptStep?> IRecordStore.GetKeptStepAsync(
        string sessionId,
        ContentDigest key,
        bool withContent,
        CancellationToken cancellationToken
    )
    {
        if (!await IsOwnAsync(sessionId, cancellationToken).ConfigureAwait(false))
            return null;
        var kept = await All.GetKeptStepAsync(sessionId, key, withContent, cancellationToken).ConfigureAwait(false);
        if (kept is null || contents.IsNoted(kept.Digest))
            return kept;
        // Its artifact makes the content the owner's. What a step alone says does not.
        var artifact = Note(await All.GetArtifactAsync(sessionId, kept.Artifact, cancellationToken).ConfigureAwait(false));
        return artifact?.Digest == kept.Digest ? kept : kept with { Content = null };
    }

    public async ValueTask<RecordPage<StepRecord>> QueryStepsAsync(
        string sessionId,
        StepQuery query,
        string? continuation = null,
        CancellationToken cancellationToken = default
    )
    {
        if (!await IsOwnAsync(sessionId, cancellationToken).ConfigureAwait(false))
            return Empty<StepRecord>();
        var page = await All.QueryStepsAsync(sessionId, query, continuation, cancellationToken).ConfigureAwait(false);
        foreach (var step in page.Items)
            Note(step);
        return page;
    }

    /// <summary>Nothing: a tombstone does not say whose session it was.</summary>
    public ValueTask<SessionErasure?> GetErasureAsync(string sessionId, CancellationToken cancellationToken = default) => default;

    public ValueTask<RecordPage<SessionErasure>> QueryErasuresAsync(
        int pageSize,
        string? continuation = null,
        CancellationToken cancellationToken = default
    ) => new(Empty<SessionErasure>());

    public async ValueTask<ContentEntry?> GetContentAsync(ContentDigest digest, CancellationToken cancellationToken = default)
    {
        var entry = await All.GetContentAsync(digest, cancellationToken).ConfigureAwait(false);
        if (entry is null || !await contents.HasAsync(digest, cancellationToken).ConfigureAwait(false))
            return null;
        if (entry.Inline is { } bytes)
            contents.AddReferences(digest, bytes.Span);
        return entry;
    }

    public async ValueTask<IReadOnlyList<ContentEntry?>> GetContentsAsync(
        IReadOnlyList<ContentDigest> digests,
        CancellationToken cancellationToken = default
    )
    {
        var entries = (await All.GetContentsAsync(digests, cancellationToken).ConfigureAwait(false)).ToArray();
        for (var i = 0; i < entries.Length; i++)
            if (entries[i] is { } entry && !await contents.HasAsync(entry.Digest, cancellationToken).ConfigureAwait(false))
                entries[i] = null;
            else if (entries[i] is { Inline: { } bytes })
                contents.AddReferences(digests[i], bytes.Span);
        return entries;
    }

    private bool IsOwner(string? other) => string.Equals(other, owner, StringComparison.Ordinal);

    private async ValueTask<bool> IsOwnAsync(string sessionId, CancellationToken cancellationToken) =>
        await GetSessionAsync(sessionId, cancellationToken).ConfigureAwait(false) is not null;

    private bool IsOfOther(SessionQuery? query) => query?.Owner is { } other && !IsOwner(other);

    private async ValueTask<bool> CanMatchAsync(string? sessionId, ArtifactQuery query, CancellationToken cancellationToken) =>
        !IsOfOther(query.Sessions) && (sessionId is null || await IsOwnAsync(sessionId, cancellationToken).ConfigureAwait(false));

    private SessionQuery Own(SessionQuery query) => query with { Owner = owner };

    /// <summary>A query that asks nothing of the sessions looks into those in the trash, too, and leaves that to its own filter.</summary>
    private ArtifactQuery Own(ArtifactQuery query) =>
        query with
        {
            Sessions = Own(query.Sessions ?? new() { Trash = TrashFilter.Include }),
        };

    private static RecordPage<T> Empty<T>() => new([], null);

    private ArtifactRecord? Note(ArtifactRecord? artifact)
    {
        if (artifact is not null)
            contents.Add(new NamedContent(artifact.Digest));
        return artifact;
    }

    private TrackedResponse? Note(TrackedResponse? response)
    {
        if (response is not null)
            contents.Add(ContentNames.Of(response));
        return response;
    }

    private StepRecord? Note(StepRecord? step)
    {
        if (step is not null)
            contents.Add(ContentNames.Of(step));
        return step;
    }
}
