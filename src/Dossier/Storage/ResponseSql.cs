namespace Dossier.Storage;

/// <summary>Reads of responses, each with the artifacts that were made of it.</summary>
internal static class ResponseSql
{
    /// <summary>The whole body of a row of <c>responses</c>.</summary>
    public const string Body =
        "coalesce((SELECT commons.body FROM commons WHERE commons.session = responses.session AND number = common), '') || body";

    private const string Select =
        $"SELECT sequence, id, key, outcome, started_at, text_digest, {Body}, step, turn, asked, answered FROM responses";
    private const string InSession = "session = (SELECT key FROM sessions WHERE id = ?1)";

    public static TrackedResponse? Get(Database database, string sessionId, RecordId id)
    {
        using var rows = database.Prepare($"{Select} WHERE {InSession} AND id = ?2");
        rows.BindText(1, sessionId);
        rows.Bind(2, id);
        return ReadOne(database, rows, sessionId);
    }

    public static TrackedResponse? Find(Database database, string sessionId, string key)
    {
        using var rows = database.Prepare($"{Select} WHERE {InSession} AND key = ?2 ORDER BY sequence DESC LIMIT 1");
        rows.BindText(1, sessionId);
        rows.BindText(2, key);
        return ReadOne(database, rows, sessionId);
    }

    public static RecordPage<TrackedResponse> Query(Database database, string sessionId, ResponseQuery query, string? continuation)
    {
        var page = new PageQuery(Select, new("sequence", query.Order is RecordOrder.NewestFirst), query.PageSize, continuation);
        page.And($"session = (SELECT key FROM sessions WHERE id = ?{page.Add(sessionId)})");
        if (query.Key is { } key)
            page.And("key = ", key);
        if (query.Outcome is ResponseOutcome.InProgress)
            page.And("outcome = 0"); // as the index has it
        else if (query.Outcome is { } outcome)
            page.And("outcome = ", (long)outcome);
        if (query.StepKey is { } step)
            page.And("step = ", step);
        if (query.TextDigest is { } text)
        {
            var number = page.Add(text);
            page.And($"substr(text_digest, 1, 8) = substr(?{number}, 1, 8) AND text_digest = ?{number}");
        }
        var (items, next) = page.Read(database, rows => Read(database, rows, sessionId));
        if (items.Count == 0)
            return new(items, next);
        var outputs = ReadOutputs(database, sessionId, items.Min(item => item.Sequence), items.Max(item => item.Sequence));
        return new([.. items.Select(item => WithOutputs(item, outputs))], next);
    }

    private static TrackedResponse? ReadOne(Database database, Statement rows, string sessionId)
    {
        if (!rows.Step())
            return null;
        var response = Read(database, rows, sessionId);
        return WithOutputs(response, ReadOutputs(database, sessionId, response.Sequence, response.Sequence));
    }

    /// <summary>For all responses of a page at once: the ids of the artifacts that name them.</summary>
    private static ILookup<string, string> ReadOutputs(Database database, string sessionId, long from, long to)
    {
        using var rows = database.Prepare(
            """
            SELECT responses.id, artifacts.id
            FROM responses CROSS JOIN artifacts ON artifacts.session = responses.session AND artifacts.produced_by = responses.id
            WHERE responses.session = (SELECT key FROM sessions WHERE id = ?1) AND responses.sequence BETWEEN ?2 AND ?3
            ORDER BY artifacts.sequence
            """
        );
        rows.BindText(1, sessionId);
        rows.Bind(2, from);
        rows.Bind(3, to);
        var pairs = new List<(string Response, string Artifact)>();
        while (rows.Step())
            pairs.Add((RecordId.ToText(rows.Bytes(0)), RecordId.ToText(rows.Bytes(1))));
        return pairs.ToLookup(pair => pair.Response, pair => pair.Artifact);
    }

    private static TrackedResponse WithOutputs(TrackedResponse response, ILookup<string, string> outputs) =>
        outputs.Contains(response.Id)
            ? response with
            {
                OutputArtifacts = [.. response.OutputArtifacts.Union(outputs[response.Id])],
            }
            : response;

    private static TrackedResponse Read(Database database, Statement rows, string sessionId)
    {
        var response = RecordJson.DecodeBody(
            rows.Bytes(6),
            new()
            {
                SessionId = sessionId,
                Sequence = rows.Number(0),
                Id = RecordId.ToText(rows.Bytes(1)),
                Key = rows.IsNull(2) ? null : rows.Text(2),
                Outcome = (ResponseOutcome)rows.SmallNumber(3),
                StartedAt = Microseconds.ToTime(rows.Number(4)),
                TextDigest = rows.IsNull(5) ? null : rows.Digest(5),
                StepKey = rows.IsNull(7) ? null : rows.Digest(7),
            }
        );
        if (MessagePlace.ToId(rows, 8) is not { } first)
            return response;
        var (asked, answered) = (rows.SmallNumber(9), rows.SmallNumber(10));
        var (contents, parent) = MessageSql.ReadContents(database, first, asked + answered);
        return response with
        {
            RequestMessages = [.. contents.Take(asked)],
            ResponseMessages = [.. contents.Skip(asked)],
            Conversation = response.Conversation is { } conversation ? conversation with { ContinuedFrom = parent } : null,
        };
    }
}
