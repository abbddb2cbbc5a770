namespace Dossier.Storage;

/// <summary>The full text of one owner's artifacts.</summary>
internal sealed class OwnerSearchIndex(IStorage storage, string owner) : ISearchIndex
{
    public async Task<SearchPage> SearchAsync(
        SearchExpression expression,
        SearchOptions options,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Owner is { } other && !string.Equals(other, owner, StringComparison.Ordinal))
            return new([]);
        var page = await storage.Search.SearchAsync(expression, options with { Owner = owner }, cancellationToken).ConfigureAwait(false);
        // An index that does not know of owners finds more; it must not show it.
        var isOwn = new Dictionary<string, bool>();
        var matches = new List<SearchMatch>(page.Matches.Count);
        foreach (var match in page.Matches)
        {
            var id = match.Artifact.SessionId;
            if (!isOwn.TryGetValue(id, out var own))
            {
                var session = await storage.Records.GetSessionAsync(id, cancellationToken).ConfigureAwait(false);
                isOwn.Add(id, own = string.Equals(session?.Owner, owner, StringComparison.Ordinal));
            }
            if (own)
                matches.Add(match);
        }
        return page with { Matches = matches };
    }
}
