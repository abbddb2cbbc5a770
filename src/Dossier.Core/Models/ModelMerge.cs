namespace Dossier;

/// <summary>Lays what one source knows of a model over what another knows: fact by fact, the upper one wins where it knows anything.</summary>
internal static class ModelMerge
{
    /// <summary>The model as the upper source names it; each fact keeps its own source.</summary>
    public static ModelDescriptor Over(ModelDescriptor lower, ModelDescriptor upper)
    {
        var sources = new Dictionary<string, FactSource>(lower.OtherSources, StringComparer.Ordinal);
        return lower with
        {
            Provider = upper.Provider,
            Id = upper.Id,
            DisplayName = upper.DisplayName == upper.Id ? lower.DisplayName : Came(ModelFact.DisplayName, upper.DisplayName),
            Aliases =
                upper.Aliases.Count == 0
                    ? lower.Aliases
                    : Came<string[]>(ModelFact.Aliases, [.. upper.Aliases.Union(lower.Aliases, StringComparer.OrdinalIgnoreCase)]),
            ContextTokens = Value(ModelFact.ContextTokens, lower.ContextTokens, upper.ContextTokens),
            MaxInputTokens = Value(ModelFact.MaxInputTokens, lower.MaxInputTokens, upper.MaxInputTokens),
            MaxOutputTokens = Value(ModelFact.MaxOutputTokens, lower.MaxOutputTokens, upper.MaxOutputTokens),
            InputModalities = Value(ModelFact.InputModalities, lower.InputModalities, upper.InputModalities),
            OutputModalities = Value(ModelFact.OutputModalities, lower.OutputModalities, upper.OutputModalities),
            Tools = Feature(ModelFact.Tools, lower.Tools, upper.Tools),
            StructuredOutput = Feature(ModelFact.StructuredOutput, lower.StructuredOutput, upper.StructuredOutput),
            JsonMode = Feature(ModelFact.JsonMode, lower.JsonMode, upper.JsonMode),
            Reasoning = Feature(ModelFact.Reasoning, lower.Reasoning, upper.Reasoning),
            Streaming = Feature(ModelFact.Streaming, lower.Streaming, upper.Streaming),
            SystemPrompt = Feature(ModelFact.SystemPrompt, lower.SystemPrompt, upper.SystemPrompt),
            Temperature = Feature(ModelFact.Temperature, lower.Temperature, upper.Temperature),
            TopP = Feature(ModelFact.TopP, lower.TopP, upper.TopP),
            Penalties = Feature(ModelFact.Penalties, lower.Penalties, upper.Penalties),
            StopSequences = Feature(ModelFact.StopSequences, lower.StopSequences, upper.StopSequences),
            PromptCaching = Feature(ModelFact.PromptCaching, lower.PromptCaching, upper.PromptCaching),
            Embeddings = Feature(ModelFact.Embeddings, lower.Embeddings, upper.Embeddings),
            ReasoningOptions = Object(ModelFact.ReasoningOptions, lower.ReasoningOptions, upper.ReasoningOptions),
            EmbeddingDimensions = Value(ModelFact.EmbeddingDimensions, lower.EmbeddingDimensions, upper.EmbeddingDimensions),
            ShorterEmbeddings = Feature(ModelFact.ShorterEmbeddings, lower.ShorterEmbeddings, upper.ShorterEmbeddings),
            MediaTypes = List(ModelFact.MediaTypes, lower.MediaTypes, upper.MediaTypes),
            ImageLimits = Object(ModelFact.ImageLimits, lower.ImageLimits, upper.ImageLimits),
            Price = Object(ModelFact.Price, lower.Price, WithTiers(upper.Price, lower.Price)),
            LifeCycle = upper.LifeCycle == LifeCycle.Unknown ? lower.LifeCycle : Came(ModelFact.LifeCycle, upper.LifeCycle),
            Replacement = Object(ModelFact.Replacement, lower.Replacement, upper.Replacement),
            DeprecatedOn = Value(ModelFact.DeprecatedOn, lower.DeprecatedOn, upper.DeprecatedOn),
            EndOfLifeOn = Value(ModelFact.EndOfLifeOn, lower.EndOfLifeOn, upper.EndOfLifeOn),
            ReleasedOn = Value(ModelFact.ReleasedOn, lower.ReleasedOn, upper.ReleasedOn),
            KnowledgeCutoff = Value(ModelFact.KnowledgeCutoff, lower.KnowledgeCutoff, upper.KnowledgeCutoff),
            OtherSources = [.. sources],
        };

        T? Value<T>(string fact, T? below, T? above)
            where T : struct => above is { } known ? Came(fact, known) : below;

        T? Object<T>(string fact, T? below, T? above)
            where T : class => above is null ? below : Came(fact, above);

        IReadOnlyList<string> List(string fact, IReadOnlyList<string> below, IReadOnlyList<string> above) =>
            above.Count == 0 ? below : Came(fact, above);

        Support Feature(string fact, Support below, Support above) => above == Support.Unknown ? below : Came(fact, above);

        // A provider's own list says what short prompts cost, and nothing of tiers: where that is the same price, so are they.
        static ModelPrice? WithTiers(ModelPrice? above, ModelPrice? below) =>
            above is { Tiers.Count: 0 }
            && below is { Tiers.Count: > 0 }
            && (above.Input, above.Output, above.Currency) == (below.Input, below.Output, below.Currency)
                ? above with
                {
                    Tiers = below.Tiers,
                }
                : above;

        T Came<T>(string fact, T value)
        {
            sources[fact] = upper.SourceOf(fact);
            return value;
        }
    }
}
