namespace Dossier.Storage;

/// <summary>Keeps the steps of a session, each a row that is replaced as its attempts begin, go on and end.</summary>
internal sealed class StepWriter(Database database)
{
    /// <summary>Works out what a commit makes of its steps. Writes nothing.</summary>
    /// <exception cref="ConflictException">A guard failed.</exception>
    public OrderedDictionary<ContentDigest, StepRecord> Check(SessionState session, SessionCommit commit, DateTimeOffset now)
    {
        var after = new OrderedDictionary<ContentDigest, StepRecord>();
        foreach (var change in commit.Steps)
        {
            if (!after.TryGetValue(change.Key, out var step))
                step = Find(session, change.Key);
            after[change.Key] = step.After(change, commit, now);
        }
        return after;
    }

    public void Write(SessionState session, OrderedDictionary<ContentDigest, StepRecord> steps)
    {
        foreach (var step in steps.Values)
            Put(session, step);
    }

    private void Put(SessionState session, StepRecord step)
    {
        using var put = database.Prepare(
            """
            INSERT INTO steps(session, key, sequence, name, status, result, digest, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT(session, key) DO UPDATE SET
                name = excluded.name, status = excluded.status, result = excluded.result, digest = excluded.digest, body = excluded.body
            """
        );
        put.Bind(1, session.Key);
        put.Bind(2, step.Key);
        put.Bind(3, step.Sequence == 0 ? ++session.LastSequence : step.Sequence);
        put.BindText(4, step.Name);
        put.Bind(5, (long)step.Status);
        if (step.ResultArtifact is { } result)
            put.Bind(6, RecordId.Parse(result));
        else
            put.BindNull(6);
        if (step.ResultDigest is { } digest)
            put.Bind(7, digest);
        else
            put.BindNull(7);
        put.BindText(8, Encode(step));
        put.Step();
    }

    /// <summary>What has a column of its own is not repeated in the body.</summary>
    private static byte[] Encode(StepRecord step) =>
        RecordJson.Encode(
            step with
            {
                SessionId = "",
                Key = default,
                Name = "",
                Sequence = 0,
                Status = default,
                ResultArtifact = null,
                ResultDigest = null,
            }
        );

    private StepRecord? Find(SessionState session, ContentDigest key)
    {
        using var select = database.Prepare($"{StepSql.Columns} FROM steps WHERE session = ?1 AND key = ?2");
        select.Bind(1, session.Key);
        select.Bind(2, key);
        return select.Step() ? StepSql.Read(select) : null;
    }
}

/// <summary>Reads of steps, each with whether its result is still there.</summary>
internal static class StepSql
{
    public const string Columns = "SELECT sequence, key, name, status, result, digest, body";

    private const string Select = $"""
        {Columns}, EXISTS(
            SELECT 1 FROM artifacts WHERE artifacts.session = steps.session AND id = result AND trashed_at IS NULL) FROM steps
        """;

    public static StepRecord? Get(Database database, string sessionId, ContentDigest key)
    {
        using var rows = database.Prepare($"{Select} WHERE session = (SELECT key FROM sessions WHERE id = ?1) AND key = ?2");
        rows.BindText(1, sessionId);
        rows.Bind(2, key);
        return rows.Step() ? Read(rows, sessionId) : null;
    }

    public static RecordPage<StepRecord> Query(Database database, string sessionId, StepQuery query, string? continuation)
    {
        var page = new PageQuery(Select, new("sequence", query.Order is RecordOrder.NewestFirst), query.PageSize, continuation);
        page.And($"session = (SELECT key FROM sessions WHERE id = ?{page.Add(sessionId)})");
        if (query.Name is { } name)
            page.And("name = ", name);
        if (query.Status is { } status)
            page.And("status = ", (long)status);
        return page.Read(database, rows => Read(rows, sessionId));
    }

    /// <summary>A row of <see cref="Columns"/>.</summary>
    public static StepRecord Read(Statement rows) =>
        RecordJson.DecodeStep(rows.Bytes(6)) with
        {
            Sequence = rows.Number(0),
            Key = new(rows.Bytes(1)),
            Name = rows.Text(2),
            Status = (StepStatus)rows.SmallNumber(3),
            ResultArtifact = rows.IsNull(4) ? null : RecordId.ToText(rows.Bytes(4)),
            ResultDigest = rows.IsNull(5) ? null : new ContentDigest(rows.Bytes(5)),
        };

    private static StepRecord Read(Statement rows, string sessionId) =>
        Read(rows) with
        {
            SessionId = sessionId,
            HasResult = rows.Number(7) != 0,
        };
}
