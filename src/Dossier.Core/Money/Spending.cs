namespace Dossier;

/// <summary>What attempts took, as far as a budget is concerned.</summary>
internal static class Spending
{
    /// <summary>What attempts took that nothing was held for: what is not known of them counts as nothing.</summary>
    public static BudgetAmount Of(IReadOnlyList<Attempt> attempts) =>
        Of(attempts, static attempt => new() { Tokens = attempt.Usage?.Total ?? 0 });

    /// <summary>What the attempts of one model call took.</summary>
    /// <param name="attempts">The attempts.</param>
    /// <param name="need">What the call was expected to take.</param>
    /// <param name="held">What is held for it.</param>
    /// <param name="arrived">The tokens of what came back, at the most.</param>
    public static BudgetAmount Of(IReadOnlyList<Attempt> attempts, CallNeed need, BudgetAmount held, long arrived) =>
        Of(
            attempts,
            attempt =>
                attempt.Outcome switch
                {
                    // Its tokens are known, and a class of them has no price.
                    _ when attempt.Usage is { } usage => need.With(usage.TotalOutput) with { Tokens = usage.Total },
                    // The answer is here, and nobody said what it took; or nobody waited for the rest of it, and the vendor was told.
                    AttemptOutcome.Succeeded => need.With(arrived),
                    AttemptOutcome.Cancelled when attempt.TimeToFirstToken is not null => need.With(arrived),
                    AttemptOutcome.Cancelled => held,
                    // The vendor may have gone on to the end.
                    AttemptOutcome.Failed when attempt.HasContent => held,
                    AttemptOutcome.Failed
                        when attempt.Error
                            is { StatusCode: null, Kind: ProviderErrorKind.Timeout or ProviderErrorKind.StreamInterrupted } => held,
                    // Refused, or never sent: no vendor bills for that.
                    _ => BudgetAmount.Nothing,
                }
        );

    private static BudgetAmount Of(IReadOnlyList<Attempt> attempts, Func<Attempt, BudgetAmount> unknown)
    {
        decimal cost = 0;
        long tokens = 0;
        var (calls, lastCall) = (0, 0);
        for (var i = 0; i < attempts.Count; i++)
        {
            var attempt = attempts[i];
            var spent = attempt is { Usage: { } usage, Cost: { } paid }
                ? new() { Cost = InUsd(paid), Tokens = usage.Total }
                : unknown(attempt);
            cost += spent.Cost;
            tokens += spent.Tokens;
            // The attempts of a call follow one another.
            if ((attempt.Outcome is AttemptOutcome.Succeeded || spent.Tokens > 0) && attempt.ModelCall != lastCall)
                (calls, lastCall) = (calls + 1, attempt.ModelCall);
        }
        return new()
        {
            Cost = cost,
            Tokens = tokens,
            Calls = calls,
        };
    }

    /// <summary>What is paid in another currency, or has no known price, is no money to a budget.</summary>
    public static decimal InUsd(Cost? cost) => cost is { Currency: BudgetAmount.Currency } ? cost.Amount : 0;
}
