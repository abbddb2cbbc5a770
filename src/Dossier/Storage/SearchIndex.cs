using System.Globalization;

namespace Dossier.Storage;

/// <summary>Searches <c>search.db</c>, and has it caught up before.</summary>
internal sealed class SearchIndex(string directory, ReaderPool readers, SearchIndexer indexer, TimeProvider time) : ISearchIndex
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1); // timers go no further than 49 days

    public Task<SearchPage> SearchAsync(SearchExpression expression, SearchOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(expression);
        ArgumentNullException.ThrowIfNull(options);
        RecordPages.CheckPageSize(options.PageSize);
        var after = ReadContinuation(options.Continuation);
        // Opening, matching and ranking are blocking calls; not on a thread that may belong to a user interface.
        return Task.Run(() => SearchAsync(expression, options, after, cancellationToken), cancellationToken);
    }

    private async Task<SearchPage> SearchAsync(
        SearchExpression expression,
        SearchOptions options,
        (double Rank, long Place)? after,
        CancellationToken cancellationToken
    )
    {
        var target = readers.Read(0, static (database, _) => SearchSql.LastPlace(database));
        if (!expression.CanMatch || target == 0)
            return new([]);
        var start = time.GetTimestamp();
        while (true)
        {
            var left = options.CatchUpLimit - time.GetElapsedTime(start);
            if (TryAnswer(expression, options, after, target, mustAnswer: left <= TimeSpan.Zero) is { } page)
                return page;
            await WaitAsync(indexer.Run(), left < LongestWait ? left : LongestWait, cancellationToken).ConfigureAwait(false);
            // The newest may have been purged meanwhile, and would be waited for in vain.
            target = Math.Min(target, readers.Read(0, static (database, _) => SearchSql.LastPlace(database)));
        }
    }

    /// <summary>Null when it is better to wait for the index.</summary>
    private SearchPage? TryAnswer(
        SearchExpression expression,
        SearchOptions options,
        (double Rank, long Place)? after,
        long target,
        bool mustAnswer
    )
    {
        using var index = SearchDatabase.TryOpen(directory, readers);
        try
        {
            var unindexed = Math.Max(0, target - (index?.IndexedThrough ?? 0));
            if (unindexed > 0)
            {
                if (!mustAnswer)
                    return null;
                _ = indexer.Run(); // for the next search
            }
            return index is null ? new([], null, unindexed) : Find(index, expression, options, after) with { Unindexed = unindexed };
        }
        catch (StorageException) when (index is { IsDamaged: true })
        {
            indexer.Discard();
            return mustAnswer ? new([], null, target) : null;
        }
    }

    private SearchPage Find(SearchDatabase index, SearchExpression expression, SearchOptions options, (double Rank, long Place)? after)
    {
        long? session = null;
        if (options.SessionId is { } id)
        {
            session = readers.Read(id, SearchSql.SessionKey);
            if (session is null)
                return new([]);
        }
        var match = SearchScope.Match(expression, session, options.Owner, options.ContentType);
        return readers.Read(
            (index, match, options, after),
            static (store, it) => ReadPage(store, it.index, it.match, it.options, it.after)
        );
    }

    private static SearchPage ReadPage(
        Database store,
        SearchDatabase index,
        string match,
        SearchOptions options,
        (double Rank, long Place)? after
    )
    {
        var matches = new List<SearchMatch>();
        (double Rank, long Place) last = default;
        foreach (var (place, rank) in index.Find(match))
        {
            if (after is { } end && (rank < end.Rank || (rank.Equals(end.Rank) && place >= end.Place)))
                continue;
            if (SearchSql.Get(store, place, options.Owner) is not { } record)
                continue; // removed since
            if (options.ContentType is { } type && !MemoryFilter.ContentTypeMatches(type, record.ContentType))
                continue;
            if (matches.Count == options.PageSize)
                return new(matches, WriteContinuation(last));
            matches.Add(new(record, -rank));
            last = (rank, place);
        }
        return new(matches);
    }

    private async Task WaitAsync(Task<bool> run, TimeSpan left, CancellationToken cancellationToken)
    {
        try
        {
            if (!await run.WaitAsync(left, time, cancellationToken).ConfigureAwait(false))
                await Task.Delay(left < LookAgainAfter ? left : LookAgainAfter, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The run goes on; this search answers from what there is.
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ObjectDisposedException("The storage was disposed.", exception);
        }
    }

    private static string WriteContinuation((double Rank, long Place) last) =>
        string.Create(CultureInfo.InvariantCulture, $"{BitConverter.DoubleToInt64Bits(last.Rank):x16}-{last.Place}");

    private static (double Rank, long Place)? ReadContinuation(string? continuation)
    {
        if (continuation is null)
            return null;
        if (
            continuation.Split('-') is [{ Length: 16 } rank, var place]
            && long.TryParse(rank, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits)
            && long.TryParse(place, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        )
            return (BitConverter.Int64BitsToDouble(bits), number);
        throw new ArgumentException($"'{continuation}' is not a continuation that an earlier page gave.", nameof(continuation));
    }
}
