using System.Globalization;
using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>What a storage has to do, in as few lines as it can be said. For one thread.</summary>
internal sealed class StorageModel
{
    /// <summary>The sessions, by id.</summary>
    public Dictionary<string, SessionModel> Sessions { get; } = [];

    /// <summary>The artifacts of all sessions, in the order in which they were recorded.</summary>
    public List<ArtifactRecord> Artifacts { get; } = [];

    /// <summary>The contents that commits have named.</summary>
    public Dictionary<ContentDigest, ContentEntry> Contents { get; } = [];

    private static readonly string[] s_finalGuards = ["session.revision", "session.trashed", "step.fence", "step.lease"];

    private long _lastRun;

    /// <summary>What the content store has.</summary>
    private readonly Dictionary<ContentDigest, ContentEntry> _files = [];

    /// <summary>The content store was given what does not travel with the commit.</summary>
    public void Write(SessionCommit commit)
    {
        foreach (var content in commit.Contents.Where(content => content.Inline is null))
            _files[content.Digest] = content;
    }

    private void Forget(SessionCommit commit)
    {
        foreach (var content in commit.Contents.Where(content => !Contents.ContainsKey(content.Digest)))
            _files.Remove(content.Digest);
    }

    /// <summary>Deletes all that is in the trash, and all content that nothing names.</summary>
    public PurgeReport Purge()
    {
        var sessions = Sessions.Values.Where(session => session.Info.TrashedAt is not null).ToList();
        sessions.ForEach(session => Sessions.Remove(session.Info.Id));
        var gone = sessions
            .SelectMany(session => session.Artifacts)
            .Concat(Sessions.Values.SelectMany(session => session.Purge()))
            .ToList();
        Artifacts.RemoveAll(artifact => gone.Exists(other => other.Id == artifact.Id && other.SessionId == artifact.SessionId));
        var unused = Contents
            .Values.UnionBy(_files.Values, content => content.Digest)
            .Where(content =>
                !Artifacts.Exists(artifact => artifact.Digest == content.Digest)
                && !Sessions.Values.Any(session => session.Messages.Values.Any(message => message.Content == content.Digest))
                && !Sessions.Values.Any(session =>
                    session.Steps.Values.Any(step => step.Inputs.Any(input => input.Digest == content.Digest))
                )
            )
            .ToList();
        foreach (var content in unused)
        {
            Contents.Remove(content.Digest);
            _files.Remove(content.Digest);
        }
        return new()
        {
            Sessions = sessions.Count,
            Artifacts = gone.Count,
            Responses = sessions.Sum(session => session.Responses.Count),
            Messages = sessions.Sum(session => session.Messages.Count),
            Contents = unused.Count,
            Bytes = unused.Sum(content => content.Size),
        };
    }

    /// <summary>What the content store was given for a commit that is refused for good is gone.</summary>
    public CommitResult Apply(SessionCommit commit)
    {
        try
        {
            return TryApply(commit);
        }
        catch (DossierException refusal)
        {
            if (refusal is NotFoundException || s_finalGuards.Contains(((ConflictException)refusal).Guard))
                Forget(commit);
            throw;
        }
    }

    private CommitResult TryApply(SessionCommit commit)
    {
        var session = Sessions.GetValueOrDefault(commit.SessionId);
        if (session?.Results.GetValueOrDefault(commit.CommitId) is { } earlier)
            return earlier;
        if (session is null && commit.Session is null)
            throw new NotFoundException(commit.SessionId);
        if (commit.ExpectedRevision is { } expected && expected != (session?.Info.Revision ?? 0))
        {
            var actual = session?.Info.Revision.ToString(CultureInfo.InvariantCulture);
            throw new ConflictException("session.revision", null, actual, commit.SessionId);
        }
        if (session?.Info.TrashedAt is not null && commit.Session is not { TrashedAt: null })
            throw new ConflictException("session.trashed", null, "in the trash", commit.SessionId);
        if (commit.Contents.Any(content => content.Inline is null && !_files.ContainsKey(content.Digest)))
            throw new ConflictException("content.exists", null, null, commit.SessionId);
        session?.Change(commit);
        foreach (var change in commit.Conversations)
            if (
                (change.Messages.Count > 0 ? change.ExpectedHead : change.Head) is { } named
                && session?.Messages.ContainsKey((change.Conversation, named)) is not true
            )
                throw new NotFoundException(change.Conversation);
        if (commit.Session?.TrashedAt is not null && session?.Artifacts.Find(artifact => artifact.IsPinned) is { } pinned)
            throw new ConflictException("artifact.pinned", null, pinned.Id, commit.SessionId);

        var steps = commit
            .Steps.Select(change => StepModel.After(session?.Steps.GetValueOrDefault(change.Key), change, commit.SessionId))
            .ToList();

        Sessions[commit.SessionId] = session ??= new() { Info = commit.Session! };
        session.Write(commit);
        foreach (var content in commit.Contents)
            Contents.TryAdd(content.Digest, content);
        var artifacts = commit.Artifacts.Select(session.Add).ToList();
        Artifacts.AddRange(artifacts);
        var result = new CommitResult
        {
            Revision = session.Info.Revision,
            ArtifactVersions = [.. artifacts.Select(artifact => artifact.Version)],
            ArtifactSequences = [.. artifacts.Select(artifact => artifact.Sequence)],
            ResponseSequences = [.. commit.Responses.Select(session.Put)],
            Conversations = [.. commit.Conversations.Select(change => session.Say(change, ref _lastRun))],
        };
        steps.ForEach(session.Put);
        session.Results.Add(commit.CommitId, result);
        return result;
    }
}

/// <summary>One session of a <see cref="StorageModel"/>.</summary>
internal sealed class SessionModel
{
    private readonly Dictionary<string, int> _versions = [];
    private long _lastSequence;

    public Dictionary<Guid, CommitResult> Results { get; } = [];

    public required SessionInfo Info { get; set; }

    public Dictionary<string, MessageId?> Heads { get; } = [];

    public SortedDictionary<(string Conversation, MessageId Id), MessageRecord> Messages { get; } =
        new(Comparer<(string Conversation, MessageId Id)>.Create((one, other) => Key(one).CompareTo(Key(other))));

    public List<ArtifactRecord> Artifacts { get; } = [];

    public List<TrackedResponse> Responses { get; } = [];

    public OrderedDictionary<ContentDigest, StepModel> Steps { get; } = [];

    public void Write(SessionCommit commit)
    {
        if (commit.Session is { } record)
            Info = record with { Revision = Info.Revision + 1, CreatedAt = Info.CreatedAt, UpdatedAt = Info.UpdatedAt };
        if (commit.At > Info.UpdatedAt)
            Info = Info with { UpdatedAt = commit.At };
    }

    public ConversationResult Say(ConversationChange change, ref long lastRun)
    {
        if (!Heads.TryGetValue(change.Conversation, out var head) && change.Messages.Count == 0)
            return new(null, change.ExpectedHead is null, null);
        MessageId? first = null;
        var (last, wanted) = (change.ExpectedHead, change.Head);
        foreach (var message in change.Messages)
        {
            var next = last is { } parent ? parent with { Depth = parent.Depth + 1 } : new MessageId(0, 1);
            if (last is null || Messages.ContainsKey((change.Conversation, next)))
                next = new(++lastRun, next.Depth);
            Messages.Add((change.Conversation, next), message with { Id = next, Parent = last });
            (first, last, wanted) = (first ?? next, next, next);
        }
        Heads[change.Conversation] = head == change.ExpectedHead ? wanted : head;
        return new(first, head == change.ExpectedHead, Heads[change.Conversation]);
    }

    private static (string, long, int) Key((string Conversation, MessageId Id) message) =>
        (message.Conversation, message.Id.Run, message.Id.Depth);

    /// <summary>A generated commit has one change at the most.</summary>
    public void Change(SessionCommit commit)
    {
        foreach (var (id, kind) in commit.ArtifactChanges)
        {
            var place = Artifacts.FindIndex(artifact => artifact.Id == id);
            if (place < 0)
                throw new NotFoundException(id);
            var artifact = Artifacts[place];
            if (kind is ArtifactChangeKind.Trash && artifact.IsPinned)
                throw new ConflictException("artifact.pinned", null, id, id);
            if (kind is ArtifactChangeKind.Pin && artifact.TrashedAt is not null)
                throw new ConflictException("artifact.trashed", null, id, id);
            Artifacts[place] = kind switch
            {
                ArtifactChangeKind.Trash => artifact with { TrashedAt = artifact.TrashedAt ?? commit.At },
                ArtifactChangeKind.Restore => artifact with { TrashedAt = null },
                _ => artifact with { IsPinned = kind is ArtifactChangeKind.Pin },
            };
        }
    }

    /// <summary>Deletes what is in the trash, and returns it.</summary>
    public List<ArtifactRecord> Purge()
    {
        var gone = Artifacts.FindAll(artifact => artifact.TrashedAt is not null);
        Artifacts.RemoveAll(gone.Contains);
        return gone;
    }

    public ArtifactRecord Add(ArtifactRecord artifact)
    {
        var version = _versions[artifact.Name] = _versions.GetValueOrDefault(artifact.Name) + 1;
        Artifacts.Add(artifact with { Version = version, Sequence = ++_lastSequence });
        return Artifacts[^1];
    }

    public void Put(StepModel step) => Steps[step.Key] = step.Sequence > 0 ? step : step with { Sequence = ++_lastSequence };

    public long Put(TrackedResponse response)
    {
        var place = Responses.FindIndex(other => other.Id == response.Id);
        if (place < 0)
            Responses.Add(response with { Sequence = ++_lastSequence });
        else
            Responses[place] = response with { Sequence = Responses[place].Sequence };
        return place < 0 ? _lastSequence : Responses[place].Sequence;
    }
}
