using System.Globalization;
using System.Text;

namespace Dossier.Storage;

/// <summary>A search without an index: it reads every artifact, which is right for a small store and for one of whose size nothing is known.</summary>
internal sealed class SearchScan(IStorage storage) : ISearchIndex
{
    private const int ReadAtOnce = 1000;

    public async Task<SearchPage> SearchAsync(
        SearchExpression expression,
        SearchOptions options,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(expression);
        ArgumentNullException.ThrowIfNull(options);
        RecordPages.CheckPageSize(options.PageSize);
        var skip = 0;
        if (
            options.Continuation is { } continuation
            && !int.TryParse(continuation, NumberStyles.None, CultureInfo.InvariantCulture, out skip)
        )
            throw new ArgumentException($"'{continuation}' is not a continuation that an earlier page gave.", nameof(options));

        var matches = expression.CanMatch ? await FindAsync(expression, options, cancellationToken).ConfigureAwait(false) : [];
        // A stable sort: of equals the newest comes first.
        var page = matches.OrderByDescending(match => match.Score).Skip(skip).Take(options.PageSize).ToArray();
        var next = skip + page.Length;
        return new(page, next < matches.Count ? next.ToString(CultureInfo.InvariantCulture) : null);
    }

    private async Task<List<SearchMatch>> FindAsync(SearchExpression expression, SearchOptions options, CancellationToken cancellationToken)
    {
        if (
            options.SessionId is { } id
            && (
                await storage.Records.GetSessionAsync(id, cancellationToken).ConfigureAwait(false) is not { TrashedAt: null } session
                || (options.Owner is { } expected && !string.Equals(session.Owner, expected, StringComparison.Ordinal))
            )
        )
            return [];
        var query = new ArtifactQuery
        {
            ContentType = options.ContentType,
            Sessions = options is { SessionId: null, Owner: { } owner } ? new() { Owner = owner } : null,
            Order = ArtifactOrder.NewestFirst,
            PageSize = ReadAtOnce,
        };
        var matcher = new SearchMatcher(expression);
        var matches = new List<SearchMatch>();
        var records = RecordPages.ReadAllAsync(next =>
            storage.Records.QueryArtifactsAsync(options.SessionId, query, next, cancellationToken)
        );
        await foreach (var record in records.ConfigureAwait(false))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var text = await SearchText
                .ReadAsync(storage.Records, storage.Contents, record.ContentType, record.Digest, cancellationToken)
                .ConfigureAwait(false);
            var tokens = SearchTokens.Of(Encoding.UTF8.GetString(text.Span));
            if (matcher.Score(SearchTokens.Of(record.Name), tokens) is { } score)
                matches.Add(new(record, score));
        }
        return matches;
    }
}
