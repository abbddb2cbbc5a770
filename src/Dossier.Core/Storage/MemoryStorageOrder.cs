using System.Text;

namespace Dossier.Storage;

/// <summary>What a record is sorted by: a number or a text, whichever the order is of. Texts compare code point by code point, as UTF-8 does.</summary>
internal readonly record struct MemorySortKey(long Number, byte[]? Text = null)
{
    public static MemorySortKey Of(string text) => new(0, Encoding.UTF8.GetBytes(text));

    public static MemorySortKey Of(ArtifactOrder order, ArtifactRecord artifact) =>
        order switch
        {
            ArtifactOrder.Name => Of(artifact.Name),
            ArtifactOrder.SmallestFirst or ArtifactOrder.LargestFirst => new(artifact.Size),
            ArtifactOrder.CreatedFirst or ArtifactOrder.CreatedLast => new(artifact.CreatedAt.UtcTicks),
            _ => default,
        };

    public static MemorySortKey Of(SessionOrder order, SessionInfo session) =>
        order switch
        {
            SessionOrder.Name => Of(session.Name ?? ""),
            SessionOrder.RecentlyUpdated => new(session.UpdatedAt.UtcTicks),
            _ => default,
        };

    public int Compare(MemorySortKey other) =>
        Text is { } text && other.Text is { } otherText ? text.AsSpan().SequenceCompareTo(otherText) : Number.CompareTo(other.Number);

    /// <summary>For a continuation.</summary>
    public override string ToString() => Text is { } text ? Convert.ToHexString(text) : FormattableString.Invariant($"{Number}");

    public static bool TryParse(ReadOnlySpan<char> text, bool isText, out MemorySortKey key)
    {
        key = default;
        if (!isText)
        {
            var parsed = long.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number);
            key = new(number);
            return parsed;
        }
        var bytes = new byte[text.Length / 2];
        key = new(0, bytes);
        return Convert.FromHexString(text, bytes, out _, out _) is System.Buffers.OperationStatus.Done;
    }
}

/// <summary>Pages of a list that is sorted by more than its own order: everything that matches is read and sorted for each.</summary>
internal static class MemorySortedPage
{
    public static RecordPage<TRecord> Read<TStored, TRecord>(
        IReadOnlyList<TStored> all,
        Func<TStored, TRecord?> decodeMatch,
        Func<TRecord, MemorySortKey> keyOf,
        bool isText,
        bool descending,
        int pageSize,
        string? continuation
    )
        where TRecord : class
    {
        var matches = new List<(MemorySortKey Key, int Index, TRecord Record)>();
        for (var i = 0; i < all.Count; i++)
            if (decodeMatch(all[i]) is { } record)
                matches.Add((keyOf(record), i, record));
        var sign = descending ? -1 : 1;
        matches.Sort((left, right) => sign * Compare((left.Key, left.Index), (right.Key, right.Index)));
        if (continuation is not null)
        {
            var last = Parse(continuation, isText);
            matches.RemoveAll(match => sign * Compare((match.Key, match.Index), last) <= 0);
        }
        var page = matches.Take(pageSize).ToArray();
        return new(
            [.. page.Select(match => match.Record)],
            matches.Count > pageSize ? FormattableString.Invariant($"{page[^1].Index}.{page[^1].Key}") : null
        );
    }

    private static int Compare((MemorySortKey Key, int Index) left, (MemorySortKey Key, int Index) right) =>
        left.Key.Compare(right.Key) is var order && order != 0 ? order : left.Index.CompareTo(right.Index);

    private static (MemorySortKey Key, int Index) Parse(string continuation, bool isText)
    {
        var dot = continuation.IndexOf('.', StringComparison.Ordinal);
        return
            dot > 0
            && int.TryParse(continuation.AsSpan(0, dot), System.Globalization.CultureInfo.InvariantCulture, out var index)
            && MemorySortKey.TryParse(continuation.AsSpan(dot + 1), isText, out var key)
            ? (key, index)
            : throw new ArgumentException($"'{continuation}' is not a continuation that an earlier page gave.", nameof(continuation));
    }
}
