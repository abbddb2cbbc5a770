namespace Dossier;

/// <summary>Adds up what attempts took.</summary>
internal sealed class AttemptTally
{
    private int _responses;
    private int _attempts;

    public SortedDictionary<string, decimal> Costs { get; } = new(StringComparer.Ordinal);

    public TokenUsage Tokens { get; private set; } = new();

    public int Unpriced { get; private set; }

    public void AddResponse() => _responses++;

    /// <param name="isOfModel">Whether it is known what was called: an operation of the caller's own need not cost anything.</param>
    public void Add(Attempt attempt, bool isOfModel)
    {
        _attempts++;
        Tokens += attempt.Usage ?? new();
        if (attempt.Cost is { } cost)
            Costs[cost.Currency] = Costs.GetValueOrDefault(cost.Currency) + cost.Amount;
        else if (isOfModel && attempt.HasContent)
            Unpriced++;
    }

    /// <summary>What several took together.</summary>
    public static AttemptTally Sum(IEnumerable<AttemptTally> tallies)
    {
        var sum = new AttemptTally();
        foreach (var tally in tallies)
        {
            sum._responses += tally._responses;
            sum._attempts += tally._attempts;
            sum.Tokens += tally.Tokens;
            sum.Unpriced += tally.Unpriced;
            foreach (var (currency, amount) in tally.Costs)
                sum.Costs[currency] = sum.Costs.GetValueOrDefault(currency) + amount;
        }
        return sum;
    }

    public ModelTotals OfModel(string model) =>
        new()
        {
            Model = model,
            Responses = _responses,
            Tokens = Tokens,
            Costs = Costs,
            Unpriced = Unpriced,
        };

    public AttemptTotals OfAttempts() =>
        new()
        {
            Attempts = _attempts,
            Tokens = Tokens,
            Costs = Costs,
            Unpriced = Unpriced,
        };
}
