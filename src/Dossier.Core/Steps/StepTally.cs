using Dossier.Storage;

namespace Dossier;

/// <summary>Adds up steps, and then the responses that were made in them, by name. Used by one caller.</summary>
/// <param name="only">The one that is asked for; null for all.</param>
internal sealed class StepTally(ContentDigest? only = null)
{
    private readonly Dictionary<ContentDigest, (NameTally? Tally, StepRecord Step)> _steps = [];
    private readonly Dictionary<string, NameTally> _names = [];

    /// <summary>By name, in the order in which they first began.</summary>
    public IReadOnlyList<StepTotals> Totals => [.. _names.Select(pair => pair.Value.ToTotals(pair.Key))];

    public void Add(StepRecord step)
    {
        NameTally? tally = null;
        if ((only is null || step.Key == only) && !_names.TryGetValue(step.Name, out tally))
            _names.Add(step.Name, tally = new());
        tally?.Add(step);
        _steps[step.Key] = (tally, step);
    }

    /// <summary>Whether steps were added that are nested in one.</summary>
    public bool HasSteps(ContentDigest within) => _steps.Values.Any(it => it.Step.ParentKey == within);

    /// <summary>Of one that was made in none of the steps, or elsewhere, nothing is counted.</summary>
    public void Add(TrackedResponse response)
    {
        if (response.InheritedFrom is not null || response.StepKey is not { } key || !_steps.TryGetValue(key, out var step))
            return;
        step.Tally?.AddOwn(response, isRepeated: response.StepAttempt < step.Step.Fence);
        // For each name once, though steps of one name may be nested in one another.
        var around = new HashSet<NameTally>();
        for (var depth = 0; depth <= _steps.Count; depth++)
        {
            if (step.Tally is { } tally && around.Add(tally))
                tally.Add(response);
            if (step.Step.ParentKey is not { } parent || !_steps.TryGetValue(parent, out step))
                return;
        }
    }

    private sealed class NameTally
    {
        private readonly SortedDictionary<StepStatus, int> _steps = [];
        private readonly AttemptTally _spent = new();
        private readonly AttemptTally _own = new();
        private readonly AttemptTally _repeated = new();
        private long _attempts;
        private TimeSpan _duration;

        public void Add(StepRecord step)
        {
            _steps[step.Status] = _steps.GetValueOrDefault(step.Status) + 1;
            if (step.InheritedFrom is not null)
                return;
            _attempts += step.Fence;
            _duration += step.Attempts is [.., { Duration: { } duration }] ? duration : TimeSpan.Zero;
        }

        public void Add(TrackedResponse response) => Add(_spent, response);

        public void AddOwn(TrackedResponse response, bool isRepeated)
        {
            Add(_own, response);
            if (isRepeated)
                Add(_repeated, response);
        }

        public StepTotals ToTotals(string name) =>
            new()
            {
                Name = name,
                Steps = _steps,
                Attempts = _attempts,
                Duration = _duration,
                Spent = _spent.OfAttempts(),
                Own = _own.OfAttempts(),
                Repeated = _repeated.OfAttempts(),
            };

        private static void Add(AttemptTally tally, TrackedResponse response)
        {
            foreach (var attempt in ResponseTotals.AttemptsOf(response))
                tally.Add(attempt, isOfModel: attempt.Provider.Length > 0);
        }
    }
}
