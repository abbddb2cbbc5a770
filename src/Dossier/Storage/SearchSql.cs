namespace Dossier.Storage;

/// <summary>An artifact as the index takes it in.</summary>
internal readonly record struct SearchSource(
    long Place,
    long Session,
    RecordId Id,
    string Name,
    string ContentType,
    ContentDigest? Digest,
    string? Owner
);

/// <summary>What the index reads of the store.</summary>
internal static class SearchSql
{
    /// <summary>The place of the newest artifact; 0 when there is none.</summary>
    public static long LastPlace(Database database) => database.ReadNumber("SELECT max(place) FROM artifacts");

    /// <summary>The greatest place that was ever given; that artifact may have been purged.</summary>
    public static long LastPlaceEver(Database database) =>
        database.ReadNumber("SELECT max(coalesce((SELECT max(place) FROM artifacts), 0), (SELECT place FROM last_purged))");

    public static byte[]? IdAt(Database database, long place)
    {
        using var rows = database.Prepare("SELECT id FROM artifacts WHERE place = ?1");
        rows.Bind(1, place);
        return rows.Step() ? rows.Bytes(0).ToArray() : null;
    }

    public static long? SessionKey(Database database, string sessionId)
    {
        using var rows = database.Prepare("SELECT key FROM sessions WHERE id = ?1");
        rows.BindText(1, sessionId);
        return rows.Step() ? rows.Number(0) : null;
    }

    /// <summary>The artifacts that follow a place, oldest first.</summary>
    public static List<SearchSource> After(Database database, long place, int count)
    {
        using var rows = database.Prepare(
            """
            SELECT place, session, id, name, content_type, digest, (SELECT owner FROM sessions WHERE key = session)
            FROM artifacts WHERE place > ?1 ORDER BY place LIMIT ?2
            """
        );
        rows.Bind(1, place);
        rows.Bind(2, count);
        var sources = new List<SearchSource>();
        while (rows.Step())
            sources.Add(
                new(
                    rows.Number(0),
                    rows.Number(1),
                    RecordId.Parse(RecordId.ToText(rows.Bytes(2))),
                    rows.Text(3),
                    rows.Text(4),
                    rows.FindDigest(5),
                    rows.IsNull(6) ? null : rows.Text(6)
                )
            );
        return sources;
    }

    /// <summary>The record in a place; null when it is gone or in the trash, or of another owner.</summary>
    public static ArtifactRecord? Get(Database database, long place, string? owner)
    {
        string session;
        RecordId id;
        using (
            var rows = database.Prepare(
                """
                SELECT sessions.id, artifacts.id FROM artifacts JOIN sessions ON sessions.key = artifacts.session
                WHERE place = ?1 AND artifacts.trashed_at IS NULL AND sessions.trashed_at IS NULL AND (?2 IS NULL OR sessions.owner = ?2)
                """
            )
        )
        {
            rows.Bind(1, place);
            rows.BindText(2, owner);
            if (!rows.Step())
                return null;
            (session, id) = (rows.Text(0), RecordId.Parse(RecordId.ToText(rows.Bytes(1))));
        }
        return ArtifactSql.Get(database, session, id);
    }
}
