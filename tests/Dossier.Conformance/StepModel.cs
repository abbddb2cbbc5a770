using System.Globalization;
using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>One step of a <see cref="SessionModel"/>. Its lease lasts longer than the test, or has expired when it is given.</summary>
internal sealed record StepModel(ContentDigest Key, string Name, IReadOnlyList<StepInputRecord> Inputs)
{
    public long Sequence { get; init; }

    public StepStatus Status { get; init; }

    public bool IsLeased { get; init; }

    public IReadOnlyList<StepOutcome> Outcomes { get; init; } = [];

    public string? Result { get; init; }

    public int Fence => Outcomes.Count;

    private bool IsRunning => Status is StepStatus.Running;

    /// <summary>What a change makes of a step; null when there is none yet.</summary>
    public static StepModel After(StepModel? step, StepChange change, string sessionId)
    {
        var latest = step?.Fence ?? 0;
        if (change is StepBegin begin)
        {
            if (begin.Fence != latest + 1)
                throw Fenced(latest, sessionId);
            if (step is { IsRunning: true, IsLeased: true } && !begin.SupersedesEnded)
                throw Leased(sessionId);
            var ended = step is { IsRunning: true } ? step.Ended(StepOutcome.Lost) : step;
            return new(begin.Key, begin.Step.Name, begin.Step.Inputs)
            {
                Sequence = step?.Sequence ?? 0,
                IsLeased = begin.Lease > TimeSpan.Zero,
                Outcomes = [.. ended?.Outcomes ?? [], StepOutcome.Running],
            };
        }
        if (step is not { IsRunning: true } || change.Fence != latest)
            throw Fenced(latest, sessionId);
        if (!step.IsLeased)
            throw Leased(sessionId);
        return change is StepEnd end
            ? step.Ended(end.Outcome) with
            {
                Status = end.Outcome is StepOutcome.Kept ? StepStatus.Kept : StepStatus.Failed,
                IsLeased = false,
                Result = end.ResultArtifact,
            }
            : step with
            {
                IsLeased = ((StepRenewal)change).Lease > TimeSpan.Zero,
            };
    }

    private StepModel Ended(StepOutcome outcome) => this with { Outcomes = [.. Outcomes.SkipLast(1), outcome] };

    private static ConflictException Fenced(long latest, string sessionId) =>
        new("step.fence", null, latest == 0 ? null : latest.ToString(CultureInfo.InvariantCulture), sessionId);

    private static ConflictException Leased(string sessionId) => new("step.lease", null, null, sessionId);
}
