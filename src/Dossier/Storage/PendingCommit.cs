using System.Text.Json;

namespace Dossier.Storage;

/// <summary>A commit on its way to the writer: encoded by the caller's thread, so that the writer's has nothing to do but write.</summary>
internal sealed class PendingCommit
{
    private const int Queued = 0;
    private const int Taken = 1;
    private const int Cancelled = 2;

    private readonly TaskCompletionSource<CommitResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _state;
    private CommitResult? _result;
    private Exception? _error;

    /// <exception cref="ArgumentException">An id is not 32 lower-case hex digits, or the parts belong to different sessions.</exception>
    public PendingCommit(SessionCommit commit)
    {
        if (commit.Session is { } session)
        {
            if (!string.Equals(session.Id, commit.SessionId, StringComparison.Ordinal))
                throw new ArgumentException(
                    $"The commit is for the session '{commit.SessionId}', its record for '{session.Id}'.",
                    nameof(commit)
                );
            // What has a column of its own is not repeated in the body.
            SessionBody = RecordJson.Encode(
                session with
                {
                    Id = "",
                    Name = null,
                    Owner = null,
                    Status = default,
                    TrashedAt = null,
                    CreatedAt = default,
                    UpdatedAt = default,
                    Revision = 0,
                }
            );
        }
        Commit = commit;
        Artifacts = commit.Artifacts.Count == 0 ? [] : [.. commit.Artifacts.Select(artifact => new EncodedArtifact(artifact))];
        Responses = commit.Responses.Count == 0 ? [] : [.. commit.Responses.Select(response => EncodedResponse.Of(response, commit))];
        Id = RecordId.Of(commit.CommitId);
        IsOneArtifact = Artifacts is [var artifact] && artifact.Id == Id && HasNothingBeside(commit, responses: 0);
        IsOneIntent =
            Responses is [{ Record.Outcome: ResponseOutcome.InProgress } intent]
            && intent.Id == Id
            && HasNothingBeside(commit, responses: 1);
    }

    public SessionCommit Commit { get; }
    public RecordId Id { get; }
    public byte[]? SessionBody { get; }
    public EncodedArtifact[] Artifacts { get; }
    public EncodedResponse[] Responses { get; }

    /// <summary>
    /// Whether it brings nothing but one artifact that has its id, with content that lies in the database: the most frequent commit. The
    /// artifact's row then says all that there is to remember of the commit.
    /// </summary>
    public bool IsOneArtifact { get; }

    /// <summary>The same of a call in progress, with content that lies in the database: the response's row says all.</summary>
    public bool IsOneIntent { get; }

    /// <summary>Whether its record says by itself that it was committed.</summary>
    public bool StandsByItself => IsOneArtifact || IsOneIntent;

    /// <summary>Whether a record with the id of such a commit turned out to be there already. For the writer.</summary>
    public bool MayBeRepeated { get; set; }

    public bool HasFailed => _error is not null;
    public bool IsRefusedForGood => _error is not null && CommitGuards.IsForGood(_error);
    public Task<CommitResult> Completion => _completion.Task;

    /// <summary>Nor a guard that a commit fails because it was made before.</summary>
    private static bool HasNothingBeside(SessionCommit commit, int responses) =>
        commit.Session is null
        && commit.Copied is null
        && commit.ExpectedRevision is null
        && commit.Artifacts.Count == 1 - responses
        && commit.Responses.Count == responses
        && commit.ArtifactChanges.Count + commit.Conversations.Count + commit.Settlements.Count + commit.Holds.Count + commit.Steps.Count
            == 0
        && commit.Contents.Count >= 1 - responses
        && commit.Contents.All(content => content.Inline is not null);

    /// <summary>The writer takes the commit; false when its caller has cancelled it.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Queued) == Queued;

    public void Cancel(CancellationToken cancellationToken)
    {
        if (Interlocked.CompareExchange(ref _state, Cancelled, Queued) == Queued)
            _completion.TrySetCanceled(cancellationToken);
    }

    /// <summary>What the caller will learn, unless its transaction fails as a whole.</summary>
    public void Settle(CommitResult result) => _result = result;

    public void Settle(Exception error) => _error = error;

    /// <summary>Tells the caller.</summary>
    /// <param name="failure">What the whole transaction failed with, or null.</param>
    public void Complete(Exception? failure)
    {
        if ((_error ?? failure) is { } error)
            _completion.TrySetException(error);
        else
            _completion.TrySetResult(_result!);
    }
}

internal readonly struct EncodedArtifact
{
    public EncodedArtifact(ArtifactRecord record)
    {
        Record = record;
        Id = RecordId.Parse(record.Id);
        ProducedBy = record.ProducedBy is { } id ? RecordId.Parse(id) : null;
        Metadata = RecordJson.Encode(record.Metadata);
        MaskedSecrets = record.Redactions.Sum(redaction => redaction.Count);
        Redactions = record.Redactions.Count == 0 ? [] : RecordJson.Encode(record.Redactions);
        Facts = record.Metadata.Count == 0 ? [] : [.. FactsOf(record.Metadata)];
        Row = RowHash.Of(in this);
    }

    public ArtifactRecord Record { get; }
    public RecordId Id { get; }
    public RecordId? ProducedBy { get; }

    /// <summary>Empty for none.</summary>
    public byte[] Metadata { get; }

    /// <summary>What earlier versions know of <see cref="Redactions"/>, beside what they do not.</summary>
    public long MaskedSecrets { get; }

    /// <summary>Empty for none.</summary>
    public byte[] Redactions { get; }

    /// <summary>What the index of metadata keeps of it.</summary>
    public KeyValuePair<string, FactValue>[] Facts { get; }

    /// <summary>What the chain of its session covers, beside its sequence and version.</summary>
    public ContentDigest Row { get; }

    public static IEnumerable<KeyValuePair<string, FactValue>> FactsOf(IReadOnlyDictionary<string, JsonElement> metadata)
    {
        foreach (var (name, value) in metadata)
            if (FactValue.Of(value) is { } fact)
                yield return new(name, fact);
    }
}

/// <summary>Times as the database keeps them.</summary>
internal static class Microseconds
{
    public static long From(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset ToTime(long microseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
}
