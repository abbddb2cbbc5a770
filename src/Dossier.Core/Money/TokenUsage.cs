using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>Tokens by class. The classes are disjoint: their sum is the total.</summary>
public sealed record TokenUsage
{
    // UsageDetails has no property for cache writes. Anthropic's adapter (Anthropic 13) puts them under the first name,
    // which names a part of InputTokenCount; the others are Amazon's and the field of Anthropic's API itself.
    private static readonly string[] s_cacheWriteNames =
    [
        "CacheCreationInputTokens",
        "CacheWriteInputTokens",
        "cache_creation_input_tokens",
    ];

    /// <summary>The part of the cache writes that is kept for an hour, in <see cref="UsageDetails.AdditionalCounts"/>: the field of Anthropic's API.</summary>
    internal const string CacheWrite1hName = "ephemeral_1h_input_tokens";

    // Where Microsoft.Extensions.AI's adapter for OpenAI puts them, beside the properties that others set.
    private const string AudioInputName = "InputTokenDetails.AudioTokenCount";
    private const string AudioOutputName = "OutputTokenDetails.AudioTokenCount";

    /// <summary>Text and images in the input that were neither read from nor written to a cache.</summary>
    public long Input { get; init; }

    /// <summary>Text and images in the input that were read from the provider's prompt cache.</summary>
    public long CachedInput { get; init; }

    /// <summary>Input that was written to the provider's prompt cache, to be kept for the vendor's usual time.</summary>
    public long CacheWrite { get; init; }

    /// <summary>Input that was written to the provider's prompt cache to be kept for an hour, where that has a price of its own (Anthropic).</summary>
    public long CacheWrite1h { get; init; }

    /// <summary>Sound in the input that was not read from a cache.</summary>
    public long AudioInput { get; init; }

    /// <summary>Sound in the input that was read from the provider's prompt cache.</summary>
    public long CachedAudioInput { get; init; }

    /// <summary>Output without reasoning and sound.</summary>
    public long Output { get; init; }

    /// <summary>Output that was reasoning.</summary>
    public long Reasoning { get; init; }

    /// <summary>Output that was sound.</summary>
    public long AudioOutput { get; init; }

    /// <summary>All input: cached or not, written to a cache or not, text or sound.</summary>
    [JsonIgnore]
    public long TotalInput => Input + CachedInput + CacheWrite + CacheWrite1h + AudioInput + CachedAudioInput;

    /// <summary>All output: <see cref="Output"/>, <see cref="Reasoning"/> and <see cref="AudioOutput"/>.</summary>
    [JsonIgnore]
    public long TotalOutput => Output + Reasoning + AudioOutput;

    /// <summary>Everything.</summary>
    [JsonIgnore]
    public long Total => TotalInput + TotalOutput;

    /// <summary>
    /// The disjoint classes of what a client reported: there, cached input and cache writes are parts of the input, those for
    /// an hour are a part of the cache writes, reasoning is a part of the output, and sound is a part of either. No vendor says how much of the
    /// cached input was sound: what exceeds the text was, since more of the input than that was not cached at its own price. Where the parts exceed
    /// the whole, the whole is kept and no class is negative.
    /// </summary>
    /// <param name="details">What the client reported.</param>
    /// <returns>The classes; null when nothing says how much was input or output.</returns>
    public static TokenUsage? From(UsageDetails? details)
    {
        if (details is null || (details.InputTokenCount ?? details.OutputTokenCount) is null)
            return null;

        var input = Positive(details.InputTokenCount ?? details.TotalTokenCount - details.OutputTokenCount);
        var output = Positive(details.OutputTokenCount ?? details.TotalTokenCount - details.InputTokenCount);
        var cached = Math.Min(input, Positive(details.CachedInputTokenCount));
        var written = Math.Min(input - cached, CacheWritesOf(details));
        var hour = Math.Min(written, CountOf(details, CacheWrite1hName));
#pragma warning disable MEAI001 // the properties for sound may still change; vendors' adapters set them
        var audio = Math.Min(input - written, Positive(details.InputAudioTokenCount ?? CountOf(details, AudioInputName)));
        var cachedAudio = Math.Max(0, cached - (input - written - audio));
        var reasoning = Math.Min(output, Positive(details.ReasoningTokenCount));
        var spoken = Math.Min(output - reasoning, Positive(details.OutputAudioTokenCount ?? CountOf(details, AudioOutputName)));
#pragma warning restore MEAI001
        return new TokenUsage
        {
            Input = input - written - audio - (cached - cachedAudio),
            CachedInput = cached - cachedAudio,
            CacheWrite = written - hour,
            CacheWrite1h = hour,
            AudioInput = audio - cachedAudio,
            CachedAudioInput = cachedAudio,
            Output = output - reasoning - spoken,
            Reasoning = reasoning,
            AudioOutput = spoken,
        };
    }

    /// <summary>What a client would report for these classes.</summary>
    internal UsageDetails ToDetails()
    {
        var details = new UsageDetails
        {
            InputTokenCount = TotalInput,
            OutputTokenCount = TotalOutput,
            TotalTokenCount = Total,
            CachedInputTokenCount = CachedInput == 0 ? null : CachedInput,
            ReasoningTokenCount = Reasoning == 0 ? null : Reasoning,
        };
        if (CacheWrite + CacheWrite1h > 0)
            details.AdditionalCounts = new() { [s_cacheWriteNames[0]] = CacheWrite + CacheWrite1h };
        if (CacheWrite1h > 0)
            details.AdditionalCounts![CacheWrite1hName] = CacheWrite1h;
        return details;
    }

    private static long CacheWritesOf(UsageDetails details)
    {
        foreach (var name in s_cacheWriteNames)
        {
            if (details.AdditionalCounts?.ContainsKey(name) == true)
                return CountOf(details, name);
        }
        return 0;
    }

    private static long CountOf(UsageDetails details, string name) => Positive(details.AdditionalCounts?.GetValueOrDefault(name));

    private static long Positive(long? count) => Math.Max(0, count ?? 0);

    /// <summary>The sums, class by class.</summary>
    public static TokenUsage operator +(TokenUsage left, TokenUsage right) =>
        new()
        {
            Input = left.Input + right.Input,
            CachedInput = left.CachedInput + right.CachedInput,
            CacheWrite = left.CacheWrite + right.CacheWrite,
            CacheWrite1h = left.CacheWrite1h + right.CacheWrite1h,
            AudioInput = left.AudioInput + right.AudioInput,
            CachedAudioInput = left.CachedAudioInput + right.CachedAudioInput,
            Output = left.Output + right.Output,
            Reasoning = left.Reasoning + right.Reasoning,
            AudioOutput = left.AudioOutput + right.AudioOutput,
        };
}
