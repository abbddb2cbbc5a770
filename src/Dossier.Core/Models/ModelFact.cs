namespace Dossier;

/// <summary>The names of the facts of a model, as the catalogue writes them and <see cref="ModelDescriptor.SourceOf"/> takes them.</summary>
internal static class ModelFact
{
    public const string DisplayName = "display_name";
    public const string Aliases = "aliases";
    public const string ContextTokens = "context_tokens";
    public const string MaxInputTokens = "max_input_tokens";
    public const string MaxOutputTokens = "max_output_tokens";
    public const string InputModalities = "input_modalities";
    public const string OutputModalities = "output_modalities";
    public const string Tools = "tools";
    public const string StructuredOutput = "structured_output";
    public const string JsonMode = "json_mode";
    public const string Reasoning = "reasoning";
    public const string Streaming = "streaming";
    public const string SystemPrompt = "system_prompt";
    public const string Temperature = "temperature";
    public const string TopP = "top_p";
    public const string Penalties = "penalties";
    public const string StopSequences = "stop_sequences";
    public const string PromptCaching = "prompt_caching";
    public const string Embeddings = "embeddings";
    public const string ReasoningOptions = "reasoning_options";
    public const string EmbeddingDimensions = "embedding_dimensions";
    public const string ShorterEmbeddings = "shorter_embeddings";
    public const string MediaTypes = "media_types";
    public const string ImageLimits = "image_limits";
    public const string Price = "price";
    public const string LifeCycle = "life_cycle";
    public const string Replacement = "replacement";
    public const string DeprecatedOn = "deprecated_on";
    public const string EndOfLifeOn = "end_of_life_on";
    public const string ReleasedOn = "released_on";
    public const string KnowledgeCutoff = "knowledge_cutoff";

    /// <summary>All of them.</summary>
    public static readonly string[] Names =
    [
        DisplayName,
        Aliases,
        ContextTokens,
        MaxInputTokens,
        MaxOutputTokens,
        InputModalities,
        OutputModalities,
        Tools,
        StructuredOutput,
        JsonMode,
        Reasoning,
        Streaming,
        SystemPrompt,
        Temperature,
        TopP,
        Penalties,
        StopSequences,
        PromptCaching,
        Embeddings,
        ReasoningOptions,
        EmbeddingDimensions,
        ShorterEmbeddings,
        MediaTypes,
        ImageLimits,
        Price,
        LifeCycle,
        Replacement,
        DeprecatedOn,
        EndOfLifeOn,
        ReleasedOn,
        KnowledgeCutoff,
    ];

    /// <summary>The fact that a name stands for: itself, or the modalities that vision and the like are read from; null when there is none.</summary>
    public static string? Canonical(string name)
    {
        foreach (var known in Names)
        {
            if (known.Equals(name, StringComparison.OrdinalIgnoreCase))
                return known;
        }
        return name.ToLowerInvariant() is "vision" or "audio_input" or "video_input" or "pdf_input" ? InputModalities : null;
    }
}
