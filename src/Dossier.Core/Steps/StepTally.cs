using Dossier.Storage;

namespace Dossier;

/// <summary>Adds up steps, and then the responses that were made in them, by name. Used by one caller.</summary>
internal sealed class StepTally
{
    private readonly Dictionary<ContentDigest, (NameTally Tally, long Fence)> _steps = [];
    private readonly Dictionary<string, NameTally> _names = [];

    /// <summary>By name, in the order in which they first began.</summary>
    public IReadOnlyList<StepTotals> Totals => [.. _names.Select(pair => pair.Value.ToTotals(pair.Key))];

    public void Add(StepRecord step)
    {
        if (!_names.TryGetValue(step.Name, out var tally))
            _names.Add(step.Name, tally = new());
        _steps.Add(step.Key, (tally, step.Fence));
        tally.Add(step);
    }

    /// <summary>Of one that was made in none of the steps nothing is counted.</summary>
    public void Add(TrackedResponse response)
    {
        if (response.StepKey is { } key && _steps.TryGetValue(key, out var step))
            step.Tally.Add(response, isRepeated: response.StepAttempt < step.Fence);
    }

    private sealed class NameTally
    {
        private readonly SortedDictionary<StepStatus, int> _steps = [];
        private readonly AttemptTally _spent = new();
        private readonly AttemptTally _repeated = new();
        private long _attempts;
        private TimeSpan _duration;

        public void Add(StepRecord step)
        {
            _steps[step.Status] = _steps.GetValueOrDefault(step.Status) + 1;
            _attempts += step.Fence;
            _duration += step.Attempts is [.., { Duration: { } duration }] ? duration : TimeSpan.Zero;
        }

        public void Add(TrackedResponse response, bool isRepeated)
        {
            foreach (var attempt in ResponseTotals.AttemptsOf(response))
            {
                var isOfModel = attempt.Provider.Length > 0;
                _spent.Add(attempt, isOfModel);
                if (isRepeated)
                    _repeated.Add(attempt, isOfModel);
            }
        }

        public StepTotals ToTotals(string name) =>
            new()
            {
                Name = name,
                Steps = _steps,
                Attempts = _attempts,
                Duration = _duration,
                Spent = _spent.OfAttempts(),
                Repeated = _repeated.OfAttempts(),
            };
    }
}
