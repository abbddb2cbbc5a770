namespace Dossier.Storage;

/// <summary>Reads of steps, each with whether its result is still there.</summary>
internal static class StepSql
{
    public const string Columns = "SELECT sequence, key, name, status, result, digest, body, fence, type, reads, parent";

    private const string HasResult =
        "EXISTS(SELECT 1 FROM artifacts WHERE artifacts.place = steps.artifact AND id = result AND trashed_at IS NULL)";

    private const string Select = $"{Columns}, {HasResult} FROM steps";

    // No artifact has the place of another, but content may have that of one that was purged.
    private const string SelectKept = $"""
        SELECT fence, type, reads, result, digest, CASE WHEN ?3 THEN (
            SELECT bytes FROM contents WHERE contents.place = steps.content AND contents.digest = steps.digest) END
        FROM steps WHERE session = (SELECT key FROM sessions WHERE id = ?1) AND key = ?2 AND status = 1 AND {HasResult}
        """;

    public static StepRecord? Get(Database database, string sessionId, ContentDigest key)
    {
        using var rows = database.Prepare($"{Select} WHERE session = (SELECT key FROM sessions WHERE id = ?1) AND key = ?2");
        rows.BindText(1, sessionId);
        rows.Bind(2, key);
        return rows.Step() ? Read(rows, sessionId) : null;
    }

    /// <summary>The result of a step, if it is kept.</summary>
    public static KeptStep? GetKept(Database database, string sessionId, ContentDigest key, bool withContent)
    {
        using var rows = database.Prepare(SelectKept);
        rows.BindText(1, sessionId);
        rows.Bind(2, key);
        rows.Bind(3, withContent ? 1 : 0);
        return rows.Step()
            ? new()
            {
                Fence = rows.Number(0),
                ResultType = rows.Text(1),
                Reads = ReadReads(rows, 2),
                Artifact = RecordId.ToText(rows.Bytes(3)),
                Digest = rows.Digest(4),
                Content = rows.IsNull(5) ? (ReadOnlyMemory<byte>?)null : rows.Bytes(5).ToArray(),
            }
            : null;
    }

    public static RecordPage<StepRecord> Query(Database database, string sessionId, StepQuery query, string? continuation)
    {
        var page = new PageQuery(Select, new("sequence", query.Order is RecordOrder.NewestFirst), query.PageSize, continuation);
        page.And($"session = (SELECT key FROM sessions WHERE id = ?{page.Add(sessionId)})");
        if (query.Name is { } name)
            page.And("name = ", name);
        if (query.Status is { } status)
            page.And("status = ", (long)status);
        if (query.ParentKey is { } parent)
            page.And("parent = ", parent);
        return page.Read(database, rows => Read(rows, sessionId));
    }

    /// <summary>A row of <see cref="Columns"/>.</summary>
    public static StepRecord Read(Statement rows) =>
        RecordJson.DecodeStep(rows.Bytes(6)) with
        {
            Sequence = rows.Number(0),
            Key = rows.Digest(1),
            Name = rows.Text(2),
            Status = (StepStatus)rows.SmallNumber(3),
            ResultArtifact = rows.IsNull(4) ? null : RecordId.ToText(rows.Bytes(4)),
            ResultDigest = rows.IsNull(5) ? null : rows.Digest(5),
            Fence = rows.Number(7),
            ResultType = rows.Text(8),
            Reads = ReadReads(rows, 9),
            ParentKey = rows.IsNull(10) ? null : rows.Digest(10),
        };

    private static StepRecord Read(Statement rows, string sessionId) =>
        Read(rows) with
        {
            SessionId = sessionId,
            HasResult = rows.Number(11) != 0,
        };

    private static IReadOnlyList<StepRead> ReadReads(Statement rows, int column) =>
        rows.IsNull(column) ? [] : RecordJson.DecodeReads(rows.Bytes(column));
}
