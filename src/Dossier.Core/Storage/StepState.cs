using System.Globalization;

namespace Dossier.Storage;

/// <summary>What each change makes of a step: the same for every store.</summary>
internal static class StepState
{
    private const int MostAttempts = 64;

    /// <summary>The step after a change.</summary>
    /// <param name="step">The step as the store has it; null when there is none.</param>
    /// <param name="change">What happens.</param>
    /// <param name="commit">The commit that says so.</param>
    /// <param name="now">The clock of the store, which all who use it share.</param>
    /// <exception cref="ConflictException">A guard failed.</exception>
    public static StepRecord After(this StepRecord? step, StepChange change, SessionCommit commit, DateTimeOffset now)
    {
        now = now.ToRecordTime();
        return change switch
        {
            StepBegin begin => Begin(step, begin, commit, now),
            StepRenewal renewal => Mine(step, renewal, commit, now) with { LeaseExpiresAt = now + renewal.Lease },
            StepEnd end => End(Mine(step, end, commit, now), end, now),
            _ => throw new ArgumentException($"There is no change '{change.GetType()}' of a step.", nameof(change)),
        };
    }

    private static StepRecord Begin(StepRecord? step, StepBegin begin, SessionCommit commit, DateTimeOffset now)
    {
        var latest = step?.Fence ?? 0;
        if (begin.Fence != latest + 1)
            throw CommitGuards.StepFence(commit, begin, latest);
        if (step is { Status: StepStatus.Running } && step.LeaseExpiresAt > now && !begin.SupersedesEnded)
            throw CommitGuards.StepLeased(commit, step);
        var attempts = step is { InheritedFrom: null } ? step.Attempts : [];
        if (step is { Status: StepStatus.Running })
            attempts = Ended(attempts, StepOutcome.Lost, Lost(attempts[^1]), now);
        var attempt = new StepAttempt
        {
            Number = begin.Fence,
            Reason = begin.Reason,
            Owner = begin.Owner,
            StartedAt = now,
        };
        var isNew = step is null;
        return begin.Step with
        {
            Key = begin.Key,
            SessionId = commit.SessionId,
            ParentKey = isNew ? begin.Step.ParentKey : step!.ParentKey,
            Sequence = step?.Sequence ?? 0,
            CreatedAt = isNew ? begin.Step.CreatedAt : step!.CreatedAt,
            Status = StepStatus.Running,
            Fence = begin.Fence,
            LeaseExpiresAt = now + begin.Lease,
            Attempts = [.. attempts.Skip(attempts.Count + 1 - MostAttempts), attempt],
            ResultArtifact = null,
            ResultDigest = null,
            HasResult = false,
            Reads = [],
        };
    }

    private static StepRecord End(StepRecord step, StepEnd end, DateTimeOffset now) =>
        step with
        {
            Status = end.Outcome switch
            {
                StepOutcome.Kept => StepStatus.Kept,
                StepOutcome.Cancelled => StepStatus.Cancelled,
                _ => StepStatus.Failed,
            },
            LeaseExpiresAt = null,
            Attempts = Ended(step.Attempts, end.Outcome, end.Error, now),
            ResultArtifact = end.ResultArtifact,
            ResultDigest = end.ResultDigest,
            Reads = end.Reads,
            Redactions = RedactionTally.Sum(step.Redactions, end.Redactions),
        };

    private static StepRecord Mine(StepRecord? step, StepChange change, SessionCommit commit, DateTimeOffset now)
    {
        if (step?.Fence != change.Fence || step.Status is not StepStatus.Running)
            throw CommitGuards.StepFence(commit, change, step?.Fence ?? 0);
        return step.LeaseExpiresAt > now ? step : throw CommitGuards.StepExpired(commit, step, now);
    }

    private static IReadOnlyList<StepAttempt> Ended(
        IReadOnlyList<StepAttempt> attempts,
        StepOutcome outcome,
        ResponseError? error,
        DateTimeOffset now
    ) =>
        [
            .. attempts.SkipLast(1),
            attempts[^1] with
            {
                Outcome = outcome,
                Error = error,
                // A clock that was set back does not make a time negative.
                Duration = TimeSpan.FromTicks(Math.Max(0, (now - attempts[^1].StartedAt).Ticks)),
            },
        ];

    private static ResponseError Lost(StepAttempt attempt) =>
        new()
        {
            Message = $"Attempt {attempt.Number} never ended: its process ({attempt.Owner}) had ended, or its lease had expired.",
            Kind = ProviderErrorKind.Interrupted,
            IsTransient = true,
        };

    public static string Text(this DateTimeOffset time) => time.ToString("O", CultureInfo.InvariantCulture);
}
