namespace Dossier;

/// <summary>A page of what a search found, best match first.</summary>
public sealed record SearchResult
{
    /// <summary>The artifacts found.</summary>
    public required IReadOnlyList<SearchHit> Hits { get; init; }

    /// <summary>What <see cref="SearchOptions.Continuation"/> wants for the next page; null when this is the last.</summary>
    public string? Continuation { get; init; }

    /// <summary>Whether everything that was stored before the search was searched.</summary>
    public bool IsComplete => Unindexed == 0;

    /// <summary>At most how many of the newest artifacts of the store were not searched, because they were not indexed in the time allowed.</summary>
    public long Unindexed { get; init; }
}

/// <summary>An artifact that a search found, with the place in its text that shows why.</summary>
public sealed record SearchHit
{
    /// <summary>The artifact.</summary>
    public required Artifact Artifact { get; init; }

    /// <summary>How well it matches: greater is better, comparable within one search only.</summary>
    public double Score { get; init; }

    /// <summary>
    /// Some 200 characters of its text around the words that were found, on one line, with … where it was cut; of JSON, its names and values.
    /// The beginning of the text when only the name matches, and empty when the content is not text.
    /// </summary>
    public string Snippet { get; init; } = "";

    /// <summary>Where in <see cref="Snippet"/> the words are that were found, from left to right: <c>hit.Snippet[hit.Highlights[0]]</c>.</summary>
    public IReadOnlyList<Range> Highlights { get; init; } = [];

    /// <summary>The artifact, its session and the snippet, in one line.</summary>
    public override string ToString() =>
        $"{Artifact.Name} v{Artifact.Version} in {Artifact.SessionId}{(Snippet.Length == 0 ? "" : $": {Snippet}")}";
}
