namespace Dossier;

/// <summary>
/// Prices per million tokens, by class; null is unpriced, which is not the same as 0. Reasoning is billed at the
/// output price unless it has its own; cached input and cache writes without a price of their own are billed at
/// the input price, but writes for an hour are unpriced where only the usual ones have a price: they cost more.
/// Sound is never billed as text: without a price of its own it is unpriced; cached sound is then billed as sound that is not.
/// </summary>
public abstract record TokenPrices
{
    private const decimal PerToken = 0.000001m;

    private protected TokenPrices() { }

    /// <summary>Text and images in the input that were neither read from nor written to a cache.</summary>
    public decimal? Input { get; init; }

    /// <summary>Text and images in the input that were read from the provider's prompt cache.</summary>
    public decimal? CachedInput { get; init; }

    /// <summary>Input that was written to the provider's prompt cache, to be kept for the vendor's usual time (five minutes for Anthropic).</summary>
    public decimal? CacheWrite { get; init; }

    /// <summary>Input that was written to the provider's prompt cache, to be kept for an hour.</summary>
    public decimal? CacheWrite1h { get; init; }

    /// <summary>Sound in the input that was not read from a cache.</summary>
    public decimal? AudioInput { get; init; }

    /// <summary>Sound in the input that was read from the provider's prompt cache.</summary>
    public decimal? CachedAudioInput { get; init; }

    /// <summary>Output without reasoning and sound.</summary>
    public decimal? Output { get; init; }

    /// <summary>Output that was reasoning.</summary>
    public decimal? Reasoning { get; init; }

    /// <summary>Output that was sound.</summary>
    public decimal? AudioOutput { get; init; }

    /// <summary>The exact amount, or null when a class with tokens has no price.</summary>
    internal decimal? AmountOf(TokenUsage usage) =>
        PerToken
        * (
            Part(usage.Input, Input)
            + Part(usage.CachedInput, CachedInput ?? Input)
            + Part(usage.CacheWrite, CacheWrite ?? Input)
            + Part(usage.CacheWrite1h, CacheWrite is null ? CacheWrite1h ?? Input : CacheWrite1h)
            + Part(usage.AudioInput, AudioInput)
            + Part(usage.CachedAudioInput, CachedAudioInput ?? AudioInput)
            + Part(usage.Output, Output)
            + Part(usage.Reasoning, Reasoning ?? Output)
            + Part(usage.AudioOutput, AudioOutput)
        );

    /// <summary>
    /// What a token of input costs at the most: it may be written to the vendor's cache, which can cost more than input that is not, and where
    /// sound is sent it may be sound. Null when that is not known.
    /// </summary>
    internal decimal? MostOfInput(bool hasAudio)
    {
        var text = Input is { } input ? Math.Max(input, Math.Max(CacheWrite ?? 0, CacheWrite1h ?? 0)) : (decimal?)null;
        return !hasAudio ? text
            : AudioInput is { } audio && text is { } most ? Math.Max(audio, most)
            : null;
    }

    /// <summary>What a token of output costs at the most: it may be reasoning, or sound where the model speaks. Null when that is not known.</summary>
    internal decimal? MostOfOutput => Output is { } output ? Math.Max(output, Math.Max(Reasoning ?? 0, AudioOutput ?? 0)) : null;

    private static decimal? Part(long tokens, decimal? price) => tokens == 0 ? 0 : tokens * price;
}
