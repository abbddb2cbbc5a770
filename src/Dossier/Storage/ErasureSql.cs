namespace Dossier.Storage;

/// <summary>What stays of the sessions that were erased.</summary>
internal static class ErasureSql
{
    private const string Select = "SELECT number, id, erased_at, artifacts, responses, messages, reason, finished FROM erased_sessions";

    public static SessionErasure? Get(Database database, string sessionId)
    {
        using var rows = database.Prepare($"{Select} WHERE id = ?1");
        rows.BindText(1, sessionId);
        return rows.Step() ? Read(rows) : null;
    }

    public static RecordPage<SessionErasure> Query(Database database, int pageSize, string? continuation) =>
        new PageQuery(Select, new("number", Descending: false), pageSize, continuation).Read(database, Read);

    public static void Insert(Database database, SessionErasure erasure)
    {
        using var insert = database.Prepare(
            "INSERT INTO erased_sessions(id, erased_at, artifacts, responses, messages, reason) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
        );
        insert.BindText(1, erasure.SessionId);
        insert.Bind(2, Microseconds.From(erasure.ErasedAt));
        insert.Bind(3, erasure.Artifacts);
        insert.Bind(4, erasure.Responses);
        insert.Bind(5, erasure.Messages);
        insert.BindText(6, erasure.Reason);
        insert.Step();
    }

    /// <summary>The number of the last erasure; 0 when it is finished, and so are those before it.</summary>
    public static long LastUnfinished(Database database) =>
        database.ReadNumber("SELECT coalesce((SELECT number * NOT finished FROM erased_sessions ORDER BY number DESC LIMIT 1), 0)");

    private static SessionErasure Read(Statement rows) =>
        new()
        {
            SessionId = rows.Text(1),
            ErasedAt = Microseconds.ToTime(rows.Number(2)),
            Artifacts = rows.Number(3),
            Responses = rows.Number(4),
            Messages = rows.Number(5),
            Reason = rows.IsNull(6) ? null : rows.Text(6),
            IsComplete = rows.Number(7) != 0,
        };
}
