using System.Globalization;
using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>What a storage has to do, in as few lines as it can be said. For one thread.</summary>
internal sealed class StorageModel
{
    private readonly Dictionary<Guid, CommitResult> _results = [];

    /// <summary>The sessions, by id.</summary>
    public Dictionary<string, SessionModel> Sessions { get; } = [];

    /// <summary>The artifacts of all sessions, in the order in which they were recorded.</summary>
    public List<ArtifactRecord> Artifacts { get; } = [];

    /// <summary>The contents that commits have named.</summary>
    public Dictionary<ContentDigest, ContentEntry> Contents { get; } = [];

    public CommitResult Apply(SessionCommit commit)
    {
        if (_results.TryGetValue(commit.CommitId, out var earlier))
            return earlier;
        var session = Sessions.GetValueOrDefault(commit.SessionId);
        if (session is null && commit.Session is null)
            throw new NotFoundException(commit.SessionId);
        if (commit.ExpectedRevision is { } expected && expected != (session?.Info.Revision ?? 0))
        {
            var actual = session?.Info.Revision.ToString(CultureInfo.InvariantCulture);
            throw new ConflictException("session.revision", null, actual, commit.SessionId);
        }

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
        };
        _results.Add(commit.CommitId, result);
        return result;
    }
}

/// <summary>One session of a <see cref="StorageModel"/>.</summary>
internal sealed class SessionModel
{
    private long _lastSequence;

    public required SessionInfo Info { get; set; }

    public List<ArtifactRecord> Artifacts { get; } = [];

    public List<TrackedResponse> Responses { get; } = [];

    public void Write(SessionCommit commit)
    {
        if (commit.Session is { } record)
            Info = record with { Revision = Info.Revision + 1, CreatedAt = Info.CreatedAt, UpdatedAt = Info.UpdatedAt };
        if (commit.At > Info.UpdatedAt)
            Info = Info with { UpdatedAt = commit.At };
    }

    public ArtifactRecord Add(ArtifactRecord artifact)
    {
        var version = Artifacts.Count(other => other.Name == artifact.Name) + 1;
        Artifacts.Add(artifact with { Version = version, Sequence = ++_lastSequence });
        return Artifacts[^1];
    }

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
