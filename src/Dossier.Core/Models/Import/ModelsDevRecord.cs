namespace Dossier;

/// <summary>What the reader has gathered of one record, and the first thing that is wrong with it.</summary>
internal struct ModelsDevRecord
{
    /// <summary>Limits from here on stand for "none that we know".</summary>
    private const long NoLimit = 99_000_000;

    private const string Anthropic = "anthropic";

    public string? Id;
    public string? Name;
    public long? Context;
    public long? MaxInput;
    public long? MaxOutput;
    public Modalities? Reads;
    public Modalities? Writes;
    public Support Tools;
    public Support StructuredOutput;
    public Support Reasoning;
    public Support Temperature;
    public ReasoningOptions? ReasoningOptions;
    public CataloguePrices Prices;
    public ModelPriceTier? Above200k;
    public LifeCycle LifeCycle;
    public DateOnly? ReleasedOn;
    public DateOnly? KnowledgeCutoff;
    public (ImportFault Reason, string Value)? Fault;

    public readonly ModelDescriptor ToDescriptor(string provider, FactSource source)
    {
        // No field says so; the limit of output is then a number of dimensions, or made up.
        var embeds = Id!.Contains("embed", StringComparison.OrdinalIgnoreCase) && Tools != Support.Yes;
        return new ModelDescriptor
        {
            Provider = provider,
            Id = Id,
            DisplayName = Name ?? Id,
            ContextTokens = Known(Context),
            MaxInputTokens = Known(MaxInput),
            MaxOutputTokens = embeds ? null : Known(MaxOutput),
            InputModalities = Reads,
            OutputModalities = embeds ? Modalities.None : Writes,
            Tools = Tools,
            StructuredOutput = StructuredOutput,
            Reasoning = Reasoning,
            Temperature = Temperature,
            PromptCaching = Prices.CachedInput > 0 ? Support.Yes : Support.Unknown,
            Embeddings = embeds ? Support.Yes : Support.Unknown,
            ReasoningOptions = ReasoningOptions,
            Price = Price(provider, source),
            LifeCycle = LifeCycle,
            ReleasedOn = ReleasedOn,
            KnowledgeCutoff = KnowledgeCutoff,
            Source = source,
        };
    }

    /// <summary>The contradiction between the facts, when there is no fault in any of them.</summary>
    public readonly (ImportFault Reason, string Value)? Contradiction
    {
        get
        {
            if (Known(Context) is not { } context)
                return null;
            if (Known(MaxOutput) > context)
                return (ImportFault.OutputAboveContext, $"limit.output = {MaxOutput}, limit.context = {context}");
            return Known(MaxInput) > context
                ? (ImportFault.InputAboveContext, $"limit.input = {MaxInput}, limit.context = {context}")
                : null;
        }
    }

    private static long? Known(long? limit) => limit is > 0 and < NoLimit ? limit : null;

    /// <summary>Nothing for both ways is what a subscription or an unknown price looks like there.</summary>
    private readonly ModelPrice? Price(string provider, FactSource source)
    {
        if (!(Prices.Input > 0) && !(Prices.Output > 0))
            return null;
        var prices = Prices;
        // "Over 200k" also stands for other thresholds; the tiers, where there are any, say which.
        if (prices.Tiers is null && Above200k is { } above)
            prices.Tiers = [above];
        var price = prices.ToPrice(source);
        return provider != Anthropic
            ? price
            : price with
            {
                CacheWrite1h = ForAnHour(price),
                Tiers = [.. price.Tiers.Select(tier => tier with { CacheWrite1h = ForAnHour(tier) })],
            };
    }

    /// <summary>No field says so. Anthropic's price list: twice the price of input, https://platform.claude.com/docs/en/about-claude/pricing.</summary>
    private static decimal? ForAnHour(TokenPrices prices) => prices.CacheWrite is null ? null : 2 * prices.Input;
}
