namespace Dossier;

/// <summary>
/// Which sessions to list; everything that is set has to match. In <c>LocalStorage</c> they are found through an index by owner, by
/// status and by tag; everything else is checked session by session among those.
/// </summary>
public sealed record SessionQuery
{
    /// <summary>The exact name.</summary>
    public string? Name { get; init; }

    /// <summary>A pattern for the name, in which <c>*</c> stands for any characters and <c>?</c> for one; case-sensitive.</summary>
    public string? NameGlob { get; init; }

    /// <summary>The exact owner.</summary>
    public string? Owner { get; init; }

    /// <summary>The status.</summary>
    public SessionStatus? Status { get; init; }

    /// <summary>A tag that it has.</summary>
    public string? Tag { get; init; }

    /// <summary>Further tags; it has all of them.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Created at this time or later.</summary>
    public DateTimeOffset? CreatedFrom { get; init; }

    /// <summary>Created before this time.</summary>
    public DateTimeOffset? CreatedBefore { get; init; }

    /// <summary>Whether to look into the trash.</summary>
    /// <value><see cref="TrashFilter.Exclude"/> by default.</value>
    public TrashFilter Trash { get; init; }

    /// <summary>In which order.</summary>
    /// <value><see cref="SessionOrder.NewestFirst"/> by default.</value>
    public SessionOrder Order { get; init; }

    /// <summary>How many records are read at a time.</summary>
    /// <value>1 to 1,000; 100 by default.</value>
    public int PageSize { get; init; } = 100;
}

/// <summary>The order of a list of sessions.</summary>
public enum SessionOrder
{
    /// <summary>The latest created first.</summary>
    NewestFirst,

    /// <summary>In the order in which they were created.</summary>
    OldestFirst,

    /// <summary>By name, code point by code point, those without one first; of the same name the oldest first. Reads all that match for every page.</summary>
    Name,

    /// <summary>The latest written to first. Reads all that match for every page; a session that is written to meanwhile moves to the front.</summary>
    RecentlyUpdated,
}
