namespace Dossier;

/// <summary>Where a search looks, how much it returns, and how long it may wait for the index.</summary>
public sealed record SearchOptions
{
    /// <summary>The session whose artifacts are searched; null searches all. A search of a session is of that session in any case.</summary>
    public string? SessionId { get; init; }

    /// <summary>The owner whose sessions are searched; null searches those of all. In a store of one owner it is that one in any case.</summary>
    public string? Owner { get; init; }

    /// <summary>A MIME type or short name (<c>json</c>), with any parameters or none, or all of a kind: <c>text/*</c>.</summary>
    public string? ContentType { get; init; }

    /// <summary>How many matches are returned at a time.</summary>
    /// <value>1 to 1,000; 20 by default.</value>
    public int PageSize { get; init; } = 20;

    /// <summary>
    /// What the page before said, or null for the first. Pages are cut where the matches are when they are asked for:
    /// what is stored in between may move a match from one page to another.
    /// </summary>
    public string? Continuation { get; init; }

    /// <summary>
    /// How long the search may wait until everything stored before it is indexed; after that it answers from what is, and says so
    /// in <see cref="SearchResult.Unindexed"/>. Zero answers at once.
    /// </summary>
    /// <value>Zero or more; 5 seconds by default.</value>
    public TimeSpan CatchUpLimit { get; init; } = TimeSpan.FromSeconds(5);
}
