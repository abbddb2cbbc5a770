namespace Dossier.Storage;

/// <summary>The points of a purge between which others may write; <see cref="RowsDeleted"/> lies within a turn, when only readers see the store.</summary>
internal enum PurgePoint
{
    Begun,
    RecordsDeleted,
    TextRemoved,
    Scanned,
    Condemned,
    ScannedAgain,
    Revived,
    RowsDeleted,
    ContentsDeleted,
    Ended,
}

/// <summary>
/// One purge: the records that have been in the trash for long enough, then the content that nothing names. See
/// docs/decisions/0004-purge-under-the-writers-turn.md for why it never takes what a writer is about to name.
/// </summary>
internal sealed class LocalPurge(
    MaintenanceTurns turns,
    FileContentStore contents,
    SearchIndexer indexer,
    PurgeOptions options,
    DateTimeOffset at,
    Action<PurgePoint> reached
)
{
    /// <exception cref="StorageException">Another one is under way, a turn to write did not come, or the store cannot be read or written.</exception>
    public static PurgeReport Run(LocalEngine engine, PurgeOptions options, DateTimeOffset at, CancellationToken cancellationToken)
    {
        try
        {
            // Two at once could take each other's condemnations for settled ones.
            using var alone = new FileLock(Path.Combine(engine.Path, "purge.lock"));
            if (!alone.TryEnter())
                throw StorageErrors.PurgeUnderWay(engine.Path);
            using var turns = new MaintenanceTurns(engine.Path, engine.Time, cancellationToken);
            var purge = new LocalPurge(turns, engine.Files, engine.Indexer, options, at, engine.Runs.Reached ?? (_ => { }));
            return purge.Run(cancellationToken);
        }
        catch (TimeoutException)
        {
            throw StorageErrors.TurnTaken(engine.Path, "The purge", "What it has deleted until then is gone, and the next one goes on.");
        }
        catch (Exception exception) when (StorageErrors.IsFileSystem(exception))
        {
            throw StorageErrors.FileSystem(engine.Path, exception);
        }
        catch (Exception exception) when (StorageErrors.IsDamage(exception))
        {
            throw StorageErrors.DamagedRecord(engine.Path, exception);
        }
    }

    private PurgeReport Run(CancellationToken cancellationToken)
    {
        reached(PurgePoint.Begun);
        var records = new PurgeRecords(turns, indexer, Microseconds.From(PurgeOptions.Before(at, options.TrashedFor)));
        var report = (options.DryRun ? records.Count() : records.Delete(cancellationToken)) with { IsDryRun = options.DryRun };
        reached(PurgePoint.RecordsDeleted);
        if (!options.DryRun)
            records.RemoveFromIndex(cancellationToken);
        reached(PurgePoint.TextRemoved);

        var scan = new PurgeScan(turns.Database, contents, options.DryRun ? records.Before : null);
        scan.Run(cancellationToken);
        reached(PurgePoint.Scanned);
        if (scan.Unreadable > 0)
            return report with { UnreadableMessages = scan.Unreadable };

        var unused = new PurgeContents(turns, contents, at, options.GracePeriod);
        if (options.DryRun)
            return unused.Count(report, cancellationToken);
        unused.Condemn(cancellationToken);
        reached(PurgePoint.Condemned);
        // What was committed between the scan and the condemnation did not revive what it names; from now on every commit does.
        scan.Run(cancellationToken);
        reached(PurgePoint.ScannedAgain);
        unused.Revive(cancellationToken);
        reached(PurgePoint.Revived);
        if (scan.Unreadable > 0)
            return report with { UnreadableMessages = scan.Unreadable };
        report = unused.Delete(report, () => reached(PurgePoint.RowsDeleted), cancellationToken);
        reached(PurgePoint.ContentsDeleted);
        report = unused.DeleteOrphans(report, cancellationToken);
        reached(PurgePoint.Ended);
        return report with { Condemned = unused.CountCondemned() };
    }
}
