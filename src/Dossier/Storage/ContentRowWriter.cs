namespace Dossier.Storage;

/// <summary>
/// Writes the contents of commits, and the index by which they are found: a log-structured merge tree (O'Neil and others, 1996). In one
/// tree, every digest of a group would change a page of its own, as digests are random. New ones are at level 0, which stays within a few
/// pages. Every 1,024th takes level 0 to level 1, and a sixteenth of level 1 to level 2, so that many digests share each page that this changes.
/// </summary>
internal sealed class ContentRowWriter(Database database)
{
    private const int MergedAtOnce = 1024;
    private const int Slices = 16;
    private const int SliceSize = 256 / Slices; // by the first byte of a digest

    // A place that was given while this transaction lasts and is a multiple of MergedAtOnce; whoever gives it merges, in whatever process.
    private long? _dueAt;

    private readonly Dictionary<ContentDigest, long> _places = [];

    /// <summary>To be called at the beginning of a transaction: others have written since the last, or it was rolled back.</summary>
    public void Begin()
    {
        _dueAt = null;
        _places.Clear();
    }

    /// <summary>Where a content of this transaction is; null for one that it has not written.</summary>
    public long? PlaceOf(ContentDigest digest) => _places.TryGetValue(digest, out var place) ? place : null;

    public void Write(ContentEntry content)
    {
        if (Find(content.Digest) is not { } found)
        {
            _places[content.Digest] = Insert(content);
            return;
        }
        _places[content.Digest] = found.Place;
        if (!found.IsCondemned && (found.HasBytes || content.Inline is null))
            return;
        // What was condemned is in use again, and what was set aside because its bytes were damaged has them again.
        using var revive = database.Prepare("UPDATE contents SET condemned_at = NULL, bytes = coalesce(bytes, ?2) WHERE place = ?1");
        revive.Bind(1, found.Place);
        Bind(revive, 2, content.Inline);
        revive.Step();
    }

    /// <summary>Merges what is due, before the transaction commits.</summary>
    public void Flush()
    {
        if (_dueAt is not { } place)
            return;
        Move("level = 0", 1);
        var first = (byte)(place / MergedAtOnce % Slices * SliceSize);
        byte[] end = [(byte)(first + SliceSize - 1), .. Enumerable.Repeat(byte.MaxValue, ContentSql.PrefixSize - 1)];
        Move("level = 1 AND prefix BETWEEN ?1 AND ?2", 2, [first], end);
        _dueAt = null;
    }

    private void Move(string what, int level, params ReadOnlySpan<byte[]> bounds)
    {
        Run($"INSERT INTO digests SELECT {level}, prefix, place FROM digests WHERE {what}", bounds);
        Run($"DELETE FROM digests WHERE {what}", bounds);
    }

    private void Run(string sql, ReadOnlySpan<byte[]> bounds)
    {
        using var statement = database.Prepare(sql);
        for (var i = 0; i < bounds.Length; i++)
            statement.BindBlob(i + 1, bounds[i]);
        statement.Step();
    }

    private (long Place, bool IsCondemned, bool HasBytes)? Find(ContentDigest digest)
    {
        using var select = database.Prepare($"SELECT place, condemned_at, bytes IS NULL {ContentSql.Row}");
        select.Bind(1, digest);
        return select.Step() ? (select.Number(0), !select.IsNull(1), select.Number(2) == 0) : null;
    }

    private long Insert(ContentEntry content)
    {
        using var insert = database.Prepare("INSERT INTO contents(digest, size, bytes) VALUES(?1, ?2, ?3)");
        insert.Bind(1, content.Digest);
        insert.Bind(2, content.Size);
        Bind(insert, 3, content.Inline);
        insert.Step();
        var place = database.LastInsertedKey;
        ContentSql.AddToIndex(database, place, content.Digest);
        if (place % MergedAtOnce == 0)
            _dueAt = place;
        return place;
    }

    private static void Bind(Statement statement, int index, ReadOnlyMemory<byte>? bytes)
    {
        if (bytes is { } inline)
            statement.BindBlob(index, inline.Span);
        else
            statement.BindNull(index);
    }
}
