using Dossier.Storage;

namespace Dossier;

/// <summary>The kept result of a step, and what decides whether it can be reused.</summary>
internal sealed record KeptStep
{
    /// <inheritdoc cref="StepRecord.Fence"/>
    public required long Fence { get; init; }

    /// <inheritdoc cref="StepRecord.ResultType"/>
    public required string ResultType { get; init; }

    /// <inheritdoc cref="StepRecord.Reads"/>
    public required IReadOnlyList<StepRead> Reads { get; init; }

    /// <summary>The id of the artifact.</summary>
    public required string Artifact { get; init; }

    /// <summary>The address of its content.</summary>
    public required ContentDigest Digest { get; init; }

    /// <summary>The content, where it was asked for and came with the rest.</summary>
    public ReadOnlyMemory<byte>? Content { get; init; }
}
