namespace Dossier.Storage;

/// <summary>The rows of contents, and how they are found.</summary>
internal static class ContentSql
{
    /// <summary>How many bytes of a digest the index holds: few, so that it stays small; a look-up compares the whole digest as well.</summary>
    public const int PrefixSize = 8;

    /// <summary>
    /// The row of the content whose digest is <c>?1</c>, to be put behind a list of columns. One short look-up for each level of the
    /// index, written so that SQLite makes no temporary table for the levels, which costs more than the look-ups.
    /// </summary>
    public const string Row = """
        FROM (SELECT 0 AS level UNION ALL SELECT 1 UNION ALL SELECT 2) CROSS JOIN digests USING(level) CROSS JOIN contents USING(place)
        WHERE digests.prefix = substr(?1, 1, 8) AND contents.digest = ?1
        """;

    public static ContentEntry? Get(Database database, ContentDigest digest)
    {
        using var rows = database.Prepare($"SELECT size, bytes {Row}");
        rows.Bind(1, digest);
        if (!rows.Step())
            return null;
        return rows.IsNull(1) ? new(digest, rows.Number(0)) : new(digest, rows.Number(0), rows.Bytes(1).ToArray());
    }

    /// <summary>Where a content lies; null for one that is not there.</summary>
    public static long? FindPlace(Database database, ContentDigest digest)
    {
        using var rows = database.Prepare($"SELECT place {Row}");
        rows.Bind(1, digest);
        return rows.Step() ? rows.Number(0) : null;
    }

    public static bool Exists(Database database, ContentDigest digest)
    {
        using var rows = database.Prepare($"SELECT 1 {Row}");
        rows.Bind(1, digest);
        return rows.Step();
    }

    /// <summary>The row stays, so that what names the content learns why its bytes are not there; a commit that brings them heals it.</summary>
    public static void ForgetBytes(Database database, ContentDigest digest)
    {
        using var update = database.Prepare($"UPDATE contents SET bytes = NULL WHERE place = (SELECT place {Row})");
        update.Bind(1, digest);
        update.Step();
    }

    /// <summary>Lets a row be found by its digest; at level 0, as all that is new.</summary>
    public static void AddToIndex(Database database, long place, ContentDigest digest)
    {
        using var index = database.Prepare("INSERT INTO digests(level, prefix, place) VALUES(0, ?1, ?2)");
        Span<byte> bytes = stackalloc byte[ContentDigest.Size];
        digest.CopyTo(bytes);
        index.BindBlob(1, bytes[..PrefixSize]);
        index.Bind(2, place);
        index.Step();
    }
}
