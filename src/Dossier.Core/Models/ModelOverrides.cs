namespace Dossier;

/// <summary>
/// Single facts of a model that replace what the catalogue says; what is null stays. For a private deployment, a fine-tune,
/// or a price that was agreed on. Bound from <c>Dossier:Models:PROVIDER/MODEL</c>, for example
/// <c>"Models": { "vllm/qwen3:8b": { "ContextTokens": 40960, "Tools": true, "Price": { "Input": 0, "Output": 0 } } }</c>;
/// sources of configuration merge fact by fact, prices one by one.
/// </summary>
public sealed class ModelOverrides
{
    /// <summary>See <see cref="ModelDescriptor.DisplayName"/>.</summary>
    public string? DisplayName { get; set; }

    /// <summary>See <see cref="ModelDescriptor.ContextTokens"/>; above 0.</summary>
    public long? ContextTokens { get; set; }

    /// <summary>See <see cref="ModelDescriptor.MaxInputTokens"/>; above 0.</summary>
    public long? MaxInputTokens { get; set; }

    /// <summary>See <see cref="ModelDescriptor.MaxOutputTokens"/>; above 0.</summary>
    public long? MaxOutputTokens { get; set; }

    /// <summary>See <see cref="ModelDescriptor.InputModalities"/>; replaces all of them.</summary>
    public Modalities? InputModalities { get; set; }

    /// <summary>See <see cref="ModelDescriptor.OutputModalities"/>; replaces all of them.</summary>
    public Modalities? OutputModalities { get; set; }

    /// <summary>See <see cref="ModelDescriptor.Tools"/>.</summary>
    public Support? Tools { get; set; }

    /// <summary>See <see cref="ModelDescriptor.StructuredOutput"/>.</summary>
    public Support? StructuredOutput { get; set; }

    /// <summary>See <see cref="ModelDescriptor.JsonMode"/>.</summary>
    public Support? JsonMode { get; set; }

    /// <summary>See <see cref="ModelDescriptor.Reasoning"/>.</summary>
    public Support? Reasoning { get; set; }

    /// <summary>See <see cref="ModelDescriptor.Streaming"/>.</summary>
    public Support? Streaming { get; set; }

    /// <summary>See <see cref="ModelDescriptor.SystemPrompt"/>.</summary>
    public Support? SystemPrompt { get; set; }

    /// <summary>See <see cref="ModelDescriptor.Temperature"/>.</summary>
    public Support? Temperature { get; set; }

    /// <summary>See <see cref="ModelDescriptor.TopP"/>.</summary>
    public Support? TopP { get; set; }

    /// <summary>See <see cref="ModelDescriptor.Penalties"/>.</summary>
    public Support? Penalties { get; set; }

    /// <summary>See <see cref="ModelDescriptor.StopSequences"/>.</summary>
    public Support? StopSequences { get; set; }

    /// <summary>See <see cref="ModelDescriptor.PromptCaching"/>.</summary>
    public Support? PromptCaching { get; set; }

    /// <summary>See <see cref="ModelDescriptor.Embeddings"/>.</summary>
    public Support? Embeddings { get; set; }

    /// <summary>The prices per million tokens; replace all prices of the model, tiers included.</summary>
    public PriceOverrides? Price { get; set; }

    /// <summary>See <see cref="ModelDescriptor.LifeCycle"/>; the days that were announced for the model no longer count then.</summary>
    public LifeCycle? LifeCycle { get; set; }

    /// <summary>See <see cref="ModelDescriptor.Replacement"/>.</summary>
    public string? Replacement { get; set; }

    internal ModelDescriptor Apply(ModelDescriptor model, FactSource source)
    {
        var sources = new Dictionary<string, FactSource>(model.OtherSources);
        var result = model with
        {
            DisplayName = Take(ModelFact.DisplayName, DisplayName) ?? model.DisplayName,
            ContextTokens = Take(ModelFact.ContextTokens, ContextTokens) ?? model.ContextTokens,
            MaxInputTokens = Take(ModelFact.MaxInputTokens, MaxInputTokens) ?? model.MaxInputTokens,
            MaxOutputTokens = Take(ModelFact.MaxOutputTokens, MaxOutputTokens) ?? model.MaxOutputTokens,
            InputModalities = Take(ModelFact.InputModalities, InputModalities) ?? model.InputModalities,
            OutputModalities = Take(ModelFact.OutputModalities, OutputModalities) ?? model.OutputModalities,
            Tools = Take(ModelFact.Tools, Tools) ?? model.Tools,
            StructuredOutput = Take(ModelFact.StructuredOutput, StructuredOutput) ?? model.StructuredOutput,
            JsonMode = Take(ModelFact.JsonMode, JsonMode) ?? model.JsonMode,
            Reasoning = Take(ModelFact.Reasoning, Reasoning) ?? model.Reasoning,
            Streaming = Take(ModelFact.Streaming, Streaming) ?? model.Streaming,
            SystemPrompt = Take(ModelFact.SystemPrompt, SystemPrompt) ?? model.SystemPrompt,
            Temperature = Take(ModelFact.Temperature, Temperature) ?? model.Temperature,
            TopP = Take(ModelFact.TopP, TopP) ?? model.TopP,
            Penalties = Take(ModelFact.Penalties, Penalties) ?? model.Penalties,
            StopSequences = Take(ModelFact.StopSequences, StopSequences) ?? model.StopSequences,
            PromptCaching = Take(ModelFact.PromptCaching, PromptCaching) ?? model.PromptCaching,
            Embeddings = Take(ModelFact.Embeddings, Embeddings) ?? model.Embeddings,
            Price = Take(ModelFact.Price, Price)?.With(source) ?? model.Price,
            LifeCycle = Take(ModelFact.LifeCycle, LifeCycle) ?? model.LifeCycle,
            DeprecatedOn = LifeCycle is null ? model.DeprecatedOn : null,
            EndOfLifeOn = LifeCycle is null ? model.EndOfLifeOn : null,
            Replacement = Take(ModelFact.Replacement, Replacement) ?? model.Replacement,
        };
        return result with { OtherSources = [.. sources] };

        T Take<T>(string fact, T value)
        {
            if (value is not null)
                sources[fact] = source;
            return value;
        }
    }

    /// <summary>A copy that later changes of this one do not reach.</summary>
    internal ModelOverrides Copy()
    {
        var copy = (ModelOverrides)MemberwiseClone();
        copy.Price = Price?.Copy();
        return copy;
    }

    internal void ThrowIfInvalid()
    {
        Positive(ContextTokens, nameof(ContextTokens));
        Positive(MaxInputTokens, nameof(MaxInputTokens));
        Positive(MaxOutputTokens, nameof(MaxOutputTokens));
        Price?.ThrowIfInvalid();

        static void Positive(long? tokens, string name)
        {
            if (tokens is { } given)
                ArgumentOutOfRangeException.ThrowIfNegativeOrZero(given, name);
        }
    }
}

/// <summary>Prices per million tokens that replace those of the catalogue; null is unpriced. See <see cref="ModelPrice"/>.</summary>
public sealed class PriceOverrides
{
    /// <summary>See <see cref="TokenPrices.Input"/>; not negative.</summary>
    public decimal? Input { get; set; }

    /// <summary>See <see cref="TokenPrices.CachedInput"/>; not negative.</summary>
    public decimal? CachedInput { get; set; }

    /// <summary>See <see cref="TokenPrices.CacheWrite"/>; not negative.</summary>
    public decimal? CacheWrite { get; set; }

    /// <summary>See <see cref="TokenPrices.CacheWrite1h"/>; not negative.</summary>
    public decimal? CacheWrite1h { get; set; }

    /// <summary>See <see cref="TokenPrices.AudioInput"/>; not negative.</summary>
    public decimal? AudioInput { get; set; }

    /// <summary>See <see cref="TokenPrices.CachedAudioInput"/>; not negative.</summary>
    public decimal? CachedAudioInput { get; set; }

    /// <summary>See <see cref="TokenPrices.Output"/>; not negative.</summary>
    public decimal? Output { get; set; }

    /// <summary>See <see cref="TokenPrices.Reasoning"/>; not negative.</summary>
    public decimal? Reasoning { get; set; }

    /// <summary>See <see cref="TokenPrices.AudioOutput"/>; not negative.</summary>
    public decimal? AudioOutput { get; set; }

    /// <summary>The currency (ISO 4217).</summary>
    /// <value><c>USD</c> by default.</value>
    public string Currency { get; set; } = "USD";

    internal PriceOverrides Copy() => (PriceOverrides)MemberwiseClone();

    internal ModelPrice With(FactSource source) =>
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
            Currency = Currency,
            Source = source,
        };

    internal void ThrowIfInvalid()
    {
        NotNegative(Input, nameof(Input));
        NotNegative(CachedInput, nameof(CachedInput));
        NotNegative(CacheWrite, nameof(CacheWrite));
        NotNegative(CacheWrite1h, nameof(CacheWrite1h));
        NotNegative(AudioInput, nameof(AudioInput));
        NotNegative(CachedAudioInput, nameof(CachedAudioInput));
        NotNegative(Output, nameof(Output));
        NotNegative(Reasoning, nameof(Reasoning));
        NotNegative(AudioOutput, nameof(AudioOutput));

        static void NotNegative(decimal? price, string name)
        {
            if (price is { } given)
                ArgumentOutOfRangeException.ThrowIfNegative(given, name);
        }
    }
}
