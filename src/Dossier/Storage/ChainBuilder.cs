namespace Dossier.Storage;

/// <summary>Makes the chains of a store whose records have none: that of an earlier version.</summary>
internal static class ChainBuilder
{
    private const string Select = """
        SELECT sequence, place, 1 FROM artifacts WHERE session = ?1
        UNION ALL SELECT sequence, place, 0 FROM responses WHERE session = ?1 AND outcome <> 0
        ORDER BY 1
        """;

    public static void BuildAll(Database database)
    {
        using var sessions = database.Prepare("SELECT key, id FROM sessions");
        while (sessions.Step())
            Build(database, new() { Key = sessions.Number(0), Head = ChainEntry.Start(sessions.Text(1)) });
    }

    /// <summary>In the order of the session's records.</summary>
    private static void Build(Database database, SessionState session)
    {
        using (var records = database.Prepare(Select))
        {
            records.Bind(1, session.Key);
            while (records.Step())
                Link(database, session, records.Number(1), isArtifact: records.Number(2) != 0);
        }
        ChainSql.WriteHead(database, session);
    }

    private static void Link(Database database, SessionState session, long place, bool isArtifact)
    {
        var record = isArtifact ? ChainSql.ReadArtifact(database, place) : ChainSql.ReadResponse(database, place);
        using var update = database.Prepare(
            isArtifact
                ? "UPDATE artifacts SET link = ?2, chain = ?3 WHERE place = ?1"
                : "UPDATE responses SET link = ?2, chain = ?3 WHERE place = ?1"
        );
        update.Bind(1, place);
        update.Bind(2, session.Link(record!.Value.Entry));
        update.Bind(3, session.Head);
        update.Step();
    }
}
