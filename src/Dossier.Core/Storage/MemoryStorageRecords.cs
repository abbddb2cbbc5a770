namespace Dossier.Storage;

/// <summary>Records in memory. One lock for everything: what is done under it takes a microsecond.</summary>
internal sealed class MemoryRecordStore(MemoryContentStore contentStore, TimeProvider time) : IRecordStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, MemorySession> _sessionsById = [];

    private static readonly Dictionary<string, ArtifactState> NoChanges = [];

    // What was purged leaves its place empty, so that a continuation stays good.
    private readonly List<MemorySession?> _sessions = [];
    private readonly List<MemoryArtifact?> _artifacts = [];
    private readonly MemoryContentTable _contents = new(contentStore);
    private readonly MemoryRunNumbers _runs = new();
    private readonly MemoryErasures _erasures = new();

    /// <summary>What every commit is refused with; null when none is.</summary>
    public Func<DossierException>? Refusal { get; set; }

    public ValueTask<CommitResult> CommitAsync(SessionCommit commit, CancellationToken cancellationToken = default)
    {
        try
        {
            return new(Commit(commit, cancellationToken));
        }
        catch (DossierException exception) when (CommitGuards.IsForGood(exception))
        {
            lock (_lock)
                _contents.Forget(commit.Contents);
            throw;
        }
    }

    private CommitResult Commit(SessionCommit commit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(commit);
        cancellationToken.ThrowIfCancellationRequested();
        if (Refusal is { } refusal)
            throw refusal();
        if (commit.Session is { } info && !string.Equals(info.Id, commit.SessionId, StringComparison.Ordinal))
            throw new ArgumentException($"The commit is for the session '{commit.SessionId}', its record for '{info.Id}'.", nameof(commit));
        var artifacts = Encode(commit.Artifacts, RecordJson.Encode);
        var responses = Encode(commit.Responses, RecordJson.EncodeBody);
        lock (_lock)
        {
            var session = _sessionsById.GetValueOrDefault(commit.SessionId);
            if (session?.FindCommit(commit.CommitId) is { } earlier)
                return earlier;
            if (_erasures.Find(commit.SessionId) is { } erasure)
                throw CommitGuards.Erased(erasure);
            CommitGuards.Check(
                commit,
                session?.Revision ?? 0,
                session?.CreatedAt,
                session?.TrashedAt is not null,
                session,
                static (session, id) => session?.FindResponse(id)?.Outcome
            );
            var changes = HasArtifactChanges(commit) ? CheckArtifacts(commit, session) : NoChanges;
            (session?.Conversations ?? new(_runs)).Check(commit);
            _contents.CheckThere(commit.Contents);
            CheckCopy(commit.Copied);
            var budget = MemoryBudget.Post(commit, session);
            var steps = MemorySteps.After(commit, session, time);
            if (session is null)
            {
                session = new MemorySession(_runs) { Id = commit.SessionId };
                _sessionsById.Add(session.Id, session);
                _sessions.Add(session);
            }
            for (var i = 0; i < commit.Contents.Count; i++)
                _contents.Add(commit.Contents[i]);
            if (commit.Copied is { } copy)
            {
                _contents.Use(copy.Contents);
                session.Apply(copy);
                _artifacts.AddRange(session.Artifacts);
            }
            var result = session.Apply(commit, artifacts, responses, changes, steps);
            session.Budget = budget;
            for (var i = session.Artifacts.Count - artifacts.Length; i < session.Artifacts.Count; i++)
                _artifacts.Add(session.Artifacts[i]);
            return result;
        }
    }

    public ValueTask<SessionInfo?> GetSessionAsync(string sessionId, CancellationToken cancellationToken = default)
    {
        lock (_lock)
            return new(_sessionsById.TryGetValue(sessionId, out var session) ? Decode(session) : null);
    }

    public ValueTask<RecordPage<SessionInfo>> QuerySessionsAsync(
        SessionQuery query,
        string? continuation = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(query);
        lock (_lock)
            return new(
                MemoryPage.Read(
                    _sessions,
                    query.Order is SessionOrder.NewestFirst or SessionOrder.RecentlyUpdated,
                    query.PageSize,
                    continuation,
                    session => session is not null && Decode(session) is var info && MemoryFilter.Matches(query, info) ? info : null,
                    query.Order is SessionOrder.Name or SessionOrder.RecentlyUpdated ? info => MemorySortKey.Of(query.Order, info) : null,
                    query.Order is SessionOrder.Name
                )
            );
    }

    public ValueTask<long> CountSessionsAsync(SessionQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        lock (_lock)
            return new(_sessions.Count(session => session is not null && MemoryFilter.Matches(query, Decode(session))));
    }

    public ValueTask<ArtifactRecord?> GetArtifactAsync(string sessionId, string artifactId, CancellationToken cancellationToken = default)
    {
        lock (_lock)
            return new(Find(sessionId)?.FindArtifact(artifactId)?.Decode());
    }

    public ValueTask<ArtifactRecord?> FindArtifactAsync(
        string sessionId,
        string name,
        int? version = null,
        CancellationToken cancellationToken = default
    )
    {
        lock (_lock)
            return new(Find(sessionId)?.FindArtifact(name, version)?.Decode());
    }

    public ValueTask<RecordPage<ArtifactRecord>> QueryArtifactsAsync(
        string? sessionId,
        ArtifactQuery query,
        string? continuation = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(query);
        lock (_lock)
            return new(
                MemoryPage.Read(
                    sessionId is null ? _artifacts : Find(sessionId)?.Artifacts ?? [],
                    query.Order is ArtifactOrder.NewestFirst or ArtifactOrder.LargestFirst or ArtifactOrder.CreatedLast,
                    query.PageSize,
                    continuation,
                    artifact => Match(artifact, query, sessionId),
                    query.Order > ArtifactOrder.NewestFirst ? record => MemorySortKey.Of(query.Order, record) : null,
                    query.Order is ArtifactOrder.Name
                )
            );
    }

    public ValueTask<IReadOnlyList<ArtifactTotals>> CountArtifactsAsync(
        string? sessionId,
        ArtifactQuery query,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(query);
        lock (_lock)
        {
            var matching = (sessionId is null ? _artifacts : Find(sessionId)?.Artifacts ?? [])
                .Select(artifact => Match(artifact, query, sessionId))
                .OfType<ArtifactRecord>();
            return new([
                .. matching
                    .GroupBy(artifact => artifact.ContentType)
                    .Select(group => new ArtifactTotals
                    {
                        ContentType = group.Key,
                        Count = group.Count(),
                        Bytes = group.Sum(artifact => artifact.Size),
                    }),
            ]);
        }
    }

    public ValueTask<TrackedResponse?> GetResponseAsync(string sessionId, string responseId, CancellationToken cancellationToken = default)
    {
        lock (_lock)
            return new(Find(sessionId) is { } session ? Decode(session, session.FindResponse(responseId)) : null);
    }

    public ValueTask<TrackedResponse?> FindResponseAsync(string sessionId, string key, CancellationToken cancellationToken = default)
    {
        lock (_lock)
            return new(Find(sessionId) is { } session ? Decode(session, session.FindLatestResponse(key)) : null);
    }

    public ValueTask<RecordPage<TrackedResponse>> QueryResponsesAsync(
        string sessionId,
        ResponseQuery query,
        string? continuation = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(query);
        lock (_lock)
        {
            var session = Find(sessionId);
            return new(
                MemoryPage.Read(
                    session?.Responses ?? [],
                    query.Order is RecordOrder.NewestFirst,
                    query.PageSize,
                    continuation,
                    response => MemoryFilter.Matches(query, response) ? Decode(session!, response) : null
                )
            );
        }
    }

    public ValueTask<ConversationInfo?> GetConversationAsync(string sessionId, string name, CancellationToken cancellationToken = default)
    {
        lock (_lock)
            return new(Find(sessionId)?.Conversations.Find(name)?.ToInfo());
    }

    public ValueTask<RecordPage<ConversationInfo>> QueryConversationsAsync(
        string sessionId,
        int pageSize,
        string? continuation = null,
        CancellationToken cancellationToken = default
    )
    {
        lock (_lock)
            return new(Find(sessionId)?.Conversations.Query(pageSize, continuation) ?? new([], null));
    }

    public ValueTask<RecordPage<MessageRecord>> QueryMessagesAsync(
        string sessionId,
        string conversation,
        MessageQuery query,
        string? continuation = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(query);
        lock (_lock)
            return new(Find(sessionId)?.Conversations.Find(conversation)?.Query(query, continuation) ?? new([], null));
    }

    public ValueTask<RecordPage<ConversationBranch>> QueryBranchesAsync(
        string sessionId,
        string conversation,
        int pageSize,
        string? continuation = null,
        CancellationToken cancellationToken = default
    )
    {
        lock (_lock)
            return new(Find(sessionId)?.Conversations.Find(conversation)?.QueryBranches(pageSize, continuation) ?? new([], null));
    }

    public ValueTask<ConversationTotals> CountMessagesAsync(string sessionId, CancellationToken cancellationToken = default)
    {
        lock (_lock)
            return new(Find(sessionId)?.Conversations.Totals ?? default);
    }

    public ValueTask<BudgetLedger?> GetBudgetAsync(string sessionId, CancellationToken cancellationToken = default)
    {
        lock (_lock)
            return new(Find(sessionId) is { } session ? session.Budget.ToLedger(Decode(session).Budget) : null);
    }

    public ValueTask<StepRecord?> GetStepAsync(string sessionId, ContentDigest key, CancellationToken cancellationToken = default)
    {
        lock (_lock)
            return new(Find(sessionId) is { } session ? session.Steps.Find(key)?.Decode(session) : null);
    }

    public ValueTask<RecordPage<StepRecord>> QueryStepsAsync(
        string sessionId,
        StepQuery query,
        string? continuation = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(query);
        lock (_lock)
        {
            var session = Find(sessionId);
            return new(
                MemoryPage.Read(
                    session?.Steps.All ?? [],
                    query.Order is RecordOrder.NewestFirst,
                    query.PageSize,
                    continuation,
                    step => step.Decode(session!) is var record && MemoryFilter.Matches(query, record) ? record : null
                )
            );
        }
    }

    public ValueTask<SessionErasure?> GetErasureAsync(string sessionId, CancellationToken cancellationToken = default)
    {
        lock (_lock)
            return new(_erasures.Find(sessionId));
    }

    public ValueTask<RecordPage<SessionErasure>> QueryErasuresAsync(
        int pageSize,
        string? continuation = null,
        CancellationToken cancellationToken = default
    )
    {
        lock (_lock)
            return new(MemoryPage.Read([.. _erasures.All], newestFirst: false, pageSize, continuation, erasure => erasure));
    }

    public ValueTask<ContentEntry?> GetContentAsync(ContentDigest digest, CancellationToken cancellationToken = default)
    {
        lock (_lock)
            return new(_contents.Find(digest));
    }

    public ValueTask<IReadOnlyList<ContentEntry?>> GetContentsAsync(
        IReadOnlyList<ContentDigest> digests,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(digests);
        lock (_lock)
            return new([.. digests.Select(_contents.Find)]);
    }

    /// <summary>What every commit has named, as of now.</summary>
    public IReadOnlyList<ContentDigest> ListContents()
    {
        lock (_lock)
            return [.. _contents.Digests];
    }

    /// <summary>Lets go of content's bytes; <see cref="MemoryContentStore"/> says why they are not there.</summary>
    public void Quarantine(ContentDigest digest)
    {
        lock (_lock)
            _contents.Quarantine(digest);
    }

    /// <summary>Deletes for good what has been in the trash long enough, and content that nothing uses.</summary>
    public Task<PurgeReport> PurgeAsync(PurgeOptions options, DateTimeOffset at, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            var purge = new MemoryPurge(options, at, _contents);
            var gone = new HashSet<MemoryArtifact>();
            foreach (var session in _sessions.OfType<MemorySession>().ToList())
            {
                var artifacts = new List<MemoryArtifact>();
                if (purge.Takes(session, artifacts))
                {
                    gone.UnionWith(session.Artifacts.OfType<MemoryArtifact>());
                    if (options.DryRun)
                        continue;
                    Remove(session);
                }
                else if (!options.DryRun)
                    artifacts.ForEach(session.Remove);
                gone.UnionWith(artifacts);
            }
            if (!options.DryRun)
                Remove(gone);
            purge.TakeContents();
            return Task.FromResult(purge.Report);
        }
    }

    /// <summary>Removes sessions at once, and content that nothing uses.</summary>
    public Task<ErasureReport> EraseAsync(ErasureTarget target, string? reason, DateTimeOffset at, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            var sessions = _sessions.OfType<MemorySession>().Where(session => IsOf(target, session)).ToList();
            if (target.SessionId is { } id && sessions.Count == 0 && (target.Owner is not null || _erasures.Find(id) is null))
                throw CommitGuards.NothingToErase(target, "memory");
            var report = sessions.Aggregate(new ErasureReport(), (report, session) => report.With(_erasures.Add(session, reason, at)));
            sessions.ForEach(Remove);
            Remove([.. sessions.SelectMany(session => session.Artifacts).OfType<MemoryArtifact>()]);
            return Task.FromResult(MemoryPurge.TakeUnused(_sessions.OfType<MemorySession>(), _contents, at, report));
        }
    }

    private static bool IsOf(ErasureTarget target, MemorySession session) =>
        (target.SessionId is not { } id || string.Equals(session.Id, id, StringComparison.Ordinal))
        && (target.Owner is not { } owner || string.Equals(Decode(session).Owner, owner, StringComparison.Ordinal));

    private void Remove(MemorySession session)
    {
        _sessionsById.Remove(session.Id);
        _sessions[_sessions.IndexOf(session)] = null;
    }

    private void Remove(HashSet<MemoryArtifact> gone)
    {
        for (var i = 0; i < _artifacts.Count; i++)
            if (_artifacts[i] is { } artifact && gone.Contains(artifact))
                _artifacts[i] = null;
    }

    private void CheckCopy(SessionCopy? copy)
    {
        if (copy is null)
            return;
        CommitGuards.CheckSource(copy, copy.Source is { Id: var id } ? Find(id)?.CreatedAt : null);
        _contents.CheckThere(copy.Contents);
    }

    private static byte[][] Encode<T>(IReadOnlyList<T> records, Func<T, byte[]> encode)
    {
        if (records.Count == 0)
            return [];
        var encoded = new byte[records.Count][];
        for (var i = 0; i < encoded.Length; i++)
            encoded[i] = encode(records[i]);
        return encoded;
    }

    /// <summary>Whether a commit can change an artifact, or be refused because of one.</summary>
    private static bool HasArtifactChanges(SessionCommit commit) =>
        commit.Artifacts.Count > 0 || commit.ArtifactChanges.Count > 0 || commit.Session is not null;

    /// <summary>What the commit's changes make of its artifacts, by id.</summary>
    private static Dictionary<string, ArtifactState> CheckArtifacts(SessionCommit commit, MemorySession? session)
    {
        var ids = new HashSet<string>(commit.Artifacts.Count);
        foreach (var artifact in commit.Artifacts)
            if (!ids.Add(artifact.Id) || session?.FindArtifact(artifact.Id) is not null)
                throw CommitGuards.IdTaken(commit, artifact.Id);
        var states = new Dictionary<string, ArtifactState>();
        foreach (var change in commit.ArtifactChanges)
        {
            if (!states.TryGetValue(change.ArtifactId, out var state))
                state =
                    session?.FindArtifact(change.ArtifactId)?.State
                    ?? (ids.Contains(change.ArtifactId) ? default : throw CommitGuards.NoArtifact(commit, change.ArtifactId));
            states[change.ArtifactId] = state.After(change, commit);
        }
        if (commit.Session?.TrashedAt is null)
            return states;
        var pinned =
            states.FirstOrDefault(pair => pair.Value.IsPinned).Key
            ?? session?.Artifacts.FirstOrDefault(it => it is { State.IsPinned: true } && !states.ContainsKey(it.Id))?.Id;
        return pinned is null ? states : throw CommitGuards.Pinned(commit, pinned);
    }

    private ArtifactRecord? Match(MemoryArtifact? artifact, ArtifactQuery query, string? sessionId)
    {
        if (artifact?.Decode() is not { } record)
            return null;
        var isTrashed = record.TrashedAt is not null || (sessionId is null && artifact.Session.TrashedAt is not null);
        return MemoryFilter.MatchesTrash(query.Trash, isTrashed) && Matches(query, record) ? record : null;
    }

    private bool Matches(ArtifactQuery query, ArtifactRecord artifact) =>
        MemoryFilter.Matches(query, artifact)
        && (query.Sessions is not { } sessions || MemoryFilter.Matches(sessions, Decode(_sessionsById[artifact.SessionId])));

    private MemorySession? Find(string sessionId) => _sessionsById.GetValueOrDefault(sessionId);

    private static SessionInfo Decode(MemorySession session) =>
        RecordJson.DecodeSession(session.Info) with
        {
            Id = session.Id,
            Revision = session.Revision,
            CreatedAt = session.CreatedAt,
            UpdatedAt = session.UpdatedAt,
        };

    private static TrackedResponse? Decode(MemorySession session, MemoryResponse? response)
    {
        if (response is null)
            return null;
        var record = response.Decode(session.Id);
        return session.Outputs(response.Id) is { } outputs
            ? record with
            {
                OutputArtifacts = [.. record.OutputArtifacts.Union(outputs)],
            }
            : record;
    }
}
