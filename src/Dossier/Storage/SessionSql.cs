namespace Dossier.Storage;

/// <summary>Reads of sessions.</summary>
internal static class SessionSql
{
    private const string Columns = "SELECT key, id, name, status, created_at, updated_at, revision, body, owner";
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
        foreach (var condition in Conditions(page, query))
            page.And(condition);
        if (tags.Length > 0)
            page.And("tag = ", tags[0]);
        foreach (var tag in tags.Skip(1))
            page.And(HasTag(page, tag, "key"));
        return page.Read(database, Read);
    }

    /// <summary>How many there are; from an index alone where one has all that is asked for.</summary>
    public static long Count(Database database, SessionQuery query)
    {
        var tags = Tags(query).ToArray();
        var count = new PageQuery("SELECT count(*) FROM sessions");
        var conditions = Conditions(count, query).ToList();
        if (tags.Length > 0 && conditions.Count == 0)
        {
            count = new PageQuery("SELECT count(*) FROM session_tags AS first").And("tag = ", tags[0]);
            foreach (var tag in tags.Skip(1))
                count.And(HasTag(count, tag, "first.session"));
        }
        else
            AndConditions(count, conditions, tags);
        using var rows = count.Prepare(database);
        rows.Step();
        return rows.Number(0);
    }

    /// <summary>What a query for something else says of its sessions: the keys that match, as a subquery.</summary>
    public static string Keys(PageQuery page, SessionQuery query) =>
        $"(SELECT key FROM sessions WHERE {string.Join(" AND ", Conditions(page, query).Concat(Tags(query).Select(tag => IsTagged(page, tag))).DefaultIfEmpty("1"))})";

    /// <summary>At most how many records the sessions that match have together.</summary>
    public static long CountRecords(Database database, SessionQuery query)
    {
        var sum = new PageQuery("SELECT total(last_sequence) FROM sessions");
        AndConditions(sum, Conditions(sum, query).ToList(), Tags(query));
        using var rows = sum.Prepare(database);
        rows.Step();
        return (long)rows.Real(0);
    }

    private static void AndConditions(PageQuery page, IEnumerable<string> conditions, IEnumerable<string> tags)
    {
        foreach (var condition in conditions)
            page.And(condition);
        foreach (var tag in tags)
            page.And(IsTagged(page, tag));
    }

    /// <summary>All conditions but the tags, for which each query has a way of its own.</summary>
    private static IEnumerable<string> Conditions(PageQuery page, SessionQuery query)
    {
        if (query.Name is { } name)
            yield return $"name = ?{page.Add(name)}";
        if (query.NameGlob is { } glob)
            yield return $"name GLOB ?{page.Add(PageQuery.Glob(glob))}";
        if (query.Owner is { } owner)
            yield return $"owner = ?{page.Add(owner)}";
        if (query.Status is { } status)
            yield return $"status = ?{page.Add((long)status)}";
        if (query.CreatedFrom is { } from)
            yield return $"created_at >= ?{page.Add(Microseconds.From(from))}";
        if (query.CreatedBefore is { } before)
            yield return $"created_at < ?{page.Add(Microseconds.From(before))}";
    }

    private static string HasTag(PageQuery page, string tag, string session) =>
        $"EXISTS(SELECT 1 FROM session_tags AS further WHERE further.tag = ?{page.Add(tag)} AND further.session = {session})";

    private static string IsTagged(PageQuery page, string tag) => $"key IN (SELECT session FROM session_tags WHERE tag = ?{page.Add(tag)})";

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
            CreatedAt = Microseconds.ToTime(rows.Number(4)),
            UpdatedAt = Microseconds.ToTime(rows.Number(5)),
            Revision = rows.Number(6),
        };
}
