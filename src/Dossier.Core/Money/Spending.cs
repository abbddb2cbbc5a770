namespace Dossier;

/// <summary>What attempts took, as far as a budget is concerned.</summary>
internal static class Spending
{
    /// <summary>What attempts took that nothing was held for: what is not known of them counts as nothing.</summary>
    public static BudgetAmount Of(ReadOnlySpan<Attempt> attempts) => Of(attempts, static attempt => (0, attempt.Usage?.Total ?? 0));

    /// <summary>What the attempts of one model call took.</summary>
    /// <param name="attempts">The attempts.</param>
    /// <param name="need">What the call was expected to take.</param>
    /// <param name="held">What is held for it.</param>
    /// <param name="arrived">The tokens of what came back, at the most.</param>
    public static BudgetAmount Of(ReadOnlySpan<Attempt> attempts, CallNeed need, BudgetAmount held, long arrived) =>
        Of(
            attempts,
            attempt =>
            {
                var unknown = attempt.Outcome switch
                {
                    // Its tokens are known, and a class of them has no price.
                    _ when attempt.Usage is { } usage => need.With(usage.TotalOutput) with { Tokens = usage.Total },
                    // The answer is here, and nobody said what it took; or nobody waited for the rest of it, and the vendor was told.
                    AttemptOutcome.Succeeded => need.With(arrived),
                    AttemptOutcome.Cancelled when attempt.TimeToFirstToken is not null => need.With(arrived),
                    AttemptOutcome.Cancelled => held,
                    // The vendor may have gone on to the end: a gateway that lost patience, a connection that was lost, an answer that nobody could read.
                    AttemptOutcome.Failed => attempt.HasContent || !WasRefused(attempt.Error) ? held : BudgetAmount.Nothing,
                    _ => BudgetAmount.Nothing,
                };
                return (unknown.Cost, unknown.Tokens);
            }
        );

    /// <summary>Whether a call was surely not sent, or surely turned away: no vendor bills for that.</summary>
    private static bool WasRefused(ResponseError? error) =>
        error switch
        {
            {
                Kind: ProviderErrorKind.Connection
                    or ProviderErrorKind.Misconfigured
                    or ProviderErrorKind.Authentication
                    or ProviderErrorKind.PermissionDenied
                    or ProviderErrorKind.NotFound
                    or ProviderErrorKind.InvalidRequest
                    or ProviderErrorKind.ContextTooLong
                    or ProviderErrorKind.RateLimited
                    or ProviderErrorKind.QuotaExceeded
            } => true,
            { Kind: ProviderErrorKind.Overloaded, StatusCode: not null } => true,
            { StatusCode: >= 400 and <= 499 and not 408 } => true,
            _ => false,
        };

    private static BudgetAmount Of(ReadOnlySpan<Attempt> attempts, Func<Attempt, (decimal Cost, long Tokens)> unknown)
    {
        decimal cost = 0;
        long tokens = 0;
        var (calls, lastCall) = (0, 0);
        foreach (var attempt in attempts)
        {
            if (attempt.ReplayedFrom is not null)
                continue;
            (decimal Cost, long Tokens) spent = attempt is { Usage: { } usage, Cost: { } paid }
                ? (InUsd(paid), usage.Total)
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
