namespace Dossier.Storage;

/// <summary>Writes the responses of a commit.</summary>
internal sealed class ResponseRowWriter(Database database)
{
    /// <summary>So many beginnings of bodies a session keeps once; what goes beyond is kept with each body.</summary>
    private const int MostCommons = 256;

    /// <summary>Returns the sequence and the place of each; null when a commit of one call in progress may have been made before.</summary>
    public (long[] Sequences, long[] Places)? Write(SessionState session, PendingCommit pending, EncodedResponse[] responses)
    {
        if (responses.Length == 0)
            return ([], []);
        var (sequences, places) = (new long[responses.Length], new long[responses.Length]);
        for (var i = 0; i < responses.Length; i++)
        {
            if (TryPut(session, pending, in responses[i]) is not { } put)
            {
                if (pending.IsOneIntent && !pending.MayBeRepeated)
                {
                    pending.MayBeRepeated = true;
                    return null;
                }
                Unlink(session, responses[i].Id);
                put = TryPut(session, pending, in responses[i])!.Value;
            }
            (sequences[i], places[i]) = put;
        }
        return (sequences, places);
    }

    /// <summary>Notes where the messages of a response lie that is a turn.</summary>
    public void WriteTurn(TrackedResponse response, long place, MessageId first)
    {
        using var update = database.Prepare("UPDATE responses SET turn = ?2, asked = ?3, answered = ?4 WHERE place = ?1");
        update.Bind(1, place);
        MessagePlace.Bind(update, 2, first);
        update.Bind(3, response.RequestMessages.Count);
        update.Bind(4, response.ResponseMessages.Count);
        update.Step();
    }

    /// <summary>How a response has ended, as far as this transaction knows; null when there is none.</summary>
    public ResponseOutcome? OutcomeOf(SessionState session, string id)
    {
        using var select = database.Prepare("SELECT outcome FROM responses WHERE session = ?1 AND id = ?2");
        select.Bind(1, session.Key);
        select.Bind(2, RecordId.Parse(id));
        return select.Step() ? (ResponseOutcome)select.SmallNumber(0) : null;
    }

    /// <summary>Null, and nothing is written, for a response that has an entry in the chain already, or that is there when it is not to be.</summary>
    private (long Sequence, long Place)? TryPut(SessionState session, PendingCommit pending, in EncodedResponse response)
    {
        var common = response.Common == 0 ? null : CommonOf(session, response.Body.AsSpan(0, response.Common));
        using var put = database.Prepare(
            """
            INSERT INTO responses(session, id, sequence, key, outcome, started_at, text_digest, body, step, common, link, chain, commit_revision)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
            ON CONFLICT(session, id) DO UPDATE SET
                key = excluded.key, outcome = excluded.outcome, started_at = excluded.started_at, text_digest = excluded.text_digest,
                body = excluded.body, step = excluded.step, common = excluded.common, turn = NULL, asked = NULL, answered = NULL,
                link = excluded.link, chain = excluded.chain,
                commit_revision = coalesce(excluded.commit_revision, responses.commit_revision)
                WHERE link IS NULL AND ?14
            RETURNING sequence, place
            """
        );
        var record = response.Record;
        put.Bind(1, session.Key);
        put.Bind(2, response.Id);
        put.Bind(3, session.LastSequence + 1);
        put.BindText(4, record.Key);
        put.Bind(5, (long)record.Outcome);
        put.Bind(6, Microseconds.From(record.StartedAt));
        if (record.TextDigest is { } text)
            put.Bind(7, text);
        else
            put.BindNull(7);
        put.BindText(8, common is null ? response.Body : response.Body.AsSpan(response.Common));
        if (record.StepKey is { } step)
            put.Bind(9, step);
        else
            put.BindNull(9);
        if (common is { } number)
            put.Bind(10, number);
        else
            put.BindNull(10);
        var (links, head) = (session.Links, session.Head);
        if (response.Row is { } row)
        {
            put.Bind(11, session.Link(new(ChainEntryKind.Response, 0, 0, row)));
            put.Bind(12, session.Head);
        }
        else
        {
            put.BindNull(11);
            put.BindNull(12);
        }
        if (pending.IsOneIntent)
            put.Bind(13, session.Revision);
        else
            put.BindNull(13);
        put.Bind(14, pending.IsOneIntent && !pending.MayBeRepeated ? 0 : 1);
        if (!put.Step())
        {
            (session.Links, session.Head) = (links, head);
            return null;
        }
        var sequence = put.Number(0);
        session.LastSequence = Math.Max(session.LastSequence, sequence);
        return (sequence, put.Number(1));
    }

    /// <summary>The chain keeps what a response was that had ended, for example before it was priced again.</summary>
    private void Unlink(SessionState session, RecordId id)
    {
        long place;
        using (var select = database.Prepare("SELECT place FROM responses WHERE session = ?1 AND id = ?2"))
        {
            select.Bind(1, session.Key);
            select.Bind(2, id);
            select.Step();
            place = select.Number(0);
        }
        ChainSql.WriteGone(database, session, ChainSql.ReadResponse(database, place)!.Value);
        using var update = database.Prepare("UPDATE responses SET link = NULL, chain = NULL WHERE place = ?1");
        update.Bind(1, place);
        update.Step();
    }

    /// <summary>The number of a beginning of bodies in its session; null when the session keeps no more of them.</summary>
    private long? CommonOf(SessionState session, ReadOnlySpan<byte> body)
    {
        foreach (var (known, number) in session.Commons)
            if (body.SequenceEqual(known))
                return number;
        if ((FindCommon(session, body) ?? AddCommon(session, body)) is not { } found)
            return null;
        session.Commons.Add((body.ToArray(), found));
        return found;
    }

    private long? FindCommon(SessionState session, ReadOnlySpan<byte> body)
    {
        using var select = database.Prepare("SELECT number FROM commons WHERE session = ?1 AND body = ?2");
        select.Bind(1, session.Key);
        select.BindText(2, body);
        return select.Step() ? select.Number(0) : null;
    }

    private long? AddCommon(SessionState session, ReadOnlySpan<byte> body)
    {
        using var insert = database.Prepare(
            """
            INSERT INTO commons SELECT ?1, count(*) + 1, ?2 FROM commons WHERE session = ?1 HAVING count(*) < ?3 RETURNING number
            """
        );
        insert.Bind(1, session.Key);
        insert.BindText(2, body);
        insert.Bind(3, MostCommons);
        return insert.Step() ? insert.Number(0) : null;
    }
}
