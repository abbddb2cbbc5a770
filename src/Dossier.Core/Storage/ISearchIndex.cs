namespace Dossier.Storage;

/// <summary>
/// Full text over the names and the textual content of all artifacts of a storage. It is derived from the records and never
/// written to by their writer. All members are safe to call from several threads at once.
/// </summary>
public interface ISearchIndex
{
    /// <summary>Finds artifacts, best match first. Catches up with what was stored before the call, as far as that goes in the time allowed.</summary>
    /// <param name="expression">What to look for; one without a word to find finds nothing.</param>
    /// <param name="options">Where to look; <see cref="SearchOptions.ContentType"/> is a MIME type or all of a kind.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <exception cref="ArgumentException">The continuation is none that an earlier page gave.</exception>
    /// <exception cref="StorageException">The storage cannot be read, or the index cannot be written.</exception>
    Task<SearchPage> SearchAsync(SearchExpression expression, SearchOptions options, CancellationToken cancellationToken = default);
}

/// <summary>A page of matches, best first.</summary>
/// <param name="Matches">The matches, read whole before the page is handed out.</param>
/// <param name="Continuation">What to pass for the next page; null when this is the last.</param>
/// <param name="Unindexed">At most how many of the newest artifacts were not searched; 0 when all were.</param>
public sealed record SearchPage(IReadOnlyList<SearchMatch> Matches, string? Continuation = null, long Unindexed = 0);

/// <summary>An artifact that a search found.</summary>
/// <param name="Artifact">Its record.</param>
/// <param name="Score">How well it matches: greater is better, comparable within one search only.</param>
public sealed record SearchMatch(ArtifactRecord Artifact, double Score);
