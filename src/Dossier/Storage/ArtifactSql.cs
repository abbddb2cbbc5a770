using System.Text.Json;

namespace Dossier.Storage;

/// <summary>Reads of artifacts.</summary>
internal static class ArtifactSql
{
    private const string Columns =
        "sequence, id, name, version, content_type, role, digest, size, created_at, produced_by, masked_secrets, metadata";
    private const string InSession = "session = (SELECT key FROM sessions WHERE id = ?1)";

    public static ArtifactRecord? Get(Database database, string sessionId, RecordId id)
    {
        using var rows = database.Prepare($"SELECT 0, {Columns} FROM artifacts WHERE {InSession} AND id = ?2");
        rows.BindText(1, sessionId);
        rows.Bind(2, id);
        return rows.Step() ? Read(rows, sessionId) : null;
    }

    public static ArtifactRecord? Find(Database database, string sessionId, string name, int? version)
    {
        using var rows = database.Prepare(
            version is null
                ? $"SELECT 0, {Columns} FROM artifacts WHERE {InSession} AND name = ?2 ORDER BY version DESC LIMIT 1"
                : $"SELECT 0, {Columns} FROM artifacts WHERE {InSession} AND name = ?2 AND version = ?3"
        );
        rows.BindText(1, sessionId);
        rows.BindText(2, name);
        if (version is { } number)
            rows.Bind(3, number);
        return rows.Step() ? Read(rows, sessionId) : null;
    }

    public static RecordPage<ArtifactRecord> Query(Database database, string? sessionId, ArtifactQuery query, string? continuation)
    {
        var newestFirst = query.Order is RecordOrder.NewestFirst;
        if (sessionId is not null)
        {
            var one = new PageQuery($"SELECT sequence, {Columns} FROM artifacts", "sequence", newestFirst, query.PageSize, continuation);
            one.And($"session = (SELECT key FROM sessions WHERE id = ?{one.Add(sessionId)})");
            return Filter(one, query).Read(database, rows => Read(rows, sessionId));
        }
        var all = new PageQuery(
            $"SELECT place, {Columns}, (SELECT id FROM sessions WHERE key = session) FROM artifacts",
            "place",
            newestFirst,
            query.PageSize,
            continuation
        );
        return Filter(all, query).Read(database, rows => Read(rows, rows.Text(13)));
    }

    private static PageQuery Filter(PageQuery page, ArtifactQuery query)
    {
        if (query.Name is { } name)
            page.And("name = ", name);
        if (query.NameGlob is { } glob)
            page.And("name GLOB ", PageQuery.Glob(glob));
        if (query.Role is { } role)
            page.And("role = ", (long)role);
        if (query.CreatedFrom is { } from)
            page.And("created_at >= ", Microseconds.From(from));
        if (query.CreatedBefore is { } before)
            page.And("created_at < ", Microseconds.From(before));
        if (query.ProducedBy is { } producer)
            page.And("produced_by = ", RecordId.Find(producer)); // null, and so no row, for what is no id
        if (query.ContentType is { } contentType)
            FilterContentType(page, contentType);
        foreach (var (key, value) in query.Metadata ?? new Dictionary<string, object?>())
            FilterMetadata(page, key, value);
        return page;
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

    private static void FilterMetadata(PageQuery page, string key, object? value)
    {
        var condition = value switch
        {
            null or JsonElement { ValueKind: JsonValueKind.Null } => "type = 'null'",
            JsonElement { ValueKind: JsonValueKind.True } => "type = 'true'",
            JsonElement { ValueKind: JsonValueKind.False } => "type = 'false'",
            JsonElement { ValueKind: JsonValueKind.String } text => $"type = 'text' AND atom = ?{page.Add(text.GetString())}",
            JsonElement { ValueKind: JsonValueKind.Number } number =>
                $"type IN ('integer', 'real') AND atom = ?{page.Add(number.TryGetInt64(out var whole) ? whole : (object)number.GetDouble())}",
            JsonElement { ValueKind: var kind } => throw new ArgumentException(
                $"The metadata value '{key}' of a query is text, a number, true, false or null, not {kind}.",
                nameof(value)
            ),
            _ => throw new ArgumentException($"The metadata value '{key}' of a query is given as a JsonElement.", nameof(value)),
        };
        page.And($"EXISTS(SELECT 1 FROM json_each(metadata) WHERE json_each.key = ?{page.Add(key)} AND {condition})");
    }

    private static ArtifactRecord Read(Statement rows, string sessionId) =>
        new()
        {
            SessionId = sessionId,
            Sequence = rows.Number(1),
            Id = RecordId.ToText(rows.Bytes(2)),
            Name = rows.Text(3),
            Version = rows.SmallNumber(4),
            ContentType = rows.Text(5),
            Role = (ArtifactRole)rows.SmallNumber(6),
            Digest = new(rows.Bytes(7)),
            Size = rows.Number(8),
            CreatedAt = Microseconds.ToTime(rows.Number(9)),
            ProducedBy = rows.IsNull(10) ? null : RecordId.ToText(rows.Bytes(10)),
            MaskedSecrets = rows.SmallNumber(11),
            Metadata = RecordJson.DecodeMetadata(rows.Bytes(12)),
        };
}
