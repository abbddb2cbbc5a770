namespace Dossier;

/// <summary>How many artifacts there are, and how large they are together.</summary>
public sealed record ArtifactCount
{
    /// <summary>How many artifact versions.</summary>
    public long Count => ByContentType.Sum(totals => (long)totals.Count);

    /// <summary>The sum of their sizes, in bytes; content that several share counts each time.</summary>
    public long Bytes => ByContentType.Sum(totals => totals.Bytes);

    /// <summary>The same for each content type, the most bytes first.</summary>
    public required IReadOnlyList<ArtifactTotals> ByContentType { get; init; }
}
