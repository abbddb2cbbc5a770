namespace Dossier;

/// <summary>What the catalogue's reader has gathered of a model.</summary>
internal struct CatalogueEntry
{
    /// <summary>Stands in a price until all of its entry is read.</summary>
    public static readonly FactSource NoSource = new("catalogue");

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
    public Support PromptCaching;
    public Support Embeddings;
    public ModelPrice? Price;
    public LifeCycle LifeCycle;
    public string? Replacement;
    public DateOnly? ReleasedOn;
    public DateOnly? KnowledgeCutoff;
    public FactSource? Source;
    public IReadOnlyList<KeyValuePair<string, FactSource>>? OtherSources;

    public readonly ModelDescriptor ToDescriptor()
    {
        if (Provider is null || Id is null || Source is null)
            throw new FormatException($"Model '{Provider}/{Id}' of the catalogue has no provider, no id or no source.");
        var model = new ModelDescriptor
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
            PromptCaching = PromptCaching,
            Embeddings = Embeddings,
            LifeCycle = LifeCycle,
            Replacement = Replacement,
            ReleasedOn = ReleasedOn,
            KnowledgeCutoff = KnowledgeCutoff,
            Source = Source,
            OtherSources = OtherSources ?? [],
        };
        return Price is null ? model : model with { Price = Price with { Source = model.SourceOf(ModelFact.Price) } };
    }
}
