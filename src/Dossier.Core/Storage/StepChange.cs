namespace Dossier.Storage;

/// <summary>A change of a step: <see cref="StepBegin"/>, <see cref="StepRenewal"/> or <see cref="StepEnd"/>.</summary>
public abstract record StepChange
{
    private protected StepChange() { }

    /// <summary>The step, of the commit's session.</summary>
    public required ContentDigest Key { get; init; }

    /// <summary>The number of the attempt that begins, goes on or ends.</summary>
    public required long Fence { get; init; }
}

/// <summary>
/// An attempt begins, and has the step to itself for as long as its lease lasts. Guard <c>step.fence</c>: its number follows that of the latest
/// attempt, and is 1 for a step that does not exist yet. Guard <c>step.lease</c>: no other attempt is under way whose lease has not expired,
/// or its process has ended (<see cref="SupersedesEnded"/>).
/// </summary>
public sealed record StepBegin : StepChange
{
    /// <summary>What the step is. Name, version, parent, inputs, type and times count; the rest is set by the store.</summary>
    public required StepRecord Step { get; init; }

    /// <summary>Who begins it.</summary>
    public required string Owner { get; init; }

    /// <summary>Why.</summary>
    public StepReason Reason { get; init; }

    /// <summary>How long the attempt has the step to itself, from the commit on, by the clock of the store.</summary>
    public required TimeSpan Lease { get; init; }

    /// <summary>Whether the process of the attempt before is known to have ended, so that its lease counts no more.</summary>
    public bool SupersedesEnded { get; init; }
}

/// <summary>An attempt goes on, and its lease begins anew. Guards as for <see cref="StepEnd"/>.</summary>
public sealed record StepRenewal : StepChange
{
    /// <summary>How long the attempt has the step to itself, from the commit on, by the clock of the store.</summary>
    public required TimeSpan Lease { get; init; }
}

/// <summary>
/// An attempt ends. Guard <c>step.fence</c>: it is the latest one and under way. Guard <c>step.lease</c>: its lease has not expired, whether
/// or not another attempt has begun since.
/// </summary>
public sealed record StepEnd : StepChange
{
    /// <summary>How it ended: kept, failed or cancelled.</summary>
    public required StepOutcome Outcome { get; init; }

    /// <summary>What went wrong; null when nothing did.</summary>
    public ResponseError? Error { get; init; }

    /// <summary>The artifact that is the result, of this commit or an earlier one; null when it was not kept.</summary>
    public string? ResultArtifact { get; init; }

    /// <summary>The content of that artifact.</summary>
    public ContentDigest? ResultDigest { get; init; }

    /// <summary>What was read for it.</summary>
    public IReadOnlyList<StepRead> Reads { get; init; } = [];

    /// <summary>What was taken out of <see cref="Error"/>; added to <see cref="StepRecord.Redactions"/>.</summary>
    public IReadOnlyList<Redaction> Redactions { get; init; } = [];
}
