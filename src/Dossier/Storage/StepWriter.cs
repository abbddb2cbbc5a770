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
        var content = step.ResultDigest is { } digest ? ContentSql.FindPlace(database, digest) : null;
        using var put = database.Prepare(
            """
            INSERT INTO steps(session, key, sequence, name, status, fence, type, reads, result, digest, artifact, content, body, parent)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, (SELECT place FROM artifacts WHERE session = ?1 AND id = ?9), ?11, ?12, ?13)
            ON CONFLICT(session, key) DO UPDATE SET
                name = excluded.name, status = excluded.status, fence = excluded.fence, type = excluded.type, reads = excluded.reads,
                result = excluded.result, digest = excluded.digest, artifact = excluded.artifact, content = excluded.content,
                body = excluded.body
            """
        );
        put.Bind(1, session.Key);
        put.Bind(2, step.Key);
        put.Bind(3, step.Sequence == 0 ? ++session.LastSequence : step.Sequence);
        put.BindText(4, step.Name);
        put.Bind(5, (long)step.Status);
        put.Bind(6, step.Fence);
        put.BindText(7, step.ResultType);
        if (step.Reads.Count > 0)
            put.BindText(8, RecordJson.Encode(step.Reads));
        else
            put.BindNull(8);
        if (step.ResultArtifact is { } result)
            put.Bind(9, RecordId.Parse(result));
        else
            put.BindNull(9);
        if (step.ResultDigest is { } resultDigest)
            put.Bind(10, resultDigest);
        else
            put.BindNull(10);
        if (content is { } place)
            put.Bind(11, place);
        else
            put.BindNull(11);
        put.BindText(12, Encode(step));
        if (step.ParentKey is { } parent)
            put.Bind(13, parent);
        else
            put.BindNull(13);
        put.Step();
    }

    /// <summary>What has a column of its own is not repeated in the body.</summary>
    private static byte[] Encode(StepRecord step) =>
        RecordJson.Encode(
            step with
            {
                SessionId = "",
                Key = default,
                ParentKey = null,
                Name = "",
                Sequence = 0,
                Status = default,
                Fence = 0,
                ResultType = "",
                Reads = [],
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
