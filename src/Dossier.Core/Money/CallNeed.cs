namespace Dossier;

/// <summary>The most that a call may take, as a function of its output. Immutable.</summary>
internal sealed class CallNeed
{
    private const decimal PerToken = 0.000001m;

    /// <summary>Stands for output without any bound.</summary>
    public const long Unbounded = long.MaxValue;

    // What is left of a budget may be more than a model writes, and vendors refuse such a cap. Few models write less than this.
    private const long CapOfUnknown = 8_192;

    private readonly decimal _inputCost;
    private readonly decimal _outputPrice;

    /// <param name="model">What is called.</param>
    /// <param name="input">The tokens that are sent, at the most.</param>
    /// <param name="wanted">The output that it may have, or <see cref="Unbounded"/>.</param>
    /// <param name="prices">What it costs; null when that is not known, and does not matter.</param>
    /// <param name="hasAudio">Whether sound is sent.</param>
    public CallNeed(ModelReference model, long input, long wanted, TokenPrices? prices, bool hasAudio = false)
    {
        (Model, Input, Wanted) = (model, input, wanted);
        if (prices is null)
            return;
        _inputCost = input * PerToken * (prices.MostOfInput(hasAudio) ?? 0);
        _outputPrice = PerToken * (prices.MostOfOutput ?? 0);
    }

    public ModelReference Model { get; }

    public long Input { get; }

    public long Wanted { get; }

    public BudgetAmount Least => With(1);

    /// <summary>What it takes with so much output; output without a bound is not counted, because then nothing limits it.</summary>
    public BudgetAmount With(long output)
    {
        var counted = output == Unbounded ? 0 : output;
        return new()
        {
            Cost = _inputCost + counted * _outputPrice,
            Tokens = Input + counted,
            Calls = 1,
        };
    }

    /// <summary>
    /// How much output fits beside what is taken, up to what is wanted; of output without a bound that anything limits, no more than a model is
    /// likely to write. Null when not even the input fits. Says which limit is the narrowest.
    /// </summary>
    public long? Fit(Budget limits, BudgetAmount taken, out string? narrowest)
    {
        var output = Wanted;
        string? by = null;
        if (_inputCost > 0 || _outputPrice > 0)
        {
            Limit(OutputFor(limits.MaxCost - taken.Cost), nameof(Budget.MaxCost));
            Limit(OutputFor(limits.MaxCostPerCall), nameof(Budget.MaxCostPerCall));
        }
        Limit(limits.MaxTokens - taken.Tokens - Input, nameof(Budget.MaxTokens));
        Limit(limits.MaxTokensPerCall - Input, nameof(Budget.MaxTokensPerCall));
        if (limits.MaxCalls - taken.Calls < 1)
            Limit(0, nameof(Budget.MaxCalls));
        narrowest = by;
        if (Wanted == Unbounded && by is not null)
            output = Math.Min(output, CapOfUnknown);
        return output >= 1 ? output : null;

        void Limit(long? fitting, string name)
        {
            if (fitting < output)
                (output, by) = (fitting.Value, name);
        }
    }

    private long? OutputFor(decimal? money)
    {
        if (money is not { } left)
            return null;
        var rest = left - _inputCost;
        if (rest < 0)
            return 0;
        if (_outputPrice == 0)
            return null;
        // No model writes as much, and the quotient might not fit into a number of tokens.
        return rest >= _outputPrice * int.MaxValue ? int.MaxValue : (long)decimal.Floor(rest / _outputPrice);
    }
}
