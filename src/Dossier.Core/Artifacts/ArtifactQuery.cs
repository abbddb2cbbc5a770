using Dossier.Storage;

namespace Dossier;

/// <summary>
/// Which artifacts to list; everything that is set has to match. In <c>LocalStorage</c> a list in the order of recording is
/// found through an index by equal metadata (<see cref="Metadata"/>, <see cref="MetadataCondition.EqualTo"/>,
/// <see cref="MetadataCondition.In"/>), however many artifacts there are, and one of a session also by <see cref="Name"/>,
/// <see cref="ProducedBy"/> and <see cref="StepKey"/>. Everything else is checked artifact by artifact among those, or among all when there is nothing else.
/// </summary>
public sealed record ArtifactQuery
{
    /// <summary>The exact name.</summary>
    public string? Name { get; init; }

    /// <summary>A pattern for the name, in which <c>*</c> stands for any characters and <c>?</c> for one; case-sensitive.</summary>
    public string? NameGlob { get; init; }

    /// <summary>
    /// A MIME type or short name (<c>json</c>), or all of a kind: <c>image/*</c>. Without parameters it finds the type with any
    /// or none (<c>text/plain</c> finds <c>text/plain; charset=utf-8</c>), with parameters that type with just these. Case does not matter.
    /// </summary>
    public string? ContentType { get; init; }

    /// <summary>What it was to the workflow.</summary>
    public ArtifactRole? Role { get; init; }

    /// <summary>
    /// Metadata that it has, name by name with an equal value: text with text (case-sensitive), numbers by their value,
    /// true and false, or null for an entry whose value is null.
    /// </summary>
    public IReadOnlyDictionary<string, object?>? Metadata { get; init; }

    /// <summary>Further conditions on metadata, beside <see cref="Metadata"/>: any number, the same name as often as wanted.</summary>
    public IReadOnlyList<MetadataCondition>? Where { get; init; }

    /// <summary>Of this many bytes or more.</summary>
    public long? MinSize { get; init; }

    /// <summary>Of this many bytes or fewer.</summary>
    public long? MaxSize { get; init; }

    /// <summary>Stored at this time or later.</summary>
    public DateTimeOffset? CreatedFrom { get; init; }

    /// <summary>Stored before this time.</summary>
    public DateTimeOffset? CreatedBefore { get; init; }

    /// <summary>The id of the response that produced it.</summary>
    public string? ProducedBy { get; init; }

    /// <summary>The step that stored it.</summary>
    public ContentDigest? StepKey { get; init; }

    /// <summary>
    /// Of sessions that match: by owner, status, tags and whatever else a <see cref="SessionQuery"/> says; its order and page size do not
    /// matter. For lists over all sessions.
    /// </summary>
    public SessionQuery? Sessions { get; init; }

    /// <summary>Whether it is pinned.</summary>
    public bool? IsPinned { get; init; }

    /// <summary>Whether to look into the trash.</summary>
    /// <value><see cref="TrashFilter.Exclude"/> by default.</value>
    public TrashFilter Trash { get; init; }

    /// <summary>In which order.</summary>
    /// <value><see cref="ArtifactOrder.OldestFirst"/> by default.</value>
    public ArtifactOrder Order { get; init; }

    /// <summary>How many records are read at a time.</summary>
    /// <value>1 to 1,000; 100 by default.</value>
    public int PageSize { get; init; } = 100;
}

/// <summary>The order of a list of artifacts.</summary>
public enum ArtifactOrder
{
    /// <summary>In the order in which they were recorded.</summary>
    OldestFirst,

    /// <summary>The latest recorded first.</summary>
    NewestFirst,

    /// <summary>By name, code point by code point; of the same name in the order of recording. Reads all that match when it is over all sessions.</summary>
    Name,

    /// <summary>The smallest content first, of the same size the oldest. Reads all that match for every page.</summary>
    SmallestFirst,

    /// <summary>The largest content first, of the same size the latest. Reads all that match for every page.</summary>
    LargestFirst,

    /// <summary>By <see cref="ArtifactRecord.CreatedAt"/>, the earliest first. Reads all that match for every page.</summary>
    CreatedFirst,

    /// <summary>By <see cref="ArtifactRecord.CreatedAt"/>, the latest first. Reads all that match for every page.</summary>
    CreatedLast,
}
