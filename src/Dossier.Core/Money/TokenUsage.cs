using System.Text.Json.Serialization;

namespace Dossier;

/// <summary>Tokens by class. The classes are disjoint: their sum is the total.</summary>
public sealed record TokenUsage
{
    /// <summary>Input that was neither read from nor written to a cache.</summary>
    public long Input { get; init; }

    /// <summary>Input that was read from the provider's prompt cache.</summary>
    public long CachedInput { get; init; }

    /// <summary>Input that was written to the provider's prompt cache.</summary>
    public long CacheWrite { get; init; }

    /// <summary>Output without reasoning.</summary>
    public long Output { get; init; }

    /// <summary>Output that was reasoning.</summary>
    public long Reasoning { get; init; }

    /// <summary>All input: <see cref="Input"/>, <see cref="CachedInput"/> and <see cref="CacheWrite"/>.</summary>
    [JsonIgnore]
    public long TotalInput => Input + CachedInput + CacheWrite;

    /// <summary>All output: <see cref="Output"/> and <see cref="Reasoning"/>.</summary>
    [JsonIgnore]
    public long TotalOutput => Output + Reasoning;

    /// <summary>Everything.</summary>
    [JsonIgnore]
    public long Total => TotalInput + TotalOutput;

    /// <summary>The sums, class by class.</summary>
    public static TokenUsage operator +(TokenUsage left, TokenUsage right) =>
        new()
        {
            Input = left.Input + right.Input,
            CachedInput = left.CachedInput + right.CachedInput,
            CacheWrite = left.CacheWrite + right.CacheWrite,
            Output = left.Output + right.Output,
            Reasoning = left.Reasoning + right.Reasoning,
        };
}
