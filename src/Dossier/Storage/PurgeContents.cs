namespace Dossier.Storage;

/// <summary>Condemns the content that a scan has not found to be named, and deletes what has been condemned for long enough.</summary>
internal sealed class PurgeContents(MaintenanceTurns turns, FileContentStore contents, DateTimeOffset at, TimeSpan gracePeriod)
{
    private const int AtOnce = 256;
    private const long MostBytes = 4 * 1024 * 1024;
    private const string InNamed = "digest IN (SELECT digest FROM temp.named)";

    private readonly long _at = Microseconds.From(at);
    private readonly DateTimeOffset _before = PurgeOptions.Before(at, gracePeriod);

    // Without a grace period everything is due: what another purge condemned meanwhile, or one whose clock is ahead, may have a later time.
    private long Before => gracePeriod == TimeSpan.Zero ? long.MaxValue : Microseconds.From(_before);

    public void Condemn(CancellationToken cancellationToken) => Change($"condemned_at IS NULL AND NOT {InNamed}", _at, cancellationToken);

    public void Revive(CancellationToken cancellationToken) => Change($"condemned_at IS NOT NULL AND {InNamed}", null, cancellationToken);

    public long CountCondemned() => turns.Database.ReadNumber("SELECT count(*) FROM contents WHERE condemned_at IS NOT NULL");

    /// <summary>
    /// Rows first, then files, each in turns: whoever commits after them finds neither and puts the content again. The files are noted
    /// with the rows, and forgotten when their deletion is durable, so that whoever comes after one that died finds them.
    /// </summary>
    public PurgeReport Delete(PurgeReport report, Action deleted, CancellationToken cancellationToken)
    {
        while (HasDue())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var gone = turns.Write(DeleteRows, _ => deleted());
            report = Add(report, gone.Count, gone.Sum(entry => entry.Size));
        }
        DeleteFiles(cancellationToken);
        return report;
    }

    /// <summary>Files without a row: of a writer that has not committed yet, and so they are given the same time; and of one that never will.</summary>
    public PurgeReport DeleteOrphans(PurgeReport report, CancellationToken cancellationToken)
    {
        foreach (var some in Orphans().Chunk(AtOnce))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var gone = turns.Write(
                _ => some.Where(file => IsOrphan(file.Digest)).ToList(),
                files => files.ForEach(file => contents.Delete(file.Digest))
            );
            report = Add(report, gone.Count, gone.Sum(file => file.Size));
        }
        contents.DeleteAbandoned();
        return report;
    }

    /// <summary>What the steps above would do now, with the content that the records that are left name.</summary>
    public PurgeReport Count(PurgeReport report, CancellationToken cancellationToken)
    {
        using (var rows = turns.Database.Prepare($"SELECT digest, size, condemned_at, bytes IS NULL FROM contents WHERE NOT {InNamed}"))
            while (rows.Step())
            {
                cancellationToken.ThrowIfCancellationRequested();
                var isDue = (rows.IsNull(2) ? _at : rows.Number(2)) <= Before && (rows.Number(3) == 0 || IsOld(rows.FindDigest(0)));
                report = isDue ? Add(report, 1, rows.Number(1)) : report with { Condemned = report.Condemned + 1 };
            }
        var orphans = Orphans().ToList();
        return Add(report, orphans.Count, orphans.Sum(file => file.Size));
    }

    /// <summary>Looks for what there is to change between the turns, and changes it in them.</summary>
    private void Change(string condition, long? condemnedAt, CancellationToken cancellationToken)
    {
        var found = new List<(long Place, byte[] Digest)>();
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            var after = found.Count == 0 ? 0 : found[^1].Place;
            found.Clear();
            using (
                var rows = turns.Database.Prepare(
                    $"SELECT place, digest FROM contents WHERE place > ?1 AND {condition} ORDER BY place LIMIT {AtOnce}"
                )
            )
            {
                rows.Bind(1, after);
                while (rows.Step())
                    found.Add((rows.Number(0), rows.Bytes(1).ToArray()));
            }
            if (found.Count > 0)
                turns.Write(database => Update(database, condemnedAt, found));
        } while (found.Count > 0);
    }

    /// <summary>Only what is still as it was found: a commit may have revived it.</summary>
    private static int Update(Database database, long? condemnedAt, List<(long Place, byte[] Digest)> found)
    {
        foreach (var (place, digest) in found)
        {
            using var change = database.Prepare(
                "UPDATE contents SET condemned_at = ?3 WHERE place = ?1 AND digest = ?2 AND (condemned_at IS NULL) <> (?3 IS NULL)"
            );
            change.Bind(1, place);
            change.BindBlob(2, digest);
            if (condemnedAt is { } time)
                change.Bind(3, time);
            else
                change.BindNull(3);
            change.Step();
        }
        return found.Count;
    }

    private void DeleteFiles(CancellationToken cancellationToken)
    {
        var noted = new List<ContentDigest>();
        using (var rows = turns.Database.Prepare("SELECT digest FROM purged_files"))
            while (rows.Step())
                if (rows.FindDigest(0) is { } digest)
                    noted.Add(digest);
        var done = new List<ContentDigest>();
        foreach (var some in noted.Chunk(AtOnce))
        {
            cancellationToken.ThrowIfCancellationRequested();
            done.AddRange(turns.Write(database => some.Where(digest => TryDeleteFile(database, digest)).ToList()));
        }
        contents.SyncDeleted(done);
        foreach (var some in done.Chunk(AtOnce))
            turns.Write(database => Forget(database, some));
    }

    /// <summary>False when somebody was given the file for a commit to come; one that has a row again stays, and need not be noted.</summary>
    private bool TryDeleteFile(Database database, ContentDigest digest)
    {
        if (ContentSql.Exists(database, digest))
            return true;
        if (!IsOld(digest))
            return false;
        contents.Delete(digest);
        return true;
    }

    private static int Forget(Database database, ContentDigest[] files)
    {
        foreach (var digest in files)
        {
            using var forget = database.Prepare("DELETE FROM purged WHERE kind = 3 AND item = ?1");
            forget.Bind(1, digest);
            forget.Step();
        }
        return files.Length;
    }

    private bool HasDue()
    {
        using var select = turns.Database.Prepare("SELECT 1 FROM contents WHERE condemned_at <= ?1 LIMIT 1");
        select.Bind(1, Before);
        return select.Step();
    }

    private List<ContentRow> DeleteRows(Database database)
    {
        var due = new List<ContentRow>();
        var bytes = 0L;
        using (var rows = database.Prepare($"SELECT {ContentRow.Columns} FROM contents WHERE condemned_at <= ?1 LIMIT {AtOnce}"))
        {
            rows.Bind(1, Before);
            while (bytes < MostBytes && rows.Step())
            {
                due.Add(ContentRow.Read(rows));
                bytes += due[^1].IsFile ? 0 : due[^1].Size;
            }
        }
        var gone = new List<ContentRow>();
        foreach (var row in due)
        {
            if (row.IsFile && !IsOld(row.Digest))
                Postpone(database, row.Place);
            else if (row.Actual is { } actual && actual != row.Digest && IsNamed(actual))
                row.Repair(database, actual);
            else
            {
                row.Delete(database);
                if (row is { IsFile: true, Digest: { } digest })
                    NoteFile(database, digest);
                gone.Add(row);
            }
        }
        return gone;
    }

    /// <summary>Somebody was given the file for a commit to come.</summary>
    private void Postpone(Database database, long place)
    {
        using var change = database.Prepare("UPDATE contents SET condemned_at = ?2 WHERE place = ?1");
        change.Bind(1, place);
        change.Bind(2, _at);
        change.Step();
    }

    private static void NoteFile(Database database, ContentDigest digest)
    {
        using var note = database.Prepare("INSERT OR IGNORE INTO purged VALUES(3, ?1)");
        note.Bind(1, digest);
        note.Step();
    }

    private IEnumerable<(ContentDigest Digest, long Size)> Orphans() => contents.Files().Where(file => IsOrphan(file.Digest));

    // That a record names it, and no row has it, is damage, and not for a purge to make worse.
    private bool IsOrphan(ContentDigest digest) => !ContentSql.Exists(turns.Database, digest) && IsOld(digest) && !IsNamed(digest);

    private bool IsNamed(ContentDigest digest)
    {
        using var select = turns.Database.Prepare("SELECT 1 FROM temp.named WHERE digest = ?1");
        select.Bind(1, digest);
        return select.Step();
    }

    /// <summary>Whether the last writer who was given a file has had the grace period for its commit. Of what says no digest nobody knows the file.</summary>
    private bool IsOld(ContentDigest? digest) =>
        gracePeriod == TimeSpan.Zero || digest is not { } known || contents.LastGiven(known) is not { } given || given <= _before;

    private static PurgeReport Add(PurgeReport report, long count, long bytes) =>
        report with
        {
            Contents = report.Contents + count,
            Bytes = report.Bytes + bytes,
        };
}
