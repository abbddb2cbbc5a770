namespace Dossier;

/// <summary>What several attempts took together.</summary>
internal static class AttemptSums
{
    /// <summary>The tokens of those attempts that have usage; null when none has.</summary>
    public static TokenUsage? Usage(IReadOnlyList<Attempt> attempts)
    {
        TokenUsage? sum = null;
        for (var i = 0; i < attempts.Count; i++)
        {
            if (attempts[i].Usage is { } usage)
                sum = sum is null ? usage : sum + usage;
        }
        return sum;
    }

    /// <summary>
    /// What the attempts cost, with the price source of the latest that cost anything; null when one that brought something back
    /// has no known cost, when they were paid in several currencies, or when none has a cost.
    /// </summary>
    public static Cost? Cost(IReadOnlyList<Attempt> attempts)
    {
        Cost? sum = null;
        for (var i = 0; i < attempts.Count; i++)
        {
            if (attempts[i].Cost is not { } cost)
            {
                if (attempts[i].HasContent)
                    return null;
                continue;
            }
            if (sum is not null && !string.Equals(sum.Currency, cost.Currency, StringComparison.Ordinal))
                return null;
            sum = sum is null ? cost : cost with { Amount = sum.Amount + cost.Amount };
        }
        return sum;
    }

    /// <summary>How the only attempt of a response ended.</summary>
    public static AttemptOutcome ToAttemptOutcome(this ResponseOutcome outcome) =>
        outcome switch
        {
            ResponseOutcome.InProgress => AttemptOutcome.InProgress,
            ResponseOutcome.Succeeded => AttemptOutcome.Succeeded,
            ResponseOutcome.Cancelled => AttemptOutcome.Cancelled,
            ResponseOutcome.Interrupted => AttemptOutcome.Interrupted,
            _ => AttemptOutcome.Failed,
        };
}
