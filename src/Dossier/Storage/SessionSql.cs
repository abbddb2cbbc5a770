namespace Dossier.Storage;

/// <summary>Reads of sessions.</summary>
internal static class SessionSql
{
    private const string Columns = "SELECT key, id, name, status, created_at, updated_at, revision, body, owner, trashed_at";
    private const string Select = Columns + " FROM sessions";

    /// <summary>The cross join makes the sessions of a tag lead, in their order.</summary>
    private const string SelectByTag = Columns + " FROM session_tags CROSS JOIN sessions ON key = session";

    public static SessionInfo? Get(Database database, string sessionId)
    {
        using var rows = database.Prepare(Select + " WHERE id = ?1");
        rows.BindText(1, sessionId);
        return rows.Step() ? Read(rows) : null;
    }

    public static RecordPage<SessionInfo> Query(Database database, SessionQuery query, string? continuation)
    {
        var tags = Tags(query).ToArray();
        var page = new PageQuery(
            tags.Length > 0 ? SelectByTag : Select,
            OrderOf(query.Order, tags.Length > 0 ? "session" : "key"),
            query.PageSize,
            continuation
        );
        if (query.Trash is not TrashFilter.Include)
            page.And(query.Trash is TrashFilter.Only ? "trashed_at IS NOT NULL" : "trashed_at IS NULL");
        if (query.Name is { } name)
            page.And("name = ", name);
        if (query.NameGlob is { } glob)
            page.And("name GLOB ", PageQuery.Glob(glob));
        if (query.Owner is { } owner)
            page.And("owner = ", owner);
        if (query.Status is { } status)
            page.And("status = ", (long)status);
        if (query.CreatedFrom is { } from)
            page.And("created_at >= ", Microseconds.From(from));
        if (query.CreatedBefore is { } before)
            page.And("created_at < ", Microseconds.From(before));
        if (tags.Length > 0)
            page.And("tag = ", tags[0]);
        foreach (var tag in tags.Skip(1))
            page.And($"EXISTS(SELECT 1 FROM session_tags AS further WHERE further.tag = ?{page.Add(tag)} AND further.session = key)");
        return page.Read(database, Read);
    }

    private static IEnumerable<string> Tags(SessionQuery query) => query.Tag is { } tag ? (query.Tags ?? []).Append(tag) : query.Tags ?? [];

    private static PageOrder OrderOf(SessionOrder order, string key) =>
        order switch
        {
            SessionOrder.OldestFirst => new(key, Descending: false),
            SessionOrder.Name => new(key, Descending: false, "coalesce(name, '')", SortColumn: 2, IsText: true),
            SessionOrder.RecentlyUpdated => new(key, Descending: true, "updated_at", SortColumn: 5),
            _ => new(key, Descending: true),
        };

    private static SessionInfo Read(Statement rows) =>
        RecordJson.DecodeSession(rows.Bytes(7)) with
        {
            Id = rows.Text(1),
            Name = rows.IsNull(2) ? null : rows.Text(2),
            Owner = rows.IsNull(8) ? null : rows.Text(8),
            Status = (SessionStatus)rows.SmallNumber(3),
            TrashedAt = rows.IsNull(9) ? null : Microseconds.ToTime(rows.Number(9)),
            CreatedAt = Microseconds.ToTime(rows.Number(4)),
            UpdatedAt = Microseconds.ToTime(rows.Number(5)),
            Revision = rows.Number(6),
        };
}
