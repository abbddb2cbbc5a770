namespace Dossier.Storage;

/// <summary>What stays of the sessions that were erased.</summary>
internal static class ErasureSql
{
    // What `finished` says: 0 until the records are gone down to the pages, then 2 until content is gone, too, and 1 in the end.
    private const long Complete = 1;
    private const long WithoutContent = 2;

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
        database.ReadNumber("SELECT coalesce((SELECT number * (finished <> 1) FROM erased_sessions ORDER BY number DESC LIMIT 1), 0)");

    /// <summary>Whether records were deleted, or are still to be, since the files were last written anew.</summary>
    public static bool IsToRewrite(Database database) =>
        database.ReadNumber("SELECT EXISTS(SELECT 1 FROM erased_sessions WHERE finished = 0)") != 0;

    /// <summary>The files were written anew.</summary>
    /// <param name="database">The connection to write with.</param>
    /// <param name="last">The last erasure that began before.</param>
    /// <param name="isComplete">Whether content was deleted, too.</param>
    public static void Finish(Database database, long last, bool isComplete)
    {
        using var finish = database.Prepare("UPDATE erased_sessions SET finished = ?1 WHERE finished <> 1 AND number <= ?2");
        finish.Bind(1, isComplete ? Complete : WithoutContent);
        finish.Bind(2, last);
        finish.Step();
    }

    private static SessionErasure Read(Statement rows) =>
        new()
        {
            SessionId = rows.Text(1),
            ErasedAt = Microseconds.ToTime(rows.Number(2)),
            Artifacts = rows.Number(3),
            Responses = rows.Number(4),
            Messages = rows.Number(5),
            Reason = rows.IsNull(6) ? null : rows.Text(6),
            IsComplete = rows.Number(7) == Complete,
        };
}
