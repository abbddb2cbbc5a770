using System.Collections.Immutable;

namespace Dossier.Storage;

/// <summary>The ledger of one session. Immutable, so that a commit that is refused has changed nothing.</summary>
internal sealed record MemoryBudget(BudgetTotals Totals, ImmutableSortedDictionary<string, byte[]> Holds)
{
    public static readonly MemoryBudget Empty = new(
        BudgetTotals.Nothing,
        ImmutableSortedDictionary.Create<string, byte[]>(StringComparer.Ordinal)
    );

    /// <summary>The ledger after a commit.</summary>
    /// <exception cref="ConflictException">A guard failed.</exception>
    public static MemoryBudget Post(SessionCommit commit, MemorySession? session)
    {
        var budget = session?.Budget ?? Empty;
        if (commit.Settlements.Count == 0 && commit.Holds.Count == 0)
            return budget;
        var (totals, holds) = budget;
        foreach (var settlement in commit.Settlements)
        {
            var hold = settlement.HoldId is { } id && holds.TryGetValue(id, out var bytes) ? RecordJson.DecodeHold(bytes) : null;
            totals = totals.Settle(settlement, hold, commit.SessionId, out var left);
            if (hold is not null)
                holds = left is null ? holds.Remove(hold.Id) : holds.SetItem(hold.Id, RecordJson.Encode(left));
        }
        if (commit.Holds.Count == 0)
            return new(totals, holds);
        var limits = commit.Session is { } info ? info.Budget : RecordJson.DecodeSession(session!.Info).Budget;
        foreach (var hold in commit.Holds)
        {
            if (holds.ContainsKey(hold.Id))
                throw BudgetTotals.Taken(hold, commit.SessionId);
            totals = totals.Take(hold, limits, commit.SessionId);
            holds = holds.Add(hold.Id, RecordJson.Encode(hold));
        }
        return new(totals, holds);
    }

    public BudgetLedger ToLedger(Budget? limits) =>
        new()
        {
            Limits = limits,
            Settled = Totals.Settled,
            Held = Totals.Held,
            Holds = [.. Holds.Values.Select(bytes => RecordJson.DecodeHold(bytes))],
        };
}
