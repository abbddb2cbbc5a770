using System.Runtime.CompilerServices;

namespace Dossier;

/// <summary>What the catalogue's reader has gathered of a model.</summary>
internal struct CatalogueEntry
{
    public string? Provider;
    public string? Id;
    public string? DisplayName;
    public IReadOnlyList<string>? Aliases;
    public long? ContextTokens;
    public long? MaxInputTokens;
    public long? MaxOutputTokens;
    public Modalities? InputModalities;
    public Modalities? OutputModalities;
    public Support Tools;
    public Support StructuredOutput;
    public Support JsonMode;
    public Support Reasoning;
    public Support Streaming;
    public Support SystemPrompt;
    public Support Temperature;
    public Support TopP;
    public Support Penalties;
    public Support StopSequences;
    public Support PromptCaching;
    public Support Embeddings;
    public ReasoningOptions? ReasoningOptions;
    public int? EmbeddingDimensions;
    public Support ShorterEmbeddings;
    public IReadOnlyList<string>? MediaTypes;
    public ImageLimits? ImageLimits;
    public CataloguePrices? Prices;
    public LifeCycle LifeCycle;
    public string? Replacement;
    public DateOnly? DeprecatedOn;
    public DateOnly? EndOfLifeOn;
    public DateOnly? ReleasedOn;
    public DateOnly? KnowledgeCutoff;
    public FactSource? Source;
    public FactSource? PriceSource;
    public KeyValuePair<string, FactSource>[]? OtherSources;

    // Optimised at once: forty setters are then part of it, and not compiled one by one before the first answer.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly ModelDescriptor ToDescriptor()
    {
        if (Provider is null || Id is null || Source is null)
            throw new FormatException($"Model '{Provider}/{Id}' of the catalogue has no provider, no id or no source.");
        return new ModelDescriptor
        {
            Provider = Provider,
            Id = Id,
            DisplayName = DisplayName ?? Id,
            Aliases = Aliases ?? [],
            ContextTokens = ContextTokens,
            MaxInputTokens = MaxInputTokens,
            MaxOutputTokens = MaxOutputTokens,
            InputModalities = InputModalities,
            OutputModalities = OutputModalities,
            Tools = Tools,
            StructuredOutput = StructuredOutput,
            JsonMode = JsonMode,
            Reasoning = Reasoning,
            Streaming = Streaming,
            SystemPrompt = SystemPrompt,
            Temperature = Temperature,
            TopP = TopP,
            Penalties = Penalties,
            StopSequences = StopSequences,
            PromptCaching = PromptCaching,
            Embeddings = Embeddings,
            ReasoningOptions = ReasoningOptions,
            EmbeddingDimensions = EmbeddingDimensions,
            ShorterEmbeddings = ShorterEmbeddings,
            MediaTypes = MediaTypes ?? [],
            ImageLimits = ImageLimits,
            Price = Prices?.ToPrice(PriceSource ?? Source),
            LifeCycle = LifeCycle,
            Replacement = Replacement,
            DeprecatedOn = DeprecatedOn,
            EndOfLifeOn = EndOfLifeOn,
            ReleasedOn = ReleasedOn,
            KnowledgeCutoff = KnowledgeCutoff,
            Source = Source,
            OtherSources = OtherSources ?? [],
        };
    }
}

/// <summary>What the catalogue's reader has gathered of the prices of a model, or of a tier of them.</summary>
internal struct CataloguePrices
{
    public decimal? Input;
    public decimal? CachedInput;
    public decimal? CacheWrite;
    public decimal? CacheWrite1h;
    public decimal? AudioInput;
    public decimal? CachedAudioInput;
    public decimal? Output;
    public decimal? Reasoning;
    public decimal? AudioOutput;
    public string? Currency;
    public long AboveInputTokens;
    public List<ModelPriceTier>? Tiers;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly ModelPrice ToPrice(FactSource source) =>
        new()
        {
            Input = Input,
            CachedInput = CachedInput,
            CacheWrite = CacheWrite,
            CacheWrite1h = CacheWrite1h,
            AudioInput = AudioInput,
            CachedAudioInput = CachedAudioInput,
            Output = Output,
            Reasoning = Reasoning,
            AudioOutput = AudioOutput,
            Currency = Currency ?? "USD",
            Tiers = Tiers ?? [],
            Source = source,
        };

    public readonly ModelPriceTier ToTier() =>
        new()
        {
            AboveInputTokens = AboveInputTokens,
            Input = Input,
            CachedInput = CachedInput,
            CacheWrite = CacheWrite,
            CacheWrite1h = CacheWrite1h,
            AudioInput = AudioInput,
            CachedAudioInput = CachedAudioInput,
            Output = Output,
            Reasoning = Reasoning,
            AudioOutput = AudioOutput,
        };
}
