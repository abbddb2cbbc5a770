namespace Dossier;

/// <summary>What an operation cost, and the price it was computed from.</summary>
public sealed record Cost
{
    /// <summary>The amount, exact.</summary>
    public required decimal Amount { get; init; }

    /// <summary>The currency (ISO 4217).</summary>
    public string Currency { get; init; } = "USD";

    /// <summary>Where the price came from, and of which date it is.</summary>
    public required FactSource PriceSource { get; init; }

    /// <summary>The amount and the currency; the amount is exact.</summary>
    public override string ToString() =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Amount:0.00##########} {Currency}");
}
