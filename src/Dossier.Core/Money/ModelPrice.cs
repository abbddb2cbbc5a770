using System.Globalization;

namespace Dossier;

/// <summary>What a model's tokens cost, per million, and where that is known from.</summary>
public sealed record ModelPrice : TokenPrices
{
    /// <summary>The currency (ISO 4217).</summary>
    /// <value><c>USD</c> by default.</value>
    public string Currency { get; init; } = "USD";

    /// <summary>Where the prices came from, and of which date they are.</summary>
    public required FactSource Source { get; init; }

    /// <summary>Other prices for calls with much input.</summary>
    /// <value>None by default. In any order.</value>
    public IReadOnlyList<ModelPriceTier> Tiers { get; init; } = [];

    /// <summary>What a call with these tokens cost, in exact decimal arithmetic.</summary>
    /// <param name="usage">The tokens of one call; the sum of several calls may fall into a tier that none of them reached.</param>
    /// <returns>The cost; null (unpriced) when a class with tokens has no price.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="usage"/> is null.</exception>
    public Cost? CostOf(TokenUsage usage)
    {
        ArgumentNullException.ThrowIfNull(usage);
        return AmountOfCall(usage) is { } amount
            ? new Cost
            {
                Amount = amount,
                Currency = Currency,
                PriceSource = Source,
            }
            : null;
    }

    /// <summary>Input and output price, and the source.</summary>
    public override string ToString() => $"{Amount(Input)} in, {Amount(Output)} out per million tokens ({Source})";

    /// <summary>The exact amount with the prices of the tier that the call falls into.</summary>
    internal decimal? AmountOfCall(TokenUsage usage) => PricesFor(usage.TotalInput).AmountOf(usage);

    /// <summary>The prices of a call with so many input tokens of all classes.</summary>
    internal TokenPrices PricesFor(long inputTokens)
    {
        ModelPriceTier? reached = null;
        foreach (var tier in Tiers)
        {
            if (inputTokens > tier.AboveInputTokens && !(reached?.AboveInputTokens > tier.AboveInputTokens))
                reached = tier;
        }
        return reached is null ? this : reached;
    }

    internal string Amount(decimal? price) =>
        price is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known:0.######} {Currency}") : "unpriced";
}

/// <summary>
/// Prices that apply to the whole call, not only to what exceeds the threshold, when it has more than so many input
/// tokens of all classes. Stands for itself: a class that it leaves out is not taken from the model's other prices.
/// </summary>
public sealed record ModelPriceTier : TokenPrices
{
    /// <summary>The number of input tokens that a call must exceed.</summary>
    public required long AboveInputTokens { get; init; }
}
