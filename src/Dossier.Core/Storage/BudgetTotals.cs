using System.Globalization;

namespace Dossier.Storage;

/// <summary>The sums of a session's ledger, and the rules by which holds and settlements change them: the same for every store.</summary>
internal sealed record BudgetTotals(BudgetAmount Settled, BudgetAmount Held)
{
    public static readonly BudgetTotals Nothing = new(BudgetAmount.Nothing, BudgetAmount.Nothing);

    /// <summary>Takes a hold.</summary>
    /// <exception cref="ConflictException">Guard <c>budget</c>: it does not fit.</exception>
    public BudgetTotals Take(BudgetHold hold, Budget? limits, string sessionId)
    {
        var taken = this with { Held = Held + hold.Amount };
        var sum = taken.Settled + taken.Held;
        // A call without money is not kept from going because money was overdrawn, nor the other way round.
        Check(hold.Amount.Cost > 0 && sum.Cost > limits?.MaxCost, nameof(Budget.MaxCost), limits?.MaxCost, sum.Cost);
        Check(hold.Amount.Tokens > 0 && sum.Tokens > limits?.MaxTokens, nameof(Budget.MaxTokens), limits?.MaxTokens, sum.Tokens);
        Check(hold.Amount.Calls > 0 && sum.Calls > limits?.MaxCalls, nameof(Budget.MaxCalls), limits?.MaxCalls, sum.Calls);
        return taken;

        void Check(bool exceeded, string limit, decimal? expected, decimal actual)
        {
            if (exceeded)
                throw new ConflictException(
                    "budget",
                    expected?.ToString(CultureInfo.InvariantCulture),
                    actual.ToString(CultureInfo.InvariantCulture),
                    $"The hold '{hold.Id}' of {hold.Amount} does not fit into the budget of session '{sessionId}': with it {actual} of {limit} {expected} would be taken. "
                        + "Take a smaller one, or wait until another one is settled."
                );
        }
    }

    /// <summary>Settles.</summary>
    /// <param name="settlement">What was spent.</param>
    /// <param name="hold">The hold that it names, as the store has it; null when it has none.</param>
    /// <param name="sessionId">The session, for messages.</param>
    /// <param name="left">What becomes of the hold; null when it goes.</param>
    /// <exception cref="ConflictException">Guard <c>budget.hold</c>: a hold is to be resolved that is not open.</exception>
    public BudgetTotals Settle(BudgetSettlement settlement, BudgetHold? hold, string sessionId, out BudgetHold? left)
    {
        left = null;
        if (settlement.IsResolution)
        {
            if (hold is not { Charged: null })
                throw new ConflictException(
                    "budget.hold",
                    "open",
                    hold is null ? null : "resolved",
                    $"Session '{sessionId}' has no open hold '{settlement.HoldId}': its call has ended, or it was resolved before."
                );
            left = hold with { Charged = settlement.Amount };
        }
        // A hold goes when its call is settled: what is said of it again, by a writer who could not know, is said already.
        else if (settlement.HoldId is not null && hold is null)
        {
            return this;
        }
        // What a call says that ends later than somebody thought replaces what that somebody charged.
        var charged = hold?.Charged ?? BudgetAmount.Nothing;
        var freed = hold is { Charged: null } ? hold.Amount : BudgetAmount.Nothing;
        return new(Settled + settlement.Amount - charged, Held - freed);
    }

    /// <summary>A hold has an id that another one has.</summary>
    public static ConflictException Taken(BudgetHold hold, string sessionId) =>
        new("budget.hold", null, hold.Id, $"The session '{sessionId}' already has a hold with the id '{hold.Id}'. Use a new id.");

    /// <summary>The sums as text; null when there are none.</summary>
    public string? Encode() =>
        this == Nothing
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{Settled.Cost} {Settled.Tokens} {Settled.Calls} {Held.Cost} {Held.Tokens} {Held.Calls}"
            );

    /// <exception cref="FormatException">It is not what <see cref="Encode"/> makes.</exception>
    public static BudgetTotals Decode(string text)
    {
        return text.Split(' ') is [var cost, var tokens, var calls, var heldCost, var heldTokens, var heldCalls]
            ? new(Amount(cost, tokens, calls), Amount(heldCost, heldTokens, heldCalls))
            : throw new FormatException($"'{text}' are not the sums of a budget.");

        static BudgetAmount Amount(string cost, string tokens, string calls) =>
            new()
            {
                Cost = decimal.Parse(cost, NumberStyles.Float, CultureInfo.InvariantCulture),
                Tokens = long.Parse(tokens, NumberStyles.Integer, CultureInfo.InvariantCulture),
                Calls = long.Parse(calls, NumberStyles.Integer, CultureInfo.InvariantCulture),
            };
    }
}
