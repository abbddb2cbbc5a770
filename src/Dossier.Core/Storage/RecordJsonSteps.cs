using System.Text.Json;

namespace Dossier.Storage;

/// <summary>The stored form of a step.</summary>
internal sealed class StepShape
{
    public string? SessionId { get; set; }
    public ContentDigest? Key { get; set; }
    public string? Name { get; set; }
    public string? Version { get; set; }
    public ContentDigest? ParentKey { get; set; }
    public StepInputShape[]? Inputs { get; set; }
    public string? ResultType { get; set; }
    public long Sequence { get; set; }
    public StepStatus Status { get; set; }
    public long Fence { get; set; }
    public DateTimeOffset? LeaseExpiresAt { get; set; }
    public StepAttemptShape[]? Attempts { get; set; }
    public string? ResultArtifact { get; set; }
    public ContentDigest? ResultDigest { get; set; }
    public StepReadShape[]? Reads { get; set; }
    public DateTimeOffset CreatedAt { get; set; }

    public static StepShape Of(StepRecord record) =>
        new()
        {
            SessionId = record.SessionId is "" ? null : record.SessionId,
            Key = record.Key,
            Name = record.Name,
            Version = record.Version,
            ParentKey = record.ParentKey,
            Inputs = record.Inputs.Count == 0 ? null : [.. record.Inputs.Select(StepInputShape.Of)],
            ResultType = record.ResultType,
            Sequence = record.Sequence,
            Status = record.Status,
            Fence = record.Fence,
            LeaseExpiresAt = record.LeaseExpiresAt,
            Attempts = record.Attempts.Count == 0 ? null : [.. record.Attempts.Select(StepAttemptShape.Of)],
            ResultArtifact = record.ResultArtifact,
            ResultDigest = record.ResultDigest,
            Reads = record.Reads.Count == 0 ? null : [.. record.Reads.Select(StepReadShape.Of)],
            CreatedAt = record.CreatedAt,
        };

    public StepRecord ToRecord() =>
        new()
        {
            SessionId = SessionId ?? "",
            Key = Key ?? throw new JsonException("A step has a key."),
            Name = Name ?? throw new JsonException("A step has a name."),
            Version = Version,
            ParentKey = ParentKey,
            Inputs = Inputs is null ? [] : [.. Inputs.Select(shape => shape.ToRecord())],
            ResultType = ResultType ?? "",
            Sequence = Sequence,
            Status = Status,
            Fence = Fence,
            LeaseExpiresAt = LeaseExpiresAt,
            Attempts = Attempts is null ? [] : [.. Attempts.Select(shape => shape.ToRecord())],
            ResultArtifact = ResultArtifact,
            ResultDigest = ResultDigest,
            Reads = Reads is null ? [] : [.. Reads.Select(shape => shape.ToRecord())],
            CreatedAt = CreatedAt,
        };
}

internal sealed class StepInputShape
{
    public ContentDigest Digest { get; set; }
    public string? ArtifactId { get; set; }

    public static StepInputShape Of(StepInputRecord record) => new() { Digest = record.Digest, ArtifactId = record.ArtifactId };

    public StepInputRecord ToRecord() => new(Digest, ArtifactId);
}

internal sealed class StepAttemptShape
{
    public long Number { get; set; }
    public StepReason Reason { get; set; }
    public string? Owner { get; set; }
    public DateTimeOffset StartedAt { get; set; }
    public TimeSpan? Duration { get; set; }
    public StepOutcome Outcome { get; set; }
    public ResponseError? Error { get; set; }

    public static StepAttemptShape Of(StepAttempt record) =>
        new()
        {
            Number = record.Number,
            Reason = record.Reason,
            Owner = record.Owner,
            StartedAt = record.StartedAt,
            Duration = record.Duration,
            Outcome = record.Outcome,
            Error = record.Error,
        };

    public StepAttempt ToRecord() =>
        new()
        {
            Number = Number,
            Reason = Reason,
            Owner = Owner ?? "",
            StartedAt = StartedAt,
            Duration = Duration,
            Outcome = Outcome,
            Error = Error,
        };
}

internal sealed class StepReadShape
{
    public string? SessionId { get; set; }
    public string? Name { get; set; }
    public int Version { get; set; }
    public ContentDigest? Digest { get; set; }

    public static StepReadShape Of(StepRead record) =>
        new()
        {
            SessionId = record.SessionId,
            Name = record.Name,
            Version = record.Version,
            Digest = record.Digest,
        };

    public StepRead ToRecord() =>
        new()
        {
            SessionId = SessionId ?? "",
            Name = Name ?? "",
            Version = Version,
            Digest = Digest,
        };
}
