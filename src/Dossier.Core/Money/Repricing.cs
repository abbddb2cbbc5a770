using System.Globalization;

namespace Dossier;

/// <summary>What a session would have cost with another model, or with the prices of another day. Computed from the tokens that were recorded.</summary>
public sealed record Repricing
{
    /// <summary>The model that stands for all that were called, as <c>provider/model</c>; null when each is priced as itself.</summary>
    public string? Model { get; init; }

    /// <summary>The day of the prices; null for those that are known now.</summary>
    public DateOnly? AsOf { get; init; }

    /// <summary>What the session would have cost, by currency (ISO 4217), as far as it is priced.</summary>
    public required IReadOnlyDictionary<string, decimal> Costs { get; init; }

    /// <summary>What was recorded for the same responses, by currency: those of which both are known, so that the two can be compared.</summary>
    public required IReadOnlyDictionary<string, decimal> Recorded { get; init; }

    /// <summary>Response by response, in their order; those that called no model are left out.</summary>
    public required IReadOnlyList<RepricedResponse> Responses { get; init; }

    /// <summary>What could not be priced, and how many responses of each: models without a price or without one of that day, and responses of which a call did not say its tokens.</summary>
    public required IReadOnlyDictionary<string, int> Unpriced { get; init; }

    /// <summary>The sums, and what is missing from them.</summary>
    public override string ToString()
    {
        var subject = Model ?? "the same models";
        var date = AsOf is { } day ? string.Create(CultureInfo.InvariantCulture, $" at the prices of {day:yyyy-MM-dd}") : "";
        var unpriced =
            Unpriced.Count == 0 ? "" : $"; not priced: {string.Join(", ", Unpriced.Select(pair => $"{pair.Value} × {pair.Key}"))}";
        return $"{Sums(Costs)} with {subject}{date}, {Sums(Recorded)} recorded for the same calls{unpriced}";
    }

    private static string Sums(IReadOnlyDictionary<string, decimal> costs) =>
        costs.Count == 0
            ? "nothing"
            : string.Join(
                " + ",
                costs.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Value:0.00##########} {pair.Key}"))
            );
}

/// <summary>What one response would have cost.</summary>
public sealed record RepricedResponse
{
    /// <summary>The response's id.</summary>
    public required string Id { get; init; }

    /// <summary>The model that it asked for, as <c>provider/model</c>.</summary>
    public required string RequestedModel { get; init; }

    /// <summary>Its tokens, by class; null when they are not known.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>What was recorded; null when that is not known.</summary>
    public Cost? Recorded { get; init; }

    /// <summary>What it would have cost; null when that is not known.</summary>
    public Cost? Cost { get; init; }

    /// <summary>Why it could not be priced: the model that has no price, or that the tokens are not known. Null when it could.</summary>
    public string? Unpriced { get; init; }
}
