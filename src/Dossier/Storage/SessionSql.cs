namespace Dossier.Storage;

/// <summary>Reads of sessions.</summary>
internal static class SessionSql
{
    private const string Select = "SELECT key, id, name, status, created_at, updated_at, revision, body FROM sessions";

    public static SessionInfo? Get(Database database, string sessionId)
    {
        using var rows = database.Prepare(Select + " WHERE id = ?1");
        rows.BindText(1, sessionId);
        return rows.Step() ? Read(rows) : null;
    }

    public static RecordPage<SessionInfo> Query(Database database, SessionQuery query, string? continuation)
    {
        var page = new PageQuery(Select, "key", newestFirst: true, query.PageSize, continuation);
        if (query.Name is { } name)
            page.And("name = ", name);
        if (query.NameGlob is { } glob)
            page.And("name GLOB ", PageQuery.Glob(glob));
        if (query.Status is { } status)
            page.And("status = ", (long)status);
        if (query.Tag is { } tag)
            page.And($"EXISTS(SELECT 1 FROM json_each(body, '$.tags') WHERE atom = ?{page.Add(tag)})");
        return page.Read(database, Read);
    }

    private static SessionInfo Read(Statement rows) =>
        RecordJson.DecodeSession(rows.Bytes(7)) with
        {
            Id = rows.Text(1),
            Name = rows.IsNull(2) ? null : rows.Text(2),
            Status = (SessionStatus)rows.SmallNumber(3),
            CreatedAt = Microseconds.ToTime(rows.Number(4)),
            UpdatedAt = Microseconds.ToTime(rows.Number(5)),
            Revision = rows.Number(6),
        };
}
