namespace Dossier;

/// <summary>What a model takes of images in one call; each limit is null when it is unknown.</summary>
public sealed record ImageLimits
{
    /// <summary>How many images.</summary>
    public int? MaxImages { get; init; }

    /// <summary>How many bytes one image may have.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>How many pixels the longer side of an image may have; larger ones are refused or scaled down.</summary>
    public int? MaxSidePixels { get; init; }
}
