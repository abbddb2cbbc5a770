using System.Text.Json.Serialization;
using Dossier.Storage;

namespace Dossier;

/// <summary>
/// What is known of a step: a named unit of the workflow whose result is kept. Its responses and artifacts name it by its key; what they
/// took is summed up by <see cref="StepLog.GetTotalsAsync"/>.
/// </summary>
public sealed record StepRecord
{
    /// <summary>The session that owns it. Set by the store.</summary>
    public string SessionId { get; init; } = "";

    /// <summary>What it is known by: the digest of its name, its version, its inputs, and the names of the steps that it is nested in.</summary>
    public required ContentDigest Key { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The author's version of its body; null when none was given.</summary>
    public string? Version { get; init; }

    /// <summary>The step that it is nested in; null for one that is not. Of the run in which it first began.</summary>
    public ContentDigest? ParentKey { get; init; }

    /// <summary>Its inputs, in their order.</summary>
    public IReadOnlyList<StepInputRecord> Inputs { get; init; } = [];

    /// <summary>The .NET type of its result.</summary>
    public required string ResultType { get; init; }

    /// <summary>Its place in the order of everything that the session recorded. Allocated by the store.</summary>
    public long Sequence { get; init; }

    /// <summary>How far it is.</summary>
    public StepStatus Status { get; init; }

    /// <summary>How often its body was begun; the number of its latest attempt. It fences off whoever holds an earlier one.</summary>
    public long Fence { get; init; }

    /// <summary>Until when the attempt under way has the step to itself, UTC, by the clock of the store; null when none is under way.</summary>
    public DateTimeOffset? LeaseExpiresAt { get; init; }

    /// <summary>
    /// The session that it was run in, when this one was forked and has the result from there; null for a step of its own. When it is run again
    /// here, it becomes one, and keeps the attempts from there no longer.
    /// </summary>
    public string? InheritedFrom { get; init; }

    /// <summary>Its attempts, oldest first: the latest 64.</summary>
    public IReadOnlyList<StepAttempt> Attempts { get; init; } = [];

    /// <summary>The id of the artifact that is its result; null until there is one.</summary>
    public string? ResultArtifact { get; init; }

    /// <summary>The content of the result.</summary>
    public ContentDigest? ResultDigest { get; init; }

    /// <summary>Whether the artifact of the result is there, and not in the trash. Looked up by the store.</summary>
    public bool HasResult { get; init; }

    /// <summary>What its body read of the session's artifacts beside its inputs, steps within it included, when the result was made.</summary>
    public IReadOnlyList<StepRead> Reads { get; init; } = [];

    /// <summary>What was taken out of its name, its inputs and the error of its latest attempt before they were kept; nothing for nearly all.</summary>
    public IReadOnlyList<Redaction> Redactions { get; init; } = [];

    /// <summary>When it first began, UTC, in whole microseconds.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Name, status and attempts.</summary>
    public override string ToString() => $"{Name} {Status}, {Fence} {(Fence == 1 ? "attempt" : "attempts")}";
}

/// <summary>How far a step is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StepStatus>))]
public enum StepStatus
{
    /// <summary>An attempt is under way; or its process died, when its lease has expired.</summary>
    Running,

    /// <summary>Its result is kept.</summary>
    Kept,

    /// <summary>Its latest attempt ended with an error.</summary>
    Failed,

    /// <summary>Its latest attempt was cancelled by its caller.</summary>
    Cancelled,
}

/// <summary>An input of a step, as it was recorded.</summary>
/// <param name="Digest">An artifact's content; or that of a value, which is kept: read it with <see cref="StepLog.ReadInputAsync"/>.</param>
/// <param name="ArtifactId">The artifact, where it is one.</param>
/// <param name="StepKey">
/// The step that the value is a result of, or an element of its result; null where that is not known. It is known when the object that a step
/// returned was handed on as it was, in the same process.
/// </param>
public sealed record StepInputRecord(ContentDigest Digest, string? ArtifactId = null, ContentDigest? StepKey = null)
{
    /// <summary>Whether it can be read; not a value that was given while the session kept no texts (<see cref="Capture.DigestsOnly"/>).</summary>
    public bool IsKept { get; init; } = true;
}

/// <summary>What a step read while it ran.</summary>
public sealed record StepRead
{
    /// <summary>The session of the artifact.</summary>
    public required string SessionId { get; init; }

    /// <summary>The name that was read.</summary>
    public required string Name { get; init; }

    /// <summary>The version that was read; 0 when there was none of that name.</summary>
    public int Version { get; init; }

    /// <summary>The content that was read; null when there was none of that name.</summary>
    public ContentDigest? Digest { get; init; }
}

/// <summary>One run of a step's body.</summary>
public sealed record StepAttempt
{
    /// <summary>Its number among the attempts of the step, from 1.</summary>
    public required long Number { get; init; }

    /// <summary>Why the body was run.</summary>
    public StepReason Reason { get; init; }

    /// <summary>Who ran it: machine, process and start of the process.</summary>
    public required string Owner { get; init; }

    /// <summary>When it began, UTC, in whole microseconds.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>From its beginning to its end; null while it is under way. Of one that was lost, up to when somebody found that.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>How it ended.</summary>
    public StepOutcome Outcome { get; init; }

    /// <summary>What went wrong; null when nothing did. Secrets are masked.</summary>
    public ResponseError? Error { get; init; }
}

/// <summary>Why a step's body was run.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StepReason>))]
public enum StepReason
{
    /// <summary>It had not been run.</summary>
    First,

    /// <summary>The attempt before had failed.</summary>
    Failed,

    /// <summary>The attempt before was cancelled.</summary>
    Cancelled,

    /// <summary>The attempt before was lost: its process had ended, or its lease had expired.</summary>
    Lost,

    /// <summary>The artifact of the kept result was deleted.</summary>
    ResultGone,

    /// <summary>What the body had read has changed since, and <see cref="StepOptions.RerunWhenReadsChange"/> says to run it again.</summary>
    ReadsChanged,
}

/// <summary>How one run of a step's body ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StepOutcome>))]
public enum StepOutcome
{
    /// <summary>It has begun, and nothing is known of its end.</summary>
    Running,

    /// <summary>Its result was kept.</summary>
    Kept,

    /// <summary>It ended with an error.</summary>
    Failed,

    /// <summary>It was cancelled by its caller.</summary>
    Cancelled,

    /// <summary>Its process ended, or its lease expired, before it did.</summary>
    Lost,
}

/// <summary>Which steps to list; everything that is set has to match.</summary>
public sealed record StepQuery
{
    /// <summary>The exact name.</summary>
    public string? Name { get; init; }

    /// <summary>How far they are.</summary>
    public StepStatus? Status { get; init; }

    /// <summary>The step that they are nested in directly; null for all, nested or not.</summary>
    public ContentDigest? ParentKey { get; init; }

    /// <summary>In which order.</summary>
    /// <value><see cref="RecordOrder.OldestFirst"/> by default.</value>
    public RecordOrder Order { get; init; }

    /// <summary>How many records are read at a time.</summary>
    /// <value>1 to 1,000; 100 by default.</value>
    public int PageSize { get; init; } = 100;
}
