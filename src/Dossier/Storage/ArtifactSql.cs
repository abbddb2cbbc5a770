using System.Text.Json;

namespace Dossier.Storage;

/// <summary>Reads of artifacts.</summary>
internal static class ArtifactSql
{
    private const string Columns =
        "sequence, id, name, version, content_type, role, digest, size, created_at, produced_by, masked_secrets, metadata, trashed_at, pinned, step, redactions";

    // Who asks for a record alone should not wait for more than a page of content.
    private const int SmallContent = 4 * 1024;

    private const int ContentColumn = 17;

    private static readonly string SelectWithContent = $"""
        SELECT 0, {Columns}, CASE WHEN size <= {SmallContent} THEN
            (SELECT bytes FROM contents WHERE contents.place = artifacts.content AND contents.digest = artifacts.digest) END
        FROM artifacts WHERE {InSession} AND id = ?2
        """;

    private const string InSession = "session = (SELECT key FROM sessions WHERE id = ?1)";

    public static ArtifactRecord? Get(Database database, string sessionId, RecordId id)
    {
        using var rows = database.Prepare($"SELECT 0, {Columns} FROM artifacts WHERE {InSession} AND id = ?2");
        rows.BindText(1, sessionId);
        rows.Bind(2, id);
        return rows.Step() ? Read(rows, sessionId) : null;
    }

    /// <summary>With the content, in the same snapshot, where it is small and still at the place where it was when the artifact was stored.</summary>
    public static (ArtifactRecord? Artifact, ReadOnlyMemory<byte>? Content) GetWithContent(Database database, string sessionId, RecordId id)
    {
        using var rows = database.Prepare(SelectWithContent);
        rows.BindText(1, sessionId);
        rows.Bind(2, id);
        try
        {
            if (!rows.Step())
                return default;
            ReadOnlyMemory<byte>? content = rows.IsNull(ContentColumn) ? null : new(rows.Bytes(ContentColumn).ToArray());
            return (Read(rows, sessionId), content);
        }
        catch (StorageException)
        {
            // Damaged content does not hide its record. Whoever reads it learns of it.
            return (Get(database, sessionId, id), null);
        }
    }

    public static ArtifactRecord? Find(Database database, string sessionId, string name, int? version)
    {
        using var rows = database.Prepare(
            version is null
                ? $"SELECT 0, {Columns} FROM artifacts WHERE {InSession} AND name = ?2 AND trashed_at IS NULL ORDER BY version DESC LIMIT 1"
                : $"SELECT 0, {Columns} FROM artifacts WHERE {InSession} AND name = ?2 AND version = ?3 AND trashed_at IS NULL"
        );
        rows.BindText(1, sessionId);
        rows.BindText(2, name);
        if (version is { } number)
            rows.Bind(3, number);
        return rows.Step() ? Read(rows, sessionId) : null;
    }

    public static RecordPage<ArtifactRecord> Query(Database database, string? sessionId, ArtifactQuery query, string? continuation)
    {
        var sessionsLead = sessionId is null && !HasEqualMetadata(query) && SessionsLead(database, query);
        var order = OrderOf(query.Order, sessionsLead ? "+place" : KeyOf(sessionId, query));
        var select = $"SELECT {order.Key}, {Columns}{(sessionId is null ? OfAnySession : "")} FROM artifacts";
        var page = new PageQuery(select, order, query.PageSize, continuation);
        // In a session an index by name, producer or step leads to fewer.
        var isNarrow = sessionId is not null && (query.Name ?? query.ProducedBy ?? query.StepKey?.ToString()) is not null;
        if (order.Sort is null && !isNarrow && HasEqualMetadata(query))
        {
            // All look-ups of the page in one snapshot, which is also let go of only once.
            using var snapshot = database.BeginRead();
            if (SessionKey(database, sessionId) is not { } session)
                return new([], null);
            var conditions = FactSql.Conditions(database, session, query, order.Descending);
            if (conditions.Count > 0)
                return ReadByFacts(database, (sessionId, session), query, conditions, new(select), order, continuation);
        }
        return Filter(page, sessionId, query).Read(database, rows => ReadMatch(rows, sessionId, query), mayLeaveOut: HasMetadata(query));
    }

    public static IReadOnlyList<ArtifactTotals> Count(Database database, string? sessionId, ArtifactQuery query)
    {
        var tally = new ArtifactTally();
        if (query with { Order = default, PageSize = All.PageSize, Sessions = null } == All)
        {
            var sums = new PageQuery("SELECT totals FROM sessions").And("totals IS NOT NULL");
            if (sessionId is null)
                sums.And("trashed_at IS NULL");
            if (sessionId is not null)
                sums.And("id = ", sessionId);
            if (query.Sessions is { } sessions)
                sums.And($"key IN {SessionSql.Keys(sums, sessions)}");
            using var totals = sums.Prepare(database);
            while (totals.Step())
                tally.AddEncoded(totals.Bytes(0));
            return tally.Totals;
        }
        if (!HasMetadata(query))
        {
            var counts = Filter(new("SELECT content_type, count(*), sum(size) FROM artifacts"), sessionId, query);
            using var rows = counts.End(" GROUP BY content_type").Prepare(database);
            while (rows.Step())
                tally.Add(rows.Text(0), rows.Number(1), rows.Number(2));
            return tally.Totals;
        }
        string? next = null;
        do
        {
            var page = Query(database, sessionId, query with { Order = default, PageSize = 1000 }, next);
            foreach (var artifact in page.Items)
                tally.Add(artifact.ContentType, 1, artifact.Size);
            next = page.Continuation;
        } while (next is not null);
        return tally.Totals;
    }

    /// <summary>Looks at those artifacts only that the index of metadata names.</summary>
    private static RecordPage<ArtifactRecord> ReadByFacts(
        Database database,
        (string? Id, long Key) session,
        ArtifactQuery query,
        List<FactCondition> conditions,
        PageQuery one,
        PageOrder order,
        string? continuation
    )
    {
        var start = order.Descending ? long.MaxValue : 0;
        if (continuation is not null)
            start = PageOrder.ParseKey(continuation) + (order.Descending ? -1 : 1);
        var at = one.Add(0L);
        using var rows = Filter(one.And($"{order.Key} = ?{at}"), session.Id, query, session.Key).Prepare(database);
        var items = new List<ArtifactRecord>();
        var last = "";
        foreach (var position in FactSql.Positions(conditions, order.Descending, start))
        {
            rows.Dispose();
            rows.Bind(at, position);
            if (!rows.Step() || ReadMatch(rows, session.Id, query) is not { } artifact)
                continue;
            if (items.Count == query.PageSize)
                return new(items, last);
            items.Add(artifact);
            if (items.Count == query.PageSize)
                last = order.Continuation(rows);
        }
        return new(items, null);
    }

    private static readonly ArtifactQuery All = new();

    /// <summary>Sorting an artifact costs about as much as passing by several.</summary>
    private const int FewAmongAll = 8;

    private const string OfAnySession = ", (SELECT id FROM sessions WHERE key = session)";

    private static PageOrder OrderOf(ArtifactOrder order, string key) =>
        order switch
        {
            ArtifactOrder.NewestFirst => new(key, Descending: true),
            ArtifactOrder.Name => new(key, Descending: false, "name", SortColumn: 3, IsText: true),
            ArtifactOrder.SmallestFirst => new(key, Descending: false, "size", SortColumn: 8),
            ArtifactOrder.LargestFirst => new(key, Descending: true, "size", SortColumn: 8),
            ArtifactOrder.CreatedFirst => new(key, Descending: false, "created_at", SortColumn: 9),
            ArtifactOrder.CreatedLast => new(key, Descending: true, "created_at", SortColumn: 9),
            _ => new(key, Descending: false),
        };

    /// <summary>With a name the plus keeps SQLite from walking the whole session in its order instead of sorting the versions of one name.</summary>
    private static string KeyOf(string? sessionId, ArtifactQuery query) =>
        sessionId is null ? "place"
        : query.Name is null ? "sequence"
        : "+sequence";

    /// <summary>
    /// Whether to read all artifacts of the sessions that match, and to sort them, rather than to walk along all artifacts until a page is
    /// full: when they are few among all. A name or producer is then looked up in each of the sessions, which is always less.
    /// </summary>
    private static bool SessionsLead(Database database, ArtifactQuery query) =>
        query.Sessions is { } sessions
        && (
            query.Name is not null
            || query.ProducedBy is not null
            || query.StepKey is not null
            || SessionSql.CountRecords(database, sessions) < database.ReadNumber("SELECT max(place) FROM artifacts") / FewAmongAll
        );

    /// <summary>0 stands for all sessions; null for one that does not exist.</summary>
    private static long? SessionKey(Database database, string? sessionId)
    {
        if (sessionId is null)
            return 0;
        using var select = database.Prepare("SELECT key FROM sessions WHERE id = ?1");
        select.BindText(1, sessionId);
        return select.Step() ? select.Number(0) : null;
    }

    private static bool HasMetadata(ArtifactQuery query) => query.Metadata is { Count: > 0 } || query.Where is { Count: > 0 };

    private static bool HasEqualMetadata(ArtifactQuery query) =>
        query.Metadata is { Count: > 0 }
        || (query.Where ?? []).Any(condition => condition.Comparison is MetadataComparison.Equal or MetadataComparison.In);

    private static ArtifactRecord? ReadMatch(Statement rows, string? sessionId, ArtifactQuery query)
    {
        var metadata = RecordJson.DecodeMetadata(rows.Bytes(12));
        return MetadataMatch.Matches(query, metadata) ? Read(rows, sessionId ?? rows.Text(17), metadata) : null;
    }

    /// <param name="page">What it adds the conditions to.</param>
    /// <param name="sessionId">The session; null for all.</param>
    /// <param name="query">The conditions.</param>
    /// <param name="sessionKey">The session's key where it is known: what runs for each row should not look it up each time.</param>
    private static PageQuery Filter(PageQuery page, string? sessionId, ArtifactQuery query, long sessionKey = 0)
    {
        if (sessionKey != 0)
            page.And("session = ", sessionKey);
        else if (sessionId is not null)
            page.And($"session = (SELECT key FROM sessions WHERE id = ?{page.Add(sessionId)})");
        FilterTrash(page, sessionId, query.Trash);
        if (query.IsPinned is { } pinned)
            page.And(pinned ? "pinned" : "NOT pinned");
        if (query.Name is { } name)
            page.And("name = ", name);
        if (query.NameGlob is { } glob)
            page.And("name GLOB ", PageQuery.Glob(glob));
        if (query.Role is { } role)
            page.And("role = ", (long)role);
        if (query.MinSize is { } least)
            page.And("size >= ", least);
        if (query.MaxSize is { } most)
            page.And("size <= ", most);
        if (query.CreatedFrom is { } from)
            page.And("created_at >= ", Microseconds.From(from));
        if (query.CreatedBefore is { } before)
            page.And("created_at < ", Microseconds.From(before));
        if (query.ProducedBy is { } producer)
            page.And("produced_by = ", RecordId.Find(producer)); // null, and so no row, for what is no id
        if (query.StepKey is { } step)
            page.And("step = ", step);
        if (query.ContentType is { } contentType)
            FilterContentType(page, contentType);
        if (query.Sessions is { } sessions)
            page.And($"session IN {SessionSql.Keys(page, sessions)}");
        return page;
    }

    /// <summary>Over all sessions, that of a row has to be there as well: one that is being purged is not, though some of its rows are.</summary>
    private static void FilterTrash(PageQuery page, string? sessionId, TrashFilter filter)
    {
        const string Session = "EXISTS(SELECT 1 FROM sessions WHERE key = session";
        if (filter is TrashFilter.Exclude)
            page.And("trashed_at IS NULL");
        if (sessionId is not null && filter is TrashFilter.Only)
            page.And("trashed_at IS NOT NULL");
        if (sessionId is null)
            page.And(
                filter switch
                {
                    TrashFilter.Only => $"(trashed_at IS NOT NULL OR {Session} AND trashed_at IS NOT NULL)) AND {Session})",
                    TrashFilter.Include => $"{Session})",
                    _ => $"{Session} AND trashed_at IS NULL)",
                }
            );
    }

    private static void FilterContentType(PageQuery page, string contentType)
    {
        if (contentType is "*/*")
            return;
        if (contentType.EndsWith("/*", StringComparison.Ordinal))
        {
            // '0' follows '/': everything between them begins with the kind and a slash.
            var kind = contentType[..^2];
            page.And("content_type COLLATE NOCASE >= ", kind + "/").And("content_type COLLATE NOCASE < ", kind + "0");
        }
        else if (contentType.Contains(';', StringComparison.Ordinal))
            page.And("content_type COLLATE NOCASE = ", contentType);
        else
        {
            // '<' follows ';': everything between them is the type with parameters.
            const string Type = "content_type COLLATE NOCASE";
            page.And(
                $"({Type} = ?{page.Add(contentType)} OR ({Type} >= ?{page.Add(contentType + ";")} AND {Type} < ?{page.Add(contentType + "<")}))"
            );
        }
    }

    private static ArtifactRecord Read(Statement rows, string sessionId) =>
        Read(rows, sessionId, RecordJson.DecodeMetadata(rows.Bytes(12)));

    private static ArtifactRecord Read(Statement rows, string sessionId, IReadOnlyDictionary<string, JsonElement> metadata) =>
        new()
        {
            SessionId = sessionId,
            Sequence = rows.Number(1),
            Id = RecordId.ToText(rows.Bytes(2)),
            Name = rows.Text(3),
            Version = rows.SmallNumber(4),
            ContentType = rows.Text(5),
            Role = (ArtifactRole)rows.SmallNumber(6),
            Digest = rows.Digest(7),
            Size = rows.Number(8),
            CreatedAt = Microseconds.ToTime(rows.Number(9)),
            ProducedBy = rows.IsNull(10) ? null : RecordId.ToText(rows.Bytes(10)),
            Redactions = rows.IsNull(16) ? Redaction.OfCount(rows.SmallNumber(11)) : RecordJson.DecodeRedactions(rows.Bytes(16)),
            Metadata = metadata,
            TrashedAt = rows.IsNull(13) ? null : Microseconds.ToTime(rows.Number(13)),
            IsPinned = rows.Number(14) != 0,
            StepKey = rows.IsNull(15) ? null : rows.Digest(15),
        };
}
