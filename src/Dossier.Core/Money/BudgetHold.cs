namespace Dossier;

/// <summary>What is set aside for a call that has begun: the most that it can take. It is settled by what the call took when that has ended.</summary>
public sealed record BudgetHold
{
    /// <summary>The id: 32 lower-case hex digits.</summary>
    public required string Id { get; init; }

    /// <summary>How much is set aside.</summary>
    public required BudgetAmount Amount { get; init; }

    /// <summary>When it was taken, UTC, in whole microseconds.</summary>
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>Who took it, as <c>machine/process id/start of the process</c>: by it a dead owner is told from a living one.</summary>
    public required string Owner { get; init; }

    /// <summary>The response that it was taken for.</summary>
    public string? ResponseId { get; init; }

    /// <summary>The model that is called, as <c>provider/model</c>.</summary>
    public string? Model { get; init; }

    /// <summary>
    /// What was charged when somebody resolved the hold without knowing how its call ended; null while it is open. It is kept until the
    /// call says what it took after all, which then replaces it.
    /// </summary>
    public BudgetAmount? Charged { get; init; }

    /// <summary>Whether the process that took it has ended, so that its call will not settle it.</summary>
    internal bool IsAbandoned(DateTimeOffset now) => ProcessOwner.HasEnded(Owner, TakenAt, now);

    /// <summary>What is held, for which model and by whom.</summary>
    public override string ToString() => $"{Amount} for {Model ?? "a call"} by {Owner} ({Id})";
}
