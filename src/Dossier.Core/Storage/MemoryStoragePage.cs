using System.Globalization;

namespace Dossier.Storage;

/// <summary>Pages of a list that only grows.</summary>
internal static class MemoryPage
{
    /// <summary>What <paramref name="decodeMatch"/> gives null for is left out. The lists only grow, so that a place in one stays good from page to page.</summary>
    public static RecordPage<TRecord> Read<TStored, TRecord>(
        List<TStored> all,
        bool newestFirst,
        int pageSize,
        string? continuation,
        Func<TStored, TRecord?> decodeMatch,
        Func<TRecord, MemorySortKey>? keyOf = null,
        bool isTextKey = false
    )
        where TRecord : class
    {
        RecordPages.CheckPageSize(pageSize);
        if (keyOf is not null)
            return MemorySortedPage.Read(all, decodeMatch, keyOf, isTextKey, descending: newestFirst, pageSize, continuation);
        var index = newestFirst ? all.Count - 1 : 0;
        if (continuation is not null && !int.TryParse(continuation, NumberStyles.None, CultureInfo.InvariantCulture, out index))
            throw new ArgumentException($"'{continuation}' is not a continuation that an earlier page gave.", nameof(continuation));
        var items = new List<TRecord>();
        for (; index >= 0 && index < all.Count; index += newestFirst ? -1 : 1)
        {
            if (decodeMatch(all[index]) is not { } record)
                continue;
            if (items.Count == pageSize)
                return new(items, index.ToString(CultureInfo.InvariantCulture));
            items.Add(record);
        }
        return new(items, null);
    }
}
