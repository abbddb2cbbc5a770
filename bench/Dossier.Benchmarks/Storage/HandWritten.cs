using System.Globalization;
using Dossier.Storage;
using SQLitePCL;

namespace Dossier.Benchmarks.Storage;

/// <summary>
/// What somebody would write who knows the tables and has nothing to check: some artifacts to a transaction, each one row in every
/// table that an artifact has a row in, with prepared statements on SQLite itself. Ids and digests are made before the clock runs.
/// </summary>
internal sealed class HandWritten : IDisposable
{
    private const string ContentType = "application/json";

    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _begin;
    private readonly sqlite3_stmt _commit;
    private readonly sqlite3_stmt _content;
    private readonly sqlite3_stmt _digest;
    private readonly sqlite3_stmt[] _merge;
    private readonly sqlite3_stmt[] _mergeSlice;
    private readonly sqlite3_stmt _artifact;
    private readonly sqlite3_stmt _session;
    private long _sequence;

    private HandWritten(string path)
    {
        Check(raw.sqlite3_open_v2(path, out _database, raw.SQLITE_OPEN_READWRITE, null));
        Check(raw.sqlite3_exec(_database, "PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY"));
        _begin = Prepare("BEGIN IMMEDIATE");
        _commit = Prepare("COMMIT");
        _content = Prepare("INSERT INTO contents(digest, size, bytes) VALUES(?1, ?2, ?3)");
        _digest = Prepare("INSERT INTO digests(level, prefix, place) VALUES(0, ?1, ?2)");
        _merge =
        [
            Prepare("INSERT INTO digests SELECT 1, prefix, place FROM digests WHERE level = 0"),
            Prepare("DELETE FROM digests WHERE level = 0"),
        ];
        _mergeSlice =
        [
            Prepare("INSERT INTO digests SELECT 2, prefix, place FROM digests WHERE level = 1 AND prefix BETWEEN ?1 AND ?2"),
            Prepare("DELETE FROM digests WHERE level = 1 AND prefix BETWEEN ?1 AND ?2"),
        ];
        _artifact = Prepare(
            """
            INSERT INTO artifacts(
                session, sequence, id, name, version, content_type, role, digest, size, created_at, masked_secrets, content, commit_revision)
            VALUES(1, ?1, ?2, ?3, 1, ?4, 0, ?5, ?6, ?7, 0, ?8, 1)
            """
        );
        _session = Prepare("UPDATE sessions SET updated_at = ?1, last_sequence = ?2, totals = ?3 WHERE key = 1");
    }

    /// <summary>On the tables and the one session of a store that Dossier has made.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="withoutDigests">Whether to leave out the index by which content is found.</param>
    public static async Task<HandWritten> CreateAsync(string path, bool withoutDigests = false)
    {
        await using (var storage = new LocalStorage(path))
        await using (var store = new SessionStore(storage))
        await using (await store.OpenAsync()) { }
        return new(Path.Combine(path, "dossier.db")) { WithoutDigests = withoutDigests };
    }

    private bool WithoutDigests { get; init; }

    /// <summary>Artifacts per second.</summary>
    public double Rate(int round, int count, int perTransaction)
    {
        var rows = Samples
            .Round(round, count)
            .Select((document, i) => new Row($"record-{round}-{i}", Id(), ContentDigest.Of(document).ToArray(), document))
            .ToArray();
        return count
            / Measure.Seconds(() =>
            {
                foreach (var some in rows.Chunk(perTransaction))
                    Write(some);
            });
    }

    public void Dispose()
    {
        foreach (var statement in (sqlite3_stmt[])[_begin, _commit, _content, _digest, .. _merge, .. _mergeSlice, _artifact, _session])
            statement.Dispose();
        _database.Dispose();
    }

    private void Write(Row[] rows)
    {
        var now = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        Run(_begin);
        foreach (var row in rows)
        {
            raw.sqlite3_bind_blob(_content, 1, row.Digest);
            raw.sqlite3_bind_int64(_content, 2, row.Document.Length);
            raw.sqlite3_bind_blob(_content, 3, row.Document);
            Run(_content);
            var place = raw.sqlite3_last_insert_rowid(_database);
            if (!WithoutDigests)
                Index(row.Digest, place);
            raw.sqlite3_bind_int64(_artifact, 1, ++_sequence);
            raw.sqlite3_bind_blob(_artifact, 2, row.Id);
            raw.sqlite3_bind_text(_artifact, 3, row.Name);
            raw.sqlite3_bind_text(_artifact, 4, ContentType);
            raw.sqlite3_bind_blob(_artifact, 5, row.Digest);
            raw.sqlite3_bind_int64(_artifact, 6, row.Document.Length);
            raw.sqlite3_bind_int64(_artifact, 7, now);
            raw.sqlite3_bind_int64(_artifact, 8, place);
            Run(_artifact);
        }
        raw.sqlite3_bind_int64(_session, 1, now);
        raw.sqlite3_bind_int64(_session, 2, _sequence);
        raw.sqlite3_bind_text(
            _session,
            3,
            string.Create(CultureInfo.InvariantCulture, $"{{\"{ContentType}\":[{_sequence},{_sequence * 1024}]}}")
        );
        Run(_session);
        Run(_commit);
    }

    /// <summary>As the store does it: every 1,024th content merges the levels of the index.</summary>
    private void Index(byte[] digest, long place)
    {
        raw.sqlite3_bind_blob(_digest, 1, digest.AsSpan(0, 8));
        raw.sqlite3_bind_int64(_digest, 2, place);
        Run(_digest);
        if (place % 1024 != 0)
            return;
        foreach (var move in _merge)
            Run(move);
        var first = (byte)(place / 1024 % 16 * 16);
        foreach (var move in _mergeSlice)
        {
            raw.sqlite3_bind_blob(move, 1, [first]);
            raw.sqlite3_bind_blob(move, 2, [(byte)(first + 15), 255, 255, 255, 255, 255, 255, 255]);
            Run(move);
        }
    }

    private sqlite3_stmt Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v3(_database, sql, raw.SQLITE_PREPARE_PERSISTENT, out var statement));
        return statement;
    }

    private void Run(sqlite3_stmt statement)
    {
        var code = raw.sqlite3_step(statement);
        raw.sqlite3_reset(statement);
        if (code != raw.SQLITE_DONE)
            Check(code);
    }

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
            throw new InvalidOperationException($"SQLite answered {code}: {raw.sqlite3_errmsg(_database).utf8_to_string()}");
    }

    private static byte[] Id() => Guid.CreateVersion7().ToByteArray(bigEndian: true);

    private sealed record Row(string Name, byte[] Id, byte[] Digest, byte[] Document);
}
