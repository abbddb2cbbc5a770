namespace Dossier;

/// <summary>How large that may be of a bundle which is held in memory, in bytes. What goes beyond is neither written nor read.</summary>
internal sealed record BundleLimits
{
    public static readonly BundleLimits Default = new();

    public long Manifest { get; init; } = 256 << 20;
    public long Records { get; init; } = Array.MaxLength;
    public long Message { get; init; } = 256 << 20;

    /// <exception cref="BundleException">A session is larger.</exception>
    public static void Check(string entry, long size, long limit)
    {
        if (size > limit)
            throw new BundleException(
                BundleFile.StreamName,
                entry,
                $"The session cannot be exported: '{entry}' would have {size} bytes, and at most {limit} are read. Export forks of parts of it (Session.ForkAsync)."
            );
    }
}
