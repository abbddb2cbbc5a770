using System.Text.Json;

namespace Dossier.Storage;

/// <summary>Reads every record of a local store for its verification; what cannot be read or decoded is a finding, and the next is read.</summary>
internal sealed class RecordScan(Database database, VerifyFindings findings)
{
    private readonly Dictionary<long, string> _sessions = [];
    private readonly HashSet<string> _unreadableSessions = [];
    private bool _isOfOneSession;

    /// <summary>What the artifacts that were read have said for the index of metadata.</summary>
    public FactCheck Facts { get; } = new(database);

    /// <summary>The keys and ids of the sessions that could be read.</summary>
    public IEnumerable<KeyValuePair<long, string>> Sessions => _sessions.Where(session => !_unreadableSessions.Contains(session.Value));

    public IEnumerable<NamingRecord> Read(string? sessionId)
    {
        _isOfOneSession = sessionId is not null;
        ReadSessions(sessionId);
        if (sessionId is not null && _sessions.Count == 0)
            yield break; // purged a moment ago
        // Of one session along the index of its sequence, of all along the table.
        var (where, key) = sessionId is null ? ("1", "place") : ($"session = {_sessions.Keys.Single()}", "sequence");
        var artifacts = Scan(
            $"SELECT {key}, session, sequence, id, name, version, digest, size, metadata, place FROM artifacts WHERE {where}",
            key,
            "artifacts",
            ReadArtifact
        );
        foreach (var artifact in artifacts)
        {
            findings.Artifacts++;
            yield return artifact;
        }
        var responses = $"SELECT {key}, session, id, key, {ResponseSql.Body} FROM responses WHERE {where}";
        foreach (var response in Scan(responses, key, "responses", ReadResponse))
        {
            findings.Responses++;
            yield return response;
        }
        foreach (var step in Scan($"SELECT {key}, session, key, name, body FROM steps WHERE {where}", key, "steps", ReadStep))
            yield return step;
        var messages = new MessageScan(database, findings, SessionOf);
        foreach (var range in sessionId is null ? ["1"] : messages.RangesOf(_sessions.Keys.Single()))
        foreach (var message in Scan($"SELECT {MessageScan.Columns} FROM messages WHERE {range}", "place", "messages", messages.Read))
            yield return message;
    }

    public static VerifyProblem Unreadable(string what, string why) =>
        new()
        {
            Kind = VerifyProblemKind.Unreadable,
            Description = $"In dossier.db, {what}: {why}",
            Remedy =
                "Copy the directory to a safe place, then restore dossier.db from a backup. What is elsewhere in it can still be read.",
        };

    private void ReadSessions(string? sessionId)
    {
        var where = sessionId is null ? "1" : $"key = {KeyOf(sessionId)}";
        var scan = new TableScan(database, $"SELECT key, id, body FROM sessions WHERE {where}", "key");
        var sessions = scan.Read(
            static rows =>
                (Key: rows.Number(0), Id: rows.Text(1), Failure: Failure(rows, static rows => RecordJson.DecodeSession(rows.Bytes(2)))),
            (range, failure) => findings.Add(Unreadable($"sessions, {range}", failure.Message))
        );
        foreach (var (key, id, failure) in sessions)
        {
            findings.Sessions++;
            _sessions.Add(key, id);
            if (failure is not null)
                findings.Add(Unreadable($"session '{id}'", failure));
            CheckTotals(id);
        }
    }

    /// <summary>What is kept of a session's artifacts in sum, and what they come to, at one instant.</summary>
    private void CheckTotals(string sessionId)
    {
        try
        {
            database.Execute("BEGIN");
            var kept = ArtifactSql.Count(database, sessionId, new());
            var counted = ArtifactSql.Count(database, sessionId, new() { MinSize = 0 }); // a condition that all meet, so that they are read
            if (kept.ToHashSet().SetEquals(counted))
                return;
            findings.Add(
                new VerifyProblem
                {
                    Kind = VerifyProblemKind.Inconsistent,
                    Description = $"The totals of session '{sessionId}' say {Describe(kept)}; its artifacts are {Describe(counted)}.",
                    Remedy =
                        "Its artifacts can be trusted, its summary and unfiltered counts cannot. Restore dossier.db from a backup to repair them.",
                }
            );
        }
        catch (Exception exception) when (exception is StorageException or JsonException or InvalidOperationException)
        {
            findings.Add(Unreadable($"session '{sessionId}'", $"Its totals could not be checked: {exception.Message}"));
        }
        finally
        {
            if (database.InTransaction)
                database.Execute("ROLLBACK"); // nothing was written, and after damage SQLite refuses to commit
        }
    }

    private static string Describe(IReadOnlyList<ArtifactTotals> totals) =>
        $"{totals.Sum(it => (long)it.Count):N0} of {totals.Sum(it => it.Bytes):N0} bytes";

    private IEnumerable<NamingRecord> Scan(string select, string key, string table, Func<Statement, NamingRecord> read)
    {
        var rows = new TableScan(database, select, key).Read(
            row =>
            {
                NamingRecord? record = null;
                var failure = Failure(row, it => record = read(it));
                if (record is not null && _unreadableSessions.Contains(record.Record.SessionId))
                    record = record with { IsOfUnreadableSession = true };
                return (Key: row.Number(0), Record: record, Failure: failure);
            },
            (range, failure) => findings.Add(Unreadable($"{table}, {range}", failure.Message))
        );
        foreach (var (at, record, failure) in rows)
            if (record is not null)
                yield return record;
            else
                findings.Add(Unreadable($"{table}, {key} {at}", failure!));
    }

    private NamingRecord ReadArtifact(Statement rows)
    {
        Facts.Add(rows.Number(1), rows.Number(2), _isOfOneSession ? null : rows.Number(9), RecordJson.DecodeMetadata(rows.Bytes(8)));
        return NamingRecord.Of(
            new ArtifactRecord
            {
                SessionId = SessionOf(rows.Number(1)),
                Sequence = rows.Number(2),
                Id = RecordId.ToText(rows.Bytes(3)),
                Name = rows.Text(4),
                Version = rows.SmallNumber(5),
                ContentType = "",
                Digest = rows.Digest(6),
                Size = rows.Number(7),
            }
        );
    }

    private NamingRecord ReadResponse(Statement rows) =>
        NamingRecord.Of(
            RecordJson.DecodeResponse(rows.Bytes(4)) with
            {
                SessionId = SessionOf(rows.Number(1)),
                Id = RecordId.ToText(rows.Bytes(2)),
                Key = rows.IsNull(3) ? null : rows.Text(3),
            }
        );

    private NamingRecord ReadStep(Statement rows) =>
        NamingRecord.Of(
            RecordJson.DecodeStep(rows.Bytes(4)) with
            {
                SessionId = SessionOf(rows.Number(1)),
                Key = rows.Digest(2),
                Name = rows.Text(3),
            }
        );

    public long KeyOf(string sessionId)
    {
        using var select = database.Prepare("SELECT key FROM sessions WHERE id = ?1");
        select.BindText(1, sessionId);
        return select.Step() ? select.Number(0) : 0;
    }

    /// <summary>A session that was created since the sessions were read, or whose row is damaged, is asked for by itself.</summary>
    public string SessionOf(long key)
    {
        if (_sessions.TryGetValue(key, out var id))
            return id;
        try
        {
            using var select = database.Prepare("SELECT id FROM sessions WHERE key = ?1");
            select.Bind(1, key);
            return _sessions[key] = select.Step() ? select.Text(0) : $"#{key}";
        }
        catch (StorageException)
        {
            // Reported with the sessions; what it owns lies elsewhere, and is whole.
            _unreadableSessions.Add($"#{key}");
            return _sessions[key] = $"#{key}";
        }
    }

    /// <summary>What is wrong with a row; null when it can be decoded.</summary>
    private static string? Failure(Statement row, Action<Statement> decode)
    {
        try
        {
            decode(row);
            return null;
        }
        catch (Exception exception) when (StorageErrors.IsUndecodable(exception))
        {
            return exception.Message;
        }
    }
}
