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
    public long? LeaseExpiresAt { get; set; }
    public StepAttemptShape[]? Attempts { get; set; }
    public string? ResultArtifact { get; set; }
    public ContentDigest? ResultDigest { get; set; }
    public StepReadShape[]? Reads { get; set; }
    public IReadOnlyList<Redaction>? Redactions { get; set; }
    public string? InheritedFrom { get; set; }
    public long CreatedAt { get; set; }

    public static StepShape Of(StepRecord record) =>
        new()
        {
            SessionId = record.SessionId is "" ? null : record.SessionId,
            Key = record.Key == default ? null : record.Key,
            Name = record.Name is "" ? null : record.Name,
            Version = record.Version,
            ParentKey = record.ParentKey,
            Inputs = record.Inputs.Count == 0 ? null : [.. record.Inputs.Select(StepInputShape.Of)],
            ResultType = record.ResultType is "" ? null : record.ResultType,
            Sequence = record.Sequence,
            Status = record.Status,
            Fence = record.Fence,
            LeaseExpiresAt = record.LeaseExpiresAt?.UtcTicks,
            Attempts = record.Attempts.Count == 0 ? null : [.. record.Attempts.Select(StepAttemptShape.Of)],
            ResultArtifact = record.ResultArtifact,
            ResultDigest = record.ResultDigest,
            Reads = record.Reads.Count == 0 ? null : [.. record.Reads.Select(StepReadShape.Of)],
            Redactions = record.Redactions is { Count: > 0 } ? record.Redactions : null,
            InheritedFrom = record.InheritedFrom,
            CreatedAt = record.CreatedAt.UtcTicks,
        };

    public StepRecord ToRecord() =>
        new()
        {
            SessionId = SessionId ?? "",
            Key = Key ?? default,
            Name = Name ?? "",
            Version = Version,
            ParentKey = ParentKey,
            Inputs = Inputs is null ? [] : [.. Inputs.Select(shape => shape.ToRecord())],
            ResultType = ResultType ?? "",
            Sequence = Sequence,
            Status = Status,
            Fence = Fence,
            LeaseExpiresAt = LeaseExpiresAt is { } ticks ? new(ticks, TimeSpan.Zero) : null,
            Attempts = Attempts is null ? [] : [.. Attempts.Select(shape => shape.ToRecord())],
            ResultArtifact = ResultArtifact,
            ResultDigest = ResultDigest,
            Reads = Reads is null ? [] : [.. Reads.Select(shape => shape.ToRecord())],
            Redactions = Redactions ?? [],
            InheritedFrom = InheritedFrom,
            CreatedAt = new(CreatedAt, TimeSpan.Zero),
        };
}

internal sealed class StepInputShape
{
    public ContentDigest Digest { get; set; }
    public string? ArtifactId { get; set; }
    public ContentDigest? StepKey { get; set; }
    public bool IsNotKept { get; set; }

    public static StepInputShape Of(StepInputRecord record) =>
        new()
        {
            Digest = record.Digest,
            ArtifactId = record.ArtifactId,
            StepKey = record.StepKey,
            IsNotKept = !record.IsKept,
        };

    public StepInputRecord ToRecord() => new(Digest, ArtifactId, StepKey) { IsKept = !IsNotKept };
}

internal sealed class StepAttemptShape
{
    public long Number { get; set; }
    public StepReason Reason { get; set; }
    public string? Owner { get; set; }

    // Ticks, because a kept step is read whenever it is called, and numbers are read faster than times.
    public long StartedAt { get; set; }
    public long? Duration { get; set; }
    public StepOutcome Outcome { get; set; }
    public ResponseError? Error { get; set; }

    public static StepAttemptShape Of(StepAttempt record) =>
        new()
        {
            Number = record.Number,
            Reason = record.Reason,
            Owner = record.Owner,
            StartedAt = record.StartedAt.UtcTicks,
            Duration = record.Duration?.Ticks,
            Outcome = record.Outcome,
            Error = record.Error,
        };

    public StepAttempt ToRecord() =>
        new()
        {
            Number = Number,
            Reason = Reason,
            Owner = Owner ?? "",
            StartedAt = new(StartedAt, TimeSpan.Zero),
            Duration = Duration is { } ticks ? new(ticks) : null,
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
