using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Dossier.Storage;

/// <summary>All records of one session, encoded. Used under the lock of <see cref="MemoryRecordStore"/>.</summary>
/// <param name="runs">What gives the runs of all sessions their numbers.</param>
internal sealed class MemorySession(MemoryRunNumbers runs)
{
    private readonly Dictionary<Guid, CommitResult> _commits = [];

    // A call commits its response and nothing else, again and again; what it was answered can be told from the response.
    private readonly Dictionary<Guid, MemoryResponse> _responseCommits = [];
    private readonly Dictionary<string, MemoryArtifact> _artifactsById = [];
    private readonly Dictionary<string, List<MemoryArtifact?>> _artifactsByName = [];
    private readonly Dictionary<string, List<string>> _outputs = [];
    private readonly Dictionary<string, MemoryResponse> _responsesById = [];
    private readonly Dictionary<string, SortedList<long, MemoryResponse>> _responsesByKey = [];
    private long _lastSequence;

    public required string Id { get; init; }
    public byte[] Info { get; private set; } = [];
    public long Revision { get; private set; }
    public DateTimeOffset CreatedAt { get; private set; }
    public DateTimeOffset UpdatedAt { get; private set; }
    public MemoryBudget Budget { get; set; } = MemoryBudget.Empty;
    public DateTimeOffset? TrashedAt { get; private set; }

    /// <summary>What was purged leaves its place empty.</summary>
    public List<MemoryArtifact?> Artifacts { get; } = [];
    public List<MemoryResponse> Responses { get; } = [];
    public MemorySteps Steps { get; } = new();
    public MemoryConversations Conversations { get; } = new(runs);

    public CommitResult? FindCommit(Guid commitId) =>
        _responseCommits.TryGetValue(commitId, out var response) || TryFindBegun(commitId, out response)
            ? response.ToResult()
            : _commits.GetValueOrDefault(commitId);

    public MemoryArtifact? FindArtifact(string id) => _artifactsById.GetValueOrDefault(id);

    /// <summary>A version, or the latest; none that is in the trash.</summary>
    public MemoryArtifact? FindArtifact(string name, int? version) =>
        _artifactsByName
            .GetValueOrDefault(name)
            ?.FindLast(artifact => artifact is { State.TrashedAt: null } && (version is null || artifact.Version == version));

    public MemoryResponse? FindResponse(string id) => _responsesById.GetValueOrDefault(id);

    public MemoryResponse? FindLatestResponse(string key) =>
        _responsesByKey.TryGetValue(key, out var responses) && responses.Count > 0 ? responses.GetValueAtIndex(responses.Count - 1) : null;

    /// <summary>The ids of the artifacts that a response produced, in their order; null when there are none.</summary>
    public IReadOnlyList<string>? Outputs(string responseId) => _outputs.GetValueOrDefault(responseId);

    /// <summary>The caller has checked the guards and that no artifact's id is taken.</summary>
    public CommitResult Apply(
        SessionCommit commit,
        byte[][] artifacts,
        byte[][] responses,
        IReadOnlyDictionary<string, ArtifactState> changes,
        IEnumerable<StepRecord> steps
    )
    {
        if (commit.Session is { } info)
        {
            if (Revision++ == 0)
                CreatedAt = info.CreatedAt == default ? commit.At : info.CreatedAt;
            Info = RecordJson.Encode(info);
            TrashedAt = info.TrashedAt;
        }
        if (commit.At > UpdatedAt)
            UpdatedAt = commit.At;

        int[] versions = artifacts.Length == 0 ? [] : new int[artifacts.Length];
        long[] artifactSequences = artifacts.Length == 0 ? [] : new long[artifacts.Length];
        for (var i = 0; i < artifacts.Length; i++)
            (versions[i], artifactSequences[i]) = Add(commit.Artifacts[i], artifacts[i]);
        foreach (var (id, state) in changes)
            _artifactsById[id].State = state;
        var isNew = false;
        for (var i = 0; i < responses.Length; i++)
            isNew = Put(commit.Responses[i], responses[i]);
        foreach (var step in steps)
            Steps.Put(step, () => ++_lastSequence);

        if (
            responses.Length == 1
            && artifacts.Length + commit.Conversations.Count == 0
            && FindResponse(commit.Responses[0].Id) is { } only
            && only.Revision == Revision
        )
        {
            only.StandsForCommit |= isNew && Guid.TryParseExact(only.Id, "N", out var id) && id == commit.CommitId;
            if (!isNew || !only.StandsForCommit)
                _responseCommits.Add(commit.CommitId, only);
            return only.ToResult();
        }
        var result = new CommitResult
        {
            Revision = Revision,
            ArtifactVersions = versions,
            ArtifactSequences = artifactSequences,
            ResponseSequences = SequencesOf(commit.Responses),
            Conversations = commit.Conversations.Count == 0 ? [] : ApplyConversations(commit),
        };
        _commits.Add(commit.CommitId, result);
        return result;
    }

    /// <summary>Finds the response that stands for the commit of its beginning, whose id it has.</summary>
    private bool TryFindBegun(Guid commitId, [NotNullWhen(true)] out MemoryResponse? response)
    {
        Span<char> id = stackalloc char[32];
        commitId.TryFormat(id, out _, "N");
        return _responsesById.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(id, out response) && response.StandsForCommit;
    }

    private long[] SequencesOf(IReadOnlyList<TrackedResponse> responses)
    {
        long[] sequences = responses.Count == 0 ? [] : new long[responses.Count];
        for (var i = 0; i < sequences.Length; i++)
            sequences[i] = FindResponse(responses[i].Id)!.Sequence;
        return sequences;
    }

    /// <summary>Begins with the records of another session. The caller has checked that nothing is here.</summary>
    public void Apply(SessionCopy copy)
    {
        var renumbered = Conversations.Copy(copy.Conversations);
        foreach (var artifact in copy.Artifacts)
        {
            Add(artifact, RecordJson.Encode(artifact), artifact.Version, artifact.Sequence);
            _artifactsById[artifact.Id].State = new(TrashedAt: null, artifact.IsPinned);
        }
        foreach (var response in copy.Responses)
        {
            _lastSequence = response.Sequence - 1;
            Put(response, RecordJson.EncodeBody(SessionCopy.Renumbered(response, renumbered)));
        }
        foreach (var step in copy.Steps)
            Steps.Put(step, () => step.Sequence);
        _lastSequence = copy.LastSequence;
    }

    private ConversationResult[] ApplyConversations(SessionCommit commit) =>
        [.. commit.Conversations.Select(change => Conversations.Apply(change, commit.At))];

    /// <summary>Its version and its sequence are not given again.</summary>
    public void Remove(MemoryArtifact artifact)
    {
        var record = artifact.Decode();
        _artifactsById.Remove(record.Id);
        _artifactsByName[record.Name][record.Version - 1] = null;
        Artifacts[Artifacts.IndexOf(artifact)] = null;
        if (record.ProducedBy is { } producer)
            _outputs[producer].Remove(record.Id);
    }

    private (int Version, long Sequence) Add(ArtifactRecord record, byte[] bytes, int? version = null, long? sequence = null)
    {
        ref var versions = ref CollectionsMarshal.GetValueRefOrAddDefault(_artifactsByName, record.Name, out _);
        versions ??= [];
        while (versions.Count + 1 < version)
            versions.Add(null);
        var artifact = new MemoryArtifact(this, record, versions.Count + 1, sequence ?? ++_lastSequence, bytes);
        versions.Add(artifact);
        Artifacts.Add(artifact);
        _artifactsById.Add(record.Id, artifact);
        if (record.ProducedBy is { } producer)
        {
            ref var outputs = ref CollectionsMarshal.GetValueRefOrAddDefault(_outputs, producer, out _);
            (outputs ??= []).Add(record.Id);
        }
        return (artifact.Version, artifact.Sequence);
    }

    /// <summary>Returns whether it is new.</summary>
    private bool Put(TrackedResponse record, byte[] bytes)
    {
        var isKnown = _responsesById.TryGetValue(record.Id, out var response);
        if (isKnown)
        {
            if (response!.Key is { } oldKey)
                _responsesByKey[oldKey].Remove(response.Sequence);
        }
        else
        {
            response = new MemoryResponse(record.Id, ++_lastSequence, Revision);
            _responsesById.Add(record.Id, response);
            Responses.Add(response);
        }
        response!.Put(record, bytes);
        if (record.Key is { } key)
        {
            ref var responses = ref CollectionsMarshal.GetValueRefOrAddDefault(_responsesByKey, key, out _);
            (responses ??= []).Add(response.Sequence, response);
        }
        return !isKnown;
    }
}

internal sealed class MemoryArtifact(MemorySession session, ArtifactRecord record, int version, long sequence, byte[] bytes)
{
    public MemorySession Session { get; } = session;
    public string Id { get; } = record.Id;
    public ContentDigest Digest { get; } = record.Digest;
    public int Version { get; } = version;
    public long Sequence { get; } = sequence;
    public ArtifactState State { get; set; }

    public ArtifactRecord Decode() =>
        RecordJson.DecodeArtifact(bytes) with
        {
            SessionId = Session.Id,
            Version = Version,
            Sequence = Sequence,
            TrashedAt = State.TrashedAt,
            IsPinned = State.IsPinned,
        };
}

/// <summary>Unlike an artifact it can be replaced: everything but its place changes.</summary>
internal sealed class MemoryResponse(string id, long sequence, long revision)
{
    private CommitResult? _result;

    public string Id { get; } = id;
    public long Sequence { get; } = sequence;

    /// <summary>The revision of its session when it was first committed.</summary>
    public long Revision { get; } = revision;

    /// <summary>Whether the commit that has its id was that of its beginning, so that nothing else is kept of it.</summary>
    public bool StandsForCommit { get; set; }
    public string? Key { get; private set; }
    public ResponseOutcome Outcome { get; private set; }
    public DateTimeOffset StartedAt { get; private set; }
    public ContentDigest? TextDigest { get; private set; }
    public ContentDigest? StepKey { get; private set; }

    /// <summary>What it says beside that.</summary>
    public byte[] Body { get; private set; } = [];

    public void Put(TrackedResponse record, byte[] body)
    {
        (Key, Outcome, StartedAt) = (record.Key, record.Outcome, record.StartedAt);
        (TextDigest, StepKey, Body) = (record.TextDigest, record.StepKey, body);
    }

    /// <summary>What a commit of nothing but this response is answered at that revision.</summary>
    public CommitResult ToResult()
    {
        var result = _result ?? new() { Revision = Revision, ResponseSequences = [Sequence] };
        // When it has ended, that was most likely the last one.
        _result = Outcome is ResponseOutcome.InProgress ? result : null;
        return result;
    }

    public TrackedResponse Decode(string sessionId) =>
        RecordJson.DecodeBody(
            Body,
            new()
            {
                SessionId = sessionId,
                Id = Id,
                Sequence = Sequence,
                Key = Key,
                Outcome = Outcome,
                StartedAt = StartedAt,
                TextDigest = TextDigest,
                StepKey = StepKey,
            }
        );
}
