using System.Collections.Concurrent;
using Dossier.Storage;

namespace Dossier;

/// <summary>The step that code runs in, wherever its calls lead. What is called, stored and read in it belongs to it.</summary>
internal sealed class StepScope(StepScope? outer, IStorage storage, StepCall call, long fence)
{
    private static readonly AsyncLocal<StepScope?> s_current = new();

    private readonly ConcurrentDictionary<(string Session, string Name), StepRead> _reads = [];
    private readonly ConcurrentDictionary<(string Session, string Name, int Version), bool> _versions = [];
    private readonly ConcurrentDictionary<(string Session, string Name), bool> _stored = [];

    /// <summary>The innermost step of any session.</summary>
    public static StepScope? Current => s_current.Value;

    public StepCall Call => call;

    public ContentDigest Key => call.Key;

    public long Fence => fence;

    /// <summary>What was read so far of what others write: of a name that the step itself goes on to write, a later version is its own doing.</summary>
    public IReadOnlyList<StepRead> Reads =>
        [
            .. _reads
                .Values.Where(read => !_stored.ContainsKey((read.SessionId, read.Name)))
                .OrderBy(read => read.SessionId, StringComparer.Ordinal)
                .ThenBy(read => read.Name, StringComparer.Ordinal),
        ];

    /// <summary>The innermost step of a session.</summary>
    public static StepScope? Of(IStorage storage, string sessionId)
    {
        for (var scope = Current; scope is not null; scope = scope.Outer)
            if (scope.IsOf(storage, sessionId))
                return scope;
        return null;
    }

    private StepScope? Outer => outer;

    /// <summary>Makes it the current one until the calling method returns, which has to be asynchronous.</summary>
    public void Enter() => s_current.Value = this;

    /// <summary>The content of an artifact was read, in whichever session.</summary>
    public static void NoteRead(ArtifactRecord artifact)
    {
        for (var scope = Current; scope is not null; scope = scope.Outer)
            if (!scope._versions.ContainsKey((artifact.SessionId, artifact.Name, artifact.Version)))
                scope.Add(ReadOf(artifact));
    }

    /// <summary>The latest version of a name was asked for, also when there was none.</summary>
    public static void NoteLatest(string sessionId, string name, ArtifactRecord? latest)
    {
        if (Current is not null)
            NoteRead(latest is null ? new() { SessionId = sessionId, Name = name } : ReadOf(latest));
    }

    /// <summary>A step within, whose result was reused, had read something.</summary>
    public static void NoteRead(StepRead read)
    {
        for (var scope = Current; scope is not null; scope = scope.Outer)
            scope.Add(read);
    }

    /// <summary>An artifact was asked for by its version, which never changes: reading it is reading nothing that could change.</summary>
    public static void NoteVersion(ArtifactRecord artifact)
    {
        for (var scope = Current; scope is not null; scope = scope.Outer)
            scope._versions.TryAdd((artifact.SessionId, artifact.Name, artifact.Version), true);
    }

    /// <summary>An artifact was stored.</summary>
    public static void NoteStored(ArtifactRecord artifact)
    {
        for (var scope = Current; scope is not null; scope = scope.Outer)
            scope._stored.TryAdd((artifact.SessionId, artifact.Name), true);
    }

    private bool IsOf(IStorage other, string sessionId) =>
        string.Equals(call.SessionId, sessionId, StringComparison.Ordinal) && storage.IsSameAs(other);

    private static StepRead ReadOf(ArtifactRecord artifact) =>
        new()
        {
            SessionId = artifact.SessionId,
            Name = artifact.Name,
            Version = artifact.Version,
            Digest = artifact.Digest,
        };

    private void Add(StepRead read)
    {
        if (call.HasInput(read))
            return;
        _reads.AddOrUpdate(
            (read.SessionId, read.Name),
            static (_, added) => added,
            static (_, known, added) => added.Version > known.Version ? added : known,
            read
        );
    }
}
