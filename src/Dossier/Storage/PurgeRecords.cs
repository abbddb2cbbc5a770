using System.Globalization;

namespace Dossier.Storage;

/// <summary>
/// Deletes the records that have been in the trash since <paramref name="before"/> (microseconds) or longer, few at a time, so that no writer
/// waits long. A session disappears at once: its row goes first, its key is noted, and what is left of it is deleted bit by bit, by a
/// later purge if this one does not come to its end.
/// </summary>
internal sealed class PurgeRecords(MaintenanceTurns turns, SearchIndexer indexer, long before)
{
    private const int AtOnce = 256;
    private const string OfPurged = "session IN (SELECT session FROM purged_sessions)";

    private readonly FactWriter _facts = new(turns.Database);

    public long Before => before;

    /// <summary>What deleting them would report now.</summary>
    public PurgeReport Count()
    {
        const string Gone = "session IN (SELECT session FROM purged_sessions UNION ALL SELECT key FROM sessions WHERE trashed_at <= ?1)";
        return new()
        {
            Sessions = Read("SELECT count(*) FROM sessions WHERE trashed_at <= ?1"),
            Artifacts =
                Read($"SELECT count(*) FROM artifacts WHERE {Gone}")
                + Read($"SELECT count(*) FROM artifacts WHERE trashed_at <= ?1 AND NOT ({Gone})"),
            Responses = Read($"SELECT count(*) FROM responses WHERE {Gone}"),
            Messages = Read($"SELECT count(*) FROM messages WHERE {Gone}"),
        };
    }

    public PurgeReport Delete(CancellationToken cancellationToken)
    {
        var sessions = Repeat(DeleteSessions, cancellationToken);
        var responses = 0L;
        var messages = 0L;
        var artifacts = 0L;
        // Those of an erasure that begins meanwhile are its own to finish.
        var purged = PurgedSessions();
        if (purged.Count > 0)
        {
            artifacts = RepeatArtifacts(ofSessions: true, cancellationToken);
            messages = DeleteMessages(cancellationToken); // which need their responses to be read
            responses = Repeat(
                database =>
                    Run(database, $"DELETE FROM responses WHERE place IN (SELECT place FROM responses WHERE {OfPurged} LIMIT {AtOnce})"),
                cancellationToken
            );
            Repeat(
                database => Run(database, $"DELETE FROM steps WHERE place IN (SELECT place FROM steps WHERE {OfPurged} LIMIT {AtOnce})"),
                cancellationToken
            );
            const string Fact = "(session, name, value, block)";
            Repeat(
                database =>
                    Run(
                        database,
                        $"DELETE FROM facts WHERE {Fact} IN (SELECT session, name, value, block FROM facts WHERE {OfPurged} LIMIT {AtOnce})"
                    ),
                cancellationToken
            );
            DeleteCommits(cancellationToken);
            foreach (var some in purged.Chunk(AtOnce))
                turns.Write(database => Forget(database, some));
        }
        artifacts += RepeatArtifacts(ofSessions: false, cancellationToken);
        return new()
        {
            Sessions = sessions,
            Artifacts = artifacts,
            Responses = responses,
            Messages = messages,
        };
    }

    private List<long> PurgedSessions()
    {
        var keys = new List<long>();
        using var rows = turns.Database.Prepare("SELECT session FROM purged_sessions");
        while (rows.Step())
            keys.Add(rows.Number(0));
        return keys;
    }

    private static int Forget(Database database, long[] sessions)
    {
        foreach (var key in sessions)
        foreach (
            var table in (string[])
                ["purged_versions WHERE session", "commons WHERE session", "links WHERE session", "purged WHERE kind = 1 AND item"]
        )
        {
            using var delete = database.Prepare($"DELETE FROM {table} = ?1");
            delete.Bind(1, key);
            delete.Step();
        }
        return sessions.Length;
    }

    /// <summary>Run by run; a run goes with the last of its messages.</summary>
    private long DeleteMessages(CancellationToken cancellationToken)
    {
        var count = 0L;
        while (turns.Database.ReadNumber($"SELECT coalesce(min(number), 0) FROM runs WHERE {OfPurged}") is var run and > 0)
        {
            var range = string.Create(CultureInfo.InvariantCulture, $"place BETWEEN {run << 24} AND {(run << 24) | MessageId.MaxDepth}");
            count += Repeat(
                database => Run(database, $"DELETE FROM messages WHERE place IN (SELECT place FROM messages WHERE {range} LIMIT {AtOnce})"),
                cancellationToken
            );
            turns.Write(database => Run(database, string.Create(CultureInfo.InvariantCulture, $"DELETE FROM runs WHERE number = {run}")));
        }
        return count;
    }

    /// <summary>Takes what was deleted out of the full text, also what a purge that did not come to its end has left there.</summary>
    public void RemoveFromIndex(CancellationToken cancellationToken)
    {
        const int PlacesAtOnce = 4096;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var places = new List<long>();
            using (var rows = turns.Database.Prepare($"SELECT place FROM purged_places ORDER BY place LIMIT {PlacesAtOnce}"))
                while (rows.Step())
                    places.Add(rows.Number(0));
            if (places.Count == 0 || !indexer.TryRemove(places))
                return;
            turns.Write(database =>
            {
                using var forget = database.Prepare("DELETE FROM purged WHERE kind = 2 AND item <= ?1");
                forget.Bind(1, places[^1]);
                forget.Step();
                return places.Count;
            });
        }
    }

    private int DeleteSessions(Database database)
    {
        using (var note = database.Prepare($"INSERT INTO purged SELECT 1, key FROM sessions WHERE trashed_at <= ?1 LIMIT {AtOnce}"))
        {
            note.Bind(1, before);
            note.Step();
        }
        var count = database.Changes;
        Run(database, $"DELETE FROM session_tags WHERE {OfPurged}");
        Run(database, $"DELETE FROM holds WHERE {OfPurged}");
        Run(database, $"DELETE FROM conversations WHERE {OfPurged}");
        Run(database, "DELETE FROM sessions WHERE key IN (SELECT session FROM purged_sessions)");
        return count;
    }

    /// <summary>The row of one session and what is small beside it; the rest goes bit by bit.</summary>
    public static void DeleteSession(Database database, long key)
    {
        foreach (
            var sql in (string[])
                [
                    "INSERT INTO purged VALUES(1, ?1)",
                    "DELETE FROM session_tags WHERE session = ?1",
                    "DELETE FROM holds WHERE session = ?1",
                    "DELETE FROM conversations WHERE session = ?1",
                    "DELETE FROM sessions WHERE key = ?1",
                ]
        )
        {
            using var statement = database.Prepare(sql);
            statement.Bind(1, key);
            statement.Step();
        }
    }

    private long RepeatArtifacts(bool ofSessions, CancellationToken cancellationToken)
    {
        var count = 0L;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var deleted = turns.Write(database => DeleteArtifacts(database, ofSessions));
            if (deleted == 0)
                return count;
            count += deleted;
        }
    }

    private int DeleteArtifacts(Database database, bool ofSessions)
    {
        var places = new List<long>();
        var damaged = new HashSet<(long Session, long Block)>();
        var chains = new ChainPurge(database);
        using (
            var rows = database.Prepare(
                $"""
                SELECT place, session, sequence, name, version, metadata, id, commit_revision FROM artifacts
                WHERE {(ofSessions ? OfPurged : $"trashed_at <= ?1 AND NOT ({OfPurged})")} LIMIT {AtOnce}
                """
            )
        )
        {
            if (!ofSessions)
                rows.Bind(1, before);
            while (rows.Step())
            {
                var place = rows.Number(0);
                places.Add(place);
                if (!ofSessions)
                {
                    Note(database, rows);
                    chains.Remove(rows.Number(1), place);
                    if (!rows.IsNull(7))
                        CommitSql.Keep(
                            database,
                            rows.Number(1),
                            RecordId.Of(rows.Bytes(6)),
                            rows.Number(7),
                            rows.SmallNumber(4),
                            rows.Number(2)
                        );
                }
                long? session = ofSessions ? null : rows.Number(1);
                var sequence = rows.Number(2);
                if (FactCheck.FactsIn(rows.Bytes(5)) is { } facts)
                {
                    _facts.Remove(session, sequence, place, facts);
                    continue;
                }
                damaged.Add((0, FactBlock.Of(place)));
                if (session is { } key)
                    damaged.Add((key, FactBlock.Of(sequence)));
            }
        }
        foreach (var place in places)
        {
            using var delete = database.Prepare("DELETE FROM artifacts WHERE place = ?1");
            delete.Bind(1, place);
            delete.Step();
            using var note = database.Prepare("INSERT INTO purged VALUES(2, ?1)");
            note.Bind(1, place);
            note.Step();
        }
        if (places.Count > 0)
        {
            using var note = database.Prepare("UPDATE purged SET item = max(item, ?1) WHERE kind = 0");
            note.Bind(1, places.Max());
            note.Step();
        }
        _facts.Flush();
        // Metadata that is damaged does not say what the index has of it.
        foreach (var (session, block) in damaged)
            FactCheck.Rebuild(database, session, block);
        chains.Flush();
        return places.Count;
    }

    /// <summary>The number of a version is not given again.</summary>
    private static void Note(Database database, Statement rows)
    {
        using var note = database.Prepare(
            """
            INSERT INTO purged_versions(session, name, version) VALUES(?1, ?2, ?3)
            ON CONFLICT DO UPDATE SET version = max(version, excluded.version)
            """
        );
        note.Bind(1, rows.Number(1));
        note.BindText(2, rows.Bytes(3));
        note.Bind(3, rows.Number(4));
        note.Step();
    }

    /// <summary>No index leads to the commits of a session, and so they are looked for between the turns.</summary>
    private void DeleteCommits(CancellationToken cancellationToken)
    {
        var found = new List<(byte[] Id, long Session)>();
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            var after = found.Count == 0 ? [] : found[^1].Id;
            found.Clear();
            using (
                var rows = turns.Database.Prepare(
                    $"SELECT id, session FROM commits WHERE id >= ?1 AND {OfPurged} ORDER BY id LIMIT {AtOnce}"
                )
            )
            {
                rows.BindBlob(1, after);
                while (rows.Step())
                    found.Add((rows.Bytes(0).ToArray(), rows.Number(1)));
            }
            if (found.Count > 0)
                turns.Write(database => DeleteCommits(database, found));
        } while (found.Count > 0);
    }

    private static int DeleteCommits(Database database, List<(byte[] Id, long Session)> commits)
    {
        foreach (var (id, session) in commits)
        {
            using var delete = database.Prepare("DELETE FROM commits WHERE id = ?1 AND session = ?2");
            delete.BindBlob(1, id);
            delete.Bind(2, session);
            delete.Step();
        }
        return commits.Count;
    }

    /// <summary>One turn after another, until there is nothing left; returns how many rows there were.</summary>
    private long Repeat(Func<Database, int> delete, CancellationToken cancellationToken)
    {
        var count = 0L;
        int deleted;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            count += deleted = turns.Write(delete);
        } while (deleted > 0);
        return count;
    }

    private static int Run(Database database, string sql)
    {
        database.Execute(sql);
        return database.Changes;
    }

    private long Read(string sql)
    {
        using var select = turns.Database.Prepare(sql);
        select.Bind(1, before);
        select.Step();
        return select.Number(0);
    }
}
