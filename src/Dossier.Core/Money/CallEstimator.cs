using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>Works out beforehand what a call may take.</summary>
internal static class CallEstimator
{
    /// <summary>Counts what would be sent, as well as the model's tokenizer is known.</summary>
    public static InputCount Count(StoreServices services, ModelReference model, IEnumerable<ChatMessage> messages, ChatOptions? options) =>
        InputCount.Of(messages, options, services.Parts.FindTokenCounter(Named(model, options)) ?? CharacterCounter.Instance);

    /// <summary>What a call needs at the most, and whether its price is known in the currency of budgets.</summary>
    public static (CallNeed Call, bool IsPriced, ModelDescriptor? Descriptor) NeedOf(
        StoreServices services,
        ModelReference model,
        InputCount count,
        ChatOptions? options
    )
    {
        model = Named(model, options);
        var input = count.AtMost;
        var descriptor = services.Models.Get(model.Provider, model.Model);
        var prices = descriptor?.Price is { Currency: BudgetAmount.Currency } price ? price.PricesFor(input) : null;
        // Vectors are no output that is paid for; a token stands for it, since a call that brings nothing back is none.
        if (options is CallOptions { Embedding: not null })
            return (new(model, input, 1, prices?.Input is null ? null : prices with { Output = 0 }), prices?.Input is not null, descriptor);
        var isPriced = prices?.MostOfInput(count.HasAudio) is not null && prices.MostOfOutput is not null;
        long wanted =
            options?.MaxOutputTokens ?? descriptor?.MaxOutputTokens ?? Math.Max(1, descriptor?.ContextTokens - input ?? CallNeed.Unbounded);
        return (new(model, input, wanted, isPriced ? prices : null, count.HasAudio), isPriced, descriptor);
    }

    /// <summary>What a call may take, and what the budget would say to it now.</summary>
    public static async Task<CallEstimate> EstimateAsync(
        StoreServices services,
        string sessionId,
        ModelReference model,
        IEnumerable<ChatMessage> messages,
        ChatOptions? options,
        CancellationToken cancellationToken
    )
    {
        if (ModelOptions.Of(services, model, options ??= new()).OutputCap is { } bound)
            (options = options.Clone()).MaxOutputTokens = bound;
        model = Named(model, options);
        var input = Count(services, model, messages, options);
        var (need, isPriced, descriptor) = NeedOf(services, model, input, options);
        var ledger =
            await services.Storage.Records.GetBudgetAsync(sessionId, cancellationToken).ConfigureAwait(false)
            ?? throw await services.Storage.SessionGoneAsync(sessionId, cancellationToken).ConfigureAwait(false);
        long? output = need.Wanted == CallNeed.Unbounded ? null : need.Wanted;
        var (cost, tokens) = BudgetChatOptions.Read(options);
        var limits = BudgetChatOptions.Narrow(ledger.Limits, cost, tokens);
        var (verdict, cap, by) =
            limits is null ? (BudgetVerdict.Unlimited, null, null)
            : limits is { LimitsMoney: true, AllowUnpriced: not true } && !isPriced ? (BudgetVerdict.Unpriced, null, nameof(Budget.MaxCost))
            : Verdict(need, limits, ledger, BudgetStatus.UnderWay(ledger, services.Time.GetUtcNow()));
        return new()
        {
            Model = need.Model.ToString(),
            InputTokens = input.Tokens,
            InputTokensAtMost = input.AtMost,
            CountedBy = input.Method,
            MaxOutputTokens = output,
            ContextTokens = descriptor?.ContextTokens,
            FitsContext = Fits(input, options?.MaxOutputTokens ?? 0, descriptor),
            MinCost = descriptor?.Price?.CostOf(new() { Input = input.Tokens }),
            MaxCost = output is null ? null : MostOf(model, descriptor?.Price, input, output.Value),
            Budget = verdict,
            OutputCap = cap,
            NarrowedBy = by,
        };
    }

    private static (BudgetVerdict, long?, string?) Verdict(CallNeed need, Budget limits, Storage.BudgetLedger ledger, BudgetAmount underWay)
    {
        var taken = ledger.Settled + ledger.Held;
        var now = need.Fit(limits, taken, out var by);
        if (now == need.Wanted)
            return (BudgetVerdict.Fits, null, null);
        var later = need.Fit(limits, taken - underWay, out var byLater);
        return later is null ? (BudgetVerdict.Exhausted, null, byLater)
            : later > (now ?? 0) ? (BudgetVerdict.Waits, null, by)
            : (BudgetVerdict.Capped, later, byLater);
    }

    private static Support Fits(InputCount input, long output, ModelDescriptor? descriptor)
    {
        var limit = Math.Min(descriptor?.ContextTokens - output ?? long.MaxValue, descriptor?.MaxInputTokens ?? long.MaxValue);
        return limit == long.MaxValue ? Support.Unknown
            : input.AtMost <= limit ? Support.Yes
            : input.Tokens > limit ? Support.No
            : Support.Unknown;
    }

    /// <summary>In the currency of the price, unlike what a budget holds.</summary>
    private static Cost? MostOf(ModelReference model, ModelPrice? price, InputCount count, long output)
    {
        if (price?.PricesFor(count.AtMost) is not { } prices || prices.MostOfInput(count.HasAudio) is null || prices.MostOfOutput is null)
            return null;
        return new()
        {
            Amount = new CallNeed(model, count.AtMost, output, prices, count.HasAudio).With(output).Cost,
            Currency = price.Currency,
            PriceSource = price.Source,
        };
    }

    /// <summary>Options may name another model than the client was opened for.</summary>
    private static ModelReference Named(ModelReference model, ChatOptions? options) =>
        options?.ModelId is { } named ? model with { Model = named } : model;
}
