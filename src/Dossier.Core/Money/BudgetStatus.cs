using System.Text;
using Dossier.Storage;

namespace Dossier;

/// <summary>Where a session stands with its budget. <see cref="ToString"/> is for people.</summary>
public sealed record BudgetStatus
{
    /// <summary>The limits; null when there are none.</summary>
    public Budget? Limits { get; init; }

    /// <summary>What was spent, with or without limits.</summary>
    public required BudgetAmount Settled { get; init; }

    /// <summary>What is set aside for calls that have begun.</summary>
    public required BudgetAmount Held { get; init; }

    /// <summary>What is held, call by call, the oldest first.</summary>
    public IReadOnlyList<HeldAmount> Holds { get; init; } = [];

    /// <summary>The limit of which more is spent than <see cref="Budget.WarnAt"/> says, the one that is nearest to its end; null when there is none.</summary>
    public string? Warning { get; init; }

    /// <summary>The money that is left, in USD; negative when calls took more than was expected, null without a limit.</summary>
    public decimal? CostLeft => Limits?.MaxCost - Settled.Cost - Held.Cost;

    /// <summary>The tokens that are left; negative when calls took more than was expected, null without a limit.</summary>
    public long? TokensLeft => Limits?.MaxTokens - Settled.Tokens - Held.Tokens;

    /// <summary>The calls that are left; null without a limit.</summary>
    public long? CallsLeft => Limits?.MaxCalls - Settled.Calls - Held.Calls;

    internal static BudgetStatus Of(BudgetLedger ledger, DateTimeOffset now) =>
        new()
        {
            Limits = ledger.Limits,
            Settled = ledger.Settled,
            Held = ledger.Held,
            Holds =
            [
                .. ledger
                    .Holds.Where(hold => hold.Charged is null)
                    .Select(hold => new HeldAmount
                    {
                        Hold = hold,
                        Age = now - hold.TakenAt,
                        IsAbandoned = hold.IsAbandoned(now),
                    }),
            ],
            Warning = WarningOf(ledger)?.Limit,
        };

    /// <summary>What is held by calls that may still end.</summary>
    internal static BudgetAmount UnderWay(BudgetLedger ledger, DateTimeOffset now) =>
        ledger
            .Holds.Where(hold => hold.Charged is null && !hold.IsAbandoned(now))
            .Aggregate(BudgetAmount.Nothing, static (sum, hold) => sum + hold.Amount);

    internal static (string Limit, decimal Share)? WarningOf(BudgetLedger ledger)
    {
        if (ledger.Limits is not { } limits)
            return null;
        (string Limit, decimal? Share)[] shares =
        [
            (nameof(Budget.MaxCost), Share(ledger.Settled.Cost, limits.MaxCost)),
            (nameof(Budget.MaxTokens), Share(ledger.Settled.Tokens, limits.MaxTokens)),
            (nameof(Budget.MaxCalls), Share(ledger.Settled.Calls, limits.MaxCalls)),
        ];
        var (limit, share) = shares.MaxBy(it => it.Share ?? -1);
        return share >= limits.WarningShare ? (limit, share.Value) : null;

        static decimal? Share(decimal settled, decimal? limit) =>
            limit is { } known
                ? known > 0
                    ? settled / known
                    : settled > 0
                        ? 1
                        : 0
                : null;
    }

    /// <summary>Limits, what is settled, what is held, and what is wrong.</summary>
    public override string ToString()
    {
        var text = new StringBuilder($"{(Limits is null ? "no limit" : Limits)}: {Settled} settled, {Held} held");
        if (Warning is { } limit)
            text.Append($"; {limit} is nearly spent");
        if (Holds.Count(hold => hold.IsAbandoned) is > 0 and var abandoned)
            text.Append($"; {BudgetAmount.Count(abandoned, "hold")} of processes that have ended");
        return text.ToString();
    }
}

/// <summary>What is held for one call.</summary>
public sealed record HeldAmount
{
    /// <summary>The hold.</summary>
    public required BudgetHold Hold { get; init; }

    /// <summary>How long ago it was taken.</summary>
    public required TimeSpan Age { get; init; }

    /// <summary>
    /// Whether the process that took it has ended, so that nobody will settle it: it stays charged until it is resolved with
    /// <see cref="SessionBudget.ReleaseAsync"/> or <see cref="SessionBudget.ChargeAsync"/>. Of a process of another machine that is assumed after an hour.
    /// </summary>
    public required bool IsAbandoned { get; init; }
}
