namespace Dossier;

/// <summary>Adds up the responses of a session, one after the other.</summary>
internal sealed class ResponseTotals
{
    private const int SlowestCount = 3;
    private const int FailedCount = 5;

    private readonly Dictionary<string, AttemptTally> _models = [];
    private readonly AttemptTally _all = new();
    private readonly AttemptTally _useful = new();
    private readonly AttemptTally _wasted = new();
    private readonly AttemptTally _inherited = new();
    private int _inheritedCount;

    public SortedDictionary<ResponseOutcome, int> Outcomes { get; } = [];

    public IReadOnlyDictionary<string, decimal> Costs => _all.Costs;

    public IEnumerable<ModelTotals> Models => _models.Select(pair => pair.Value.OfModel(pair.Key));

    public TokenUsage Tokens => _all.Tokens;

    public int Unpriced => _all.Unpriced;

    public int Replayed { get; private set; }

    public AttemptTotals Useful => _useful.OfAttempts();

    public AttemptTotals Wasted => _wasted.OfAttempts();

    /// <summary>What was inherited, and counts nowhere else.</summary>
    public InheritedTotals? Inherited => _inheritedCount == 0 ? null : new(_inheritedCount, _inherited.OfAttempts());

    public List<TrackedResponse> Slowest { get; } = [];

    public Queue<TrackedResponse> Failed { get; } = new();

    public void Add(TrackedResponse response)
    {
        if (response.InheritedFrom is not null)
        {
            _inheritedCount++;
            foreach (var attempt in AttemptsOf(response))
                _inherited.Add(attempt, isOfModel: attempt.Provider.Length > 0);
            return;
        }
        Outcomes[response.Outcome] = Outcomes.GetValueOrDefault(response.Outcome) + 1;
        foreach (var model in AttemptsOf(response).GroupBy(attempt => new ModelReference(attempt.Provider, attempt.RequestedModel)))
            Add(model.Key.Provider.Length == 0 ? null : model.Key.ToString(), model);
        if (response.Duration is not null)
            AddSlow(response);
        if (response.Outcome is ResponseOutcome.Failed or ResponseOutcome.Cancelled or ResponseOutcome.Interrupted)
        {
            Failed.Enqueue(response);
            if (Failed.Count > FailedCount)
                Failed.Dequeue();
        }
    }

    private void Add(string? model, IEnumerable<Attempt> attempts)
    {
        AttemptTally? tally = null;
        if (model is not null && !_models.TryGetValue(model, out tally))
            _models.Add(model, tally = new());
        tally?.AddResponse();
        foreach (var attempt in attempts)
        {
            _all.Add(attempt, isOfModel: model is not null);
            if (attempt.ReplayedFrom is not null)
                Replayed++;
            tally?.Add(attempt, isOfModel: true);
            if (attempt.Outcome is not AttemptOutcome.InProgress)
                (attempt.IsWasted ? _wasted : _useful).Add(attempt, isOfModel: model is not null);
        }
    }

    /// <summary>What was recorded without attempts, by an earlier version or by the caller, counts as one.</summary>
    public static IEnumerable<Attempt> AttemptsOf(TrackedResponse response) =>
        response.Attempts.Count > 0
            ? response.Attempts.Where(attempt => attempt.Outcome is not AttemptOutcome.Skipped)
            :
            [
                new()
                {
                    Number = 1,
                    Provider = response is { Provider: { } provider, RequestedModel: not null } ? provider : "",
                    RequestedModel = response.RequestedModel ?? "",
                    StartedAt = response.StartedAt,
                    // Of a failed call only what had arrived is certain to have been paid for.
                    TimeToFirstToken = response.ResponseMessages.Count == 0 ? null : response.TimeToFirstToken ?? TimeSpan.Zero,
                    Outcome = response.Outcome.ToAttemptOutcome(),
                    Usage = response.Usage,
                    Cost = response.Cost,
                },
            ];

    private void AddSlow(TrackedResponse response)
    {
        var at = Slowest.FindIndex(other => other.Duration < response.Duration);
        Slowest.Insert(at < 0 ? Slowest.Count : at, response);
        if (Slowest.Count > SlowestCount)
            Slowest.RemoveAt(SlowestCount);
    }
}
