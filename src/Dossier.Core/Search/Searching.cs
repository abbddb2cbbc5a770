using System.Text;
using Dossier.Storage;

namespace Dossier;

/// <summary>Searches, and shows why each artifact was found.</summary>
internal static class Searching
{
    /// <summary>Searches one session.</summary>
    /// <exception cref="ArgumentException">The options name another one.</exception>
    /// <exception cref="NotFoundException">It is not there any more.</exception>
    public static async Task<SearchResult> SearchSessionAsync(
        this StoreServices services,
        string sessionId,
        string text,
        SearchOptions options,
        CancellationToken cancellationToken
    )
    {
        if (options.SessionId is { } other && !string.Equals(other, sessionId, StringComparison.Ordinal))
            throw new ArgumentException(
                $"This is session '{sessionId}', and the search is to be of '{other}'. Leave SearchOptions.SessionId out, or use SessionStore.SearchAsync.",
                nameof(options)
            );
        var result = await services.SearchAsync(text, options with { SessionId = sessionId }, cancellationToken).ConfigureAwait(false);
        if (result.Hits.Count == 0)
            await services.Storage.ThrowIfSessionGoneAsync(sessionId, cancellationToken).ConfigureAwait(false);
        return result;
    }

    public static async Task<SearchResult> SearchAsync(
        this StoreServices services,
        string text,
        SearchOptions options,
        CancellationToken cancellationToken
    )
    {
        RecordPages.CheckPageSize(options.PageSize);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.CatchUpLimit, TimeSpan.Zero, nameof(options));
        // What was masked when it was stored is looked for as it was stored.
        var expression = SearchExpression.Parse(services.Masker.Apply(text));
        var complete = options with
        {
            Owner = services.Masker.ApplyTo(options.Owner),
            ContentType = options.ContentType is { } type ? ContentTypes.ResolveQuery(type, nameof(options)) : null,
        };
        var page = await services.Storage.Search.SearchAsync(expression, complete, cancellationToken).ConfigureAwait(false);

        var matcher = new SearchMatcher(expression);
        var hits = new List<SearchHit>(page.Matches.Count);
        foreach (var match in page.Matches)
            hits.Add(await ShowAsync(services.Storage, matcher, match, cancellationToken).ConfigureAwait(false));
        return new()
        {
            Hits = hits,
            Continuation = page.Continuation,
            Unindexed = page.Unindexed,
        };
    }

    private static async Task<SearchHit> ShowAsync(
        IStorage storage,
        SearchMatcher matcher,
        SearchMatch match,
        CancellationToken cancellationToken
    )
    {
        var record = match.Artifact;
        var text = await SearchText
            .ReadAsync(storage.Records, storage.Contents, record.ContentType, record.Digest, cancellationToken)
            .ConfigureAwait(false);
        var (snippet, highlights) = SearchSnippet.Of(matcher, Encoding.UTF8.GetString(text.Span).TrimEnd());
        return new()
        {
            Artifact = new(record, storage),
            Score = match.Score,
            Snippet = snippet,
            Highlights = highlights,
        };
    }
}
