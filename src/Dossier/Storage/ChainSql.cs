namespace Dossier.Storage;

/// <summary>
/// The chain of a session beside its records: a record's row has the number and the hash of its entry, the table <c>links</c> has those that
/// no row has any more, and those that say so.
/// </summary>
internal static class ChainSql
{
    /// <summary>What <see cref="RowHash"/> covers of an artifact.</summary>
    public const string ArtifactColumns =
        "id, name, content_type, role, digest, size, created_at, produced_by, masked_secrets, redactions, metadata, step";

    /// <summary>What <see cref="RowHash"/> covers of a response, and of the messages that it names by their place.</summary>
    public const string ResponseColumns =
        $"id, key, outcome, started_at, text_digest, {ResponseSql.Body}, step, asked, answered, (SELECT hash FROM messages WHERE messages.place = turn + asked + answered - 1)";

    public const int ArtifactColumnCount = 12;
    public const int ResponseColumnCount = 10;

    private const string SelectArtifact = $"SELECT {ArtifactColumns}, sequence, version, link, chain FROM artifacts WHERE place = ?1";
    private const string SelectResponse = $"SELECT {ResponseColumns}, link, chain FROM responses WHERE place = ?1";

    /// <summary>What a session keeps of its chain; null when there is no such session.</summary>
    public static ChainHead? ReadHead(Database database, string sessionId)
    {
        using var rows = database.Prepare("SELECT links, chain FROM sessions WHERE id = ?1");
        rows.BindText(1, sessionId);
        if (!rows.Step())
            return null;
        return rows.Number(0) is var length and > 0 ? new(length, rows.Digest(1)) : new(0, ChainEntry.Start(sessionId));
    }

    /// <summary>The entry of an artifact's row as it is, with the hash that is kept of it.</summary>
    public static KeptLink? ReadArtifact(Database database, long place)
    {
        using var rows = database.Prepare(SelectArtifact);
        rows.Bind(1, place);
        if (!rows.Step())
            return null;
        var row = RowHash.Of(rows, 0, ArtifactColumnCount);
        return KeptLink.Read(
            rows,
            ArtifactColumnCount + 2,
            new(ChainEntryKind.Artifact, rows.Number(ArtifactColumnCount), rows.SmallNumber(ArtifactColumnCount + 1), row)
        );
    }

    /// <summary>The entry of a response's row as it is, with the hash that is kept of it.</summary>
    public static KeptLink? ReadResponse(Database database, long place)
    {
        using var rows = database.Prepare(SelectResponse);
        rows.Bind(1, place);
        return rows.Step()
            ? KeptLink.Read(rows, ResponseColumnCount, new(ChainEntryKind.Response, 0, 0, RowHash.Of(rows, 0, ResponseColumnCount)))
            : null;
    }

    public static KeptLink? ReadLink(Database database, long session, long number)
    {
        using var rows = database.Prepare("SELECT entry, number, chain FROM links WHERE session = ?1 AND number = ?2");
        rows.Bind(1, session);
        rows.Bind(2, number);
        return rows.Step() ? KeptLink.Read(rows, 1, ChainEntry.Of(rows.Bytes(0))) : null;
    }

    /// <summary>Keeps the entry of a row that is about to go, and adds one that says so.</summary>
    public static void WriteGone(Database database, SessionState session, in KeptLink link)
    {
        Write(database, session.Key, link);
        var gone = new ChainEntry(ChainEntryKind.Gone, link.Number, 0, link.Entry.Row);
        Write(database, session.Key, new(gone, session.Link(gone), session.Head));
    }

    /// <summary>Adds an entry for messages that no response stands for.</summary>
    public static void WriteMessages(Database database, SessionState session, MessageId last, ContentDigest hash)
    {
        var entry = new ChainEntry(ChainEntryKind.Messages, MessagePlace.Of(last), 0, hash);
        Write(database, session.Key, new(entry, session.Link(entry), session.Head));
    }

    /// <summary>Writes what a session keeps of its chain.</summary>
    public static void WriteHead(Database database, SessionState session)
    {
        using var update = database.Prepare("UPDATE sessions SET links = ?2, chain = ?3 WHERE key = ?1");
        update.Bind(1, session.Key);
        update.Bind(2, session.Links);
        update.Bind(3, session.Head);
        update.Step();
    }

    private static void Write(Database database, long session, in KeptLink link)
    {
        Span<byte> entry = stackalloc byte[ChainEntry.Size];
        link.Entry.CopyTo(entry);
        using var insert = database.Prepare("INSERT INTO links(session, number, entry, chain) VALUES(?1, ?2, ?3, ?4)");
        insert.Bind(1, session);
        insert.Bind(2, link.Number);
        insert.BindBlob(3, entry);
        insert.Bind(4, link.Chain);
        insert.Step();
    }
}

/// <summary>An entry, its number, and the hash that is kept of it.</summary>
/// <param name="Entry">The entry, made of the row as it is now.</param>
/// <param name="Number">Its number from 1; 0 when the row has no place in the chain.</param>
/// <param name="Chain">The hash that was written with it.</param>
internal readonly record struct KeptLink(ChainEntry Entry, long Number, ContentDigest Chain)
{
    public static KeptLink Read(Statement rows, int column, in ChainEntry entry) =>
        rows.IsNull(column) ? new(entry, 0, default) : new(entry, rows.Number(column), rows.Digest(column + 1));
}
