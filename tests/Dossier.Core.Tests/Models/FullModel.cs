namespace Dossier.Core.Tests.Models;

/// <summary>A model of which every fact is known; of two with different seeds every fact differs.</summary>
internal static class FullModel
{
    public static ModelDescriptor Create(string provider, string id, int seed)
    {
        var support = seed % 2 == 0 ? Support.Yes : Support.No;
        var date = new DateOnly(2026, 1, 1).AddDays(seed);
        var source = new FactSource($"source-{seed}", date);
        return new ModelDescriptor
        {
            Provider = provider,
            Id = id,
            DisplayName = $"Model {seed}",
            Aliases = [$"alias-{seed}"],
            ContextTokens = 1000 + seed,
            MaxInputTokens = 900 + seed,
            MaxOutputTokens = 100 + seed,
            InputModalities = seed % 2 == 0 ? Modalities.Text | Modalities.Image : Modalities.Text,
            OutputModalities = seed % 2 == 0 ? Modalities.None : Modalities.Text | Modalities.Audio,
            Tools = support,
            StructuredOutput = support,
            JsonMode = support,
            Reasoning = support,
            Streaming = support,
            SystemPrompt = support,
            Temperature = support,
            TopP = support,
            Penalties = support,
            StopSequences = support,
            PromptCaching = support,
            Embeddings = support,
            ReasoningOptions = new()
            {
                Efforts = ["low", $"effort-{seed}"],
                MinBudgetTokens = seed,
                MaxBudgetTokens = 100 + seed,
                CanBeOff = support,
            },
            EmbeddingDimensions = 256 + seed,
            ShorterEmbeddings = support,
            MediaTypes = [$"image/x-{seed}"],
            ImageLimits = new()
            {
                MaxImages = seed,
                MaxBytes = 1000 + seed,
                MaxSidePixels = 100 + seed,
            },
            Price = new()
            {
                Input = 0.5m + seed,
                CachedInput = 0.25m + seed,
                CacheWrite = 0.75m + seed,
                CacheWrite1h = 0.875m + seed,
                AudioInput = 1.5m + seed,
                CachedAudioInput = 1.25m + seed,
                Output = 2.5m + seed,
                Reasoning = 3.5m + seed,
                AudioOutput = 6.5m + seed,
                Currency = seed % 2 == 0 ? "USD" : "EUR",
                Tiers =
                [
                    new()
                    {
                        AboveInputTokens = 500 + seed,
                        Input = 1.5m + seed,
                        CachedInput = 1.25m + seed,
                        CacheWrite = 1.75m + seed,
                        CacheWrite1h = 1.875m + seed,
                        AudioInput = 2.5m + seed,
                        CachedAudioInput = 2.25m + seed,
                        Output = 4.5m + seed,
                        Reasoning = 5.5m + seed,
                        AudioOutput = 8.5m + seed,
                    },
                ],
                Source = source,
            },
            LifeCycle = seed % 2 == 0 ? LifeCycle.Deprecated : LifeCycle.Preview,
            Replacement = $"next-{seed}",
            DeprecatedOn = date.AddYears(1),
            EndOfLifeOn = date.AddYears(2),
            ReleasedOn = date.AddYears(-1),
            KnowledgeCutoff = date.AddYears(-2),
            Source = source,
        };
    }
}
