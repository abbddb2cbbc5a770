namespace Dossier.Storage;

/// <summary>What a call took. It replaces what was held for it.</summary>
public sealed record BudgetSettlement
{
    /// <summary>The hold that it ends; one that has gone was settled before, and then nothing changes. Null when nothing was held for the call.</summary>
    public string? HoldId { get; init; }

    /// <summary>What was spent; recorded in full, also above the limits.</summary>
    public required BudgetAmount Amount { get; init; }

    /// <summary>
    /// Whether somebody resolves the hold who does not know how the call ended. Guard <c>budget.hold</c>: the hold has to be open.
    /// It stays, with this amount as what it was <see cref="BudgetHold.Charged"/>.
    /// </summary>
    public bool IsResolution { get; init; }
}

/// <summary>What a session has spent and set aside, as the store has it.</summary>
public sealed record BudgetLedger
{
    /// <summary>The limits, as the session's record has them; null when there are none.</summary>
    public Budget? Limits { get; init; }

    /// <summary>What was spent, with or without limits.</summary>
    public required BudgetAmount Settled { get; init; }

    /// <summary>The sum of the open holds.</summary>
    public required BudgetAmount Held { get; init; }

    /// <summary>The holds, in the order of their ids: open ones, and those that were resolved by somebody who did not know.</summary>
    public IReadOnlyList<BudgetHold> Holds { get; init; } = [];
}
