namespace Dossier;

/// <summary>Sums a session up from its records, page by page.</summary>
internal static class SummaryBuilder
{
    private const int SlowestCount = 3;
    private const int FailedCount = 5;

    public static async Task<SessionSummary> BuildAsync(
        StoreServices services,
        string sessionId,
        ModelDescriptor? defaultModel,
        CancellationToken cancellationToken
    )
    {
        var records = services.Storage.Records;
        var info =
            await records.GetSessionAsync(sessionId, cancellationToken).ConfigureAwait(false)
            ?? throw new NotFoundException($"Session '{sessionId}' is no longer in {services.Storage.Location}.");

        var artifacts = await services.CountArtifactsAsync(sessionId, null, cancellationToken).ConfigureAwait(false);
        var responses = new ResponseTotals();
        var pages = Storage.RecordPages.ReadAllAsync(next => records.QueryResponsesAsync(sessionId, new(), next, cancellationToken));
        await foreach (var response in pages.ConfigureAwait(false))
            responses.Add(response);

        return new()
        {
            Session = info,
            Age = services.Time.GetUtcNow() - info.CreatedAt,
            DefaultModel = defaultModel,
            Models = [.. responses.Models.OrderByDescending(m => m.Tokens.Total).ThenBy(m => m.Model, StringComparer.Ordinal)],
            Artifacts = artifacts.ByContentType,
            Responses = responses.Outcomes,
            Tokens = responses.Tokens,
            Costs = responses.Costs,
            Unpriced = responses.Unpriced,
            Slowest = [.. responses.Slowest.Select(Digest)],
            Failed = [.. responses.Failed.Reverse().Select(Digest)],
        };
    }

    private static ResponseSummary Digest(TrackedResponse response) =>
        new()
        {
            Id = response.Id,
            Subject = response.Key ?? ModelOf(response) ?? "response",
            Outcome = response.Outcome,
            Duration = response.Duration,
            Error = response.Error?.Message,
        };

    private static string? ModelOf(TrackedResponse response) =>
        response is { Provider: { } provider, RequestedModel: { } model } ? $"{provider}/{model}" : null;

    private sealed class ResponseTotals
    {
        private readonly Dictionary<string, ModelTally> _models = [];
        private readonly CostTally _costs = new();

        public SortedDictionary<ResponseOutcome, int> Outcomes { get; } = [];

        public IReadOnlyDictionary<string, decimal> Costs => _costs.Amounts;

        public IEnumerable<ModelTotals> Models => _models.Select(pair => pair.Value.Total(pair.Key));

        public TokenUsage Tokens { get; private set; } = new();

        public int Unpriced => _costs.Unpriced;

        public List<TrackedResponse> Slowest { get; } = [];

        public Queue<TrackedResponse> Failed { get; } = new();

        public void Add(TrackedResponse response)
        {
            Outcomes[response.Outcome] = Outcomes.GetValueOrDefault(response.Outcome) + 1;
            Tokens += response.Usage ?? new();
            _costs.Add(response);
            if (ModelOf(response) is { } model)
            {
                if (!_models.TryGetValue(model, out var tally))
                    _models.Add(model, tally = new());
                tally.Add(response);
            }
            if (response.Duration is not null)
                AddSlow(response);
            if (response.Outcome is ResponseOutcome.Failed or ResponseOutcome.Cancelled)
            {
                Failed.Enqueue(response);
                if (Failed.Count > FailedCount)
                    Failed.Dequeue();
            }
        }

        private void AddSlow(TrackedResponse response)
        {
            var at = Slowest.FindIndex(other => other.Duration < response.Duration);
            Slowest.Insert(at < 0 ? Slowest.Count : at, response);
            if (Slowest.Count > SlowestCount)
                Slowest.RemoveAt(SlowestCount);
        }
    }

    private sealed class ModelTally
    {
        private readonly CostTally _costs = new();
        private TokenUsage _tokens = new();
        private int _responses;

        public void Add(TrackedResponse response)
        {
            _responses++;
            _tokens += response.Usage ?? new();
            _costs.Add(response);
        }

        public ModelTotals Total(string model) =>
            new()
            {
                Model = model,
                Responses = _responses,
                Tokens = _tokens,
                Costs = _costs.Amounts,
                Unpriced = _costs.Unpriced,
            };
    }

    private sealed class CostTally
    {
        public SortedDictionary<string, decimal> Amounts { get; } = new(StringComparer.Ordinal);

        public int Unpriced { get; private set; }

        public void Add(TrackedResponse response)
        {
            if (response.Cost is { } cost)
                Amounts[cost.Currency] = Amounts.GetValueOrDefault(cost.Currency) + cost.Amount;
            // Of a failed call only what had arrived is certain to have been paid for.
            else if (ModelOf(response) is not null && (response.Success || response.ResponseMessages is not null))
                Unpriced++;
        }
    }
}
