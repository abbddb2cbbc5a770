using System.Globalization;
using Dossier.Storage;

namespace Dossier;

/// <summary>Prices the recorded tokens of a session anew, call by call: a tier is reached by one call, not by their sum.</summary>
internal sealed class Repricer(StoreServices services, string sessionId)
{
    private const string NoTokens = "responses without tokens";

    /// <param name="model">The model to price all calls with; null for those that were called.</param>
    /// <param name="asOf">The day of the prices.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    public async Task<Repricing> RepriceAsync(ModelReference? model, DateOnly? asOf, CancellationToken cancellationToken)
    {
        var models = asOf is { } day ? services.Models.AsOf(day) : services.Models;
        var responses = new List<RepricedResponse>();
        var pages = RecordPages.ReadAllAsync(next =>
            services.Storage.Records.QueryResponsesAsync(sessionId, new(), next, cancellationToken)
        );
        await foreach (var response in pages.ConfigureAwait(false))
        {
            if (
                response is { InheritedFrom: null, Provider: { } provider, RequestedModel: { } requested }
                && (response.Usage is not null || HasAnswer(response))
            )
                responses.Add(Reprice(response, new(provider, requested), model, PriceAt, NameOf));
        }
        var priced = responses.Where(response => response.Cost is not null).ToList();
        return new()
        {
            Model = model?.ToString(),
            AsOf = asOf,
            Costs = Sums(priced.Select(response => response.Cost!)),
            Recorded = Sums(priced.Select(response => response.Recorded).OfType<Cost>()),
            Responses = responses,
            Unpriced = responses
                .Select(response => response.Unpriced)
                .OfType<string>()
                .CountBy(name => name)
                .OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .ToDictionary(),
        };

        // Of a price without a date nothing is known of another day, and nothing of a day before one that has a date.
        ModelPrice? PriceAt(string provider, string name) =>
            models.Get(provider, name)?.Price is { } price && (asOf is null || price.Source.Date <= asOf) ? price : null;

        string NameOf(ModelReference unpriced) =>
            asOf is { } date && models.Get(unpriced.Provider, unpriced.Model)?.Price is not null
                ? string.Create(CultureInfo.InvariantCulture, $"{unpriced} (no price of {date:yyyy-MM-dd} or before is kept)")
                : unpriced.ToString();
    }

    /// <summary>A failure without an answer costs nothing anywhere, nor does an answer from a record.</summary>
    private static bool HasAnswer(TrackedResponse response) =>
        !response.IsReplayed && (response.Success || response.ResponseMessages.Count > 0);

    private static RepricedResponse Reprice(
        TrackedResponse response,
        ModelReference requested,
        ModelReference? model,
        Func<string, string, ModelPrice?> priceOf,
        Func<ModelReference, string> nameOf
    )
    {
        Cost? sum = null;
        string? unpriced = null;
        var calls = CallsOf(response, requested);
        foreach (var (called, served, usage) in calls)
        {
            var cost = PriceOf(model, called, served, priceOf)?.CostOf(usage);
            if (cost is null || (sum is not null && !string.Equals(sum.Currency, cost.Currency, StringComparison.Ordinal)))
                unpriced = cost is null ? nameOf(model ?? called) : "responses in several currencies";
            else
                sum = sum is null ? cost : cost with { Amount = sum.Amount + cost.Amount };
        }
        // A turn of a tool loop that did not say its tokens is missing from the sum of the others.
        if (calls.Count == 0 || response.Attempts.Any(attempt => attempt is { HasContent: true, Usage: null }))
            unpriced ??= NoTokens;
        return new()
        {
            Id = response.Id,
            RequestedModel = requested.ToString(),
            Usage = response.Usage,
            Recorded = response.Cost,
            Cost = unpriced is null ? sum : null,
            Unpriced = unpriced,
        };
    }

    private static ModelPrice? PriceOf(
        ModelReference? model,
        ModelReference called,
        string? served,
        Func<string, string, ModelPrice?> priceOf
    ) =>
        model is { } other
            ? priceOf(other.Provider, other.Model)
            : (served is null ? null : priceOf(called.Provider, served)) ?? priceOf(called.Provider, called.Model);

    private static List<(ModelReference Called, string? Served, TokenUsage Usage)> CallsOf(
        TrackedResponse response,
        ModelReference requested
    )
    {
        var calls = new List<(ModelReference, string?, TokenUsage)>();
        foreach (var attempt in response.Attempts)
        {
            if (attempt.Usage is { } used)
                calls.Add((new(attempt.Provider, attempt.RequestedModel), attempt.ServedModel, used));
        }
        // What the caller tracked, and what was recorded before there were attempts, is one call.
        if (calls.Count == 0 && response.Usage is { } usage)
            calls.Add((requested, response.ServedModel, usage));
        return calls;
    }

    private static SortedDictionary<string, decimal> Sums(IEnumerable<Cost> costs)
    {
        var sums = new SortedDictionary<string, decimal>(StringComparer.Ordinal);
        foreach (var cost in costs)
            sums[cost.Currency] = sums.GetValueOrDefault(cost.Currency) + cost.Amount;
        return sums;
    }
}
