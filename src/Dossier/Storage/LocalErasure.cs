namespace Dossier.Storage;

/// <summary>The points of an erasure at which it may die and is gone on with; <see cref="ContentRowsDeleted"/> lies within a turn.</summary>
internal enum ErasurePoint
{
    Hidden,
    RecordsDeleted,
    ContentRowsDeleted,
    ContentsDeleted,
    TextRemoved,
    Rewritten,
    Ended,
}

/// <summary>
/// One erasure. In a first turn the sessions become tombstones: from then on nobody reads them or writes to them. Then their rows go, as a
/// purge's do, the content that nothing names any more without a grace period, what the full text has of them, and at last what SQLite has
/// left of all that in free pages and in the write-ahead log. Whoever comes next finishes what one that died has left.
/// </summary>
internal sealed class LocalErasure(LocalEngine engine, MaintenanceTurns turns, DateTimeOffset at)
{
    private const int AtOnce = 256;

    /// <exception cref="NotFoundException">There is no such session, and none was erased.</exception>
    /// <exception cref="StorageException">A turn to write did not come, or the store cannot be read or written.</exception>
    public static ErasureReport Run(
        LocalEngine engine,
        ErasureTarget target,
        string? reason,
        DateTimeOffset at,
        CancellationToken cancellationToken
    ) =>
        InTurns(
            engine,
            turns =>
            {
                var erasure = new LocalErasure(engine, turns, at);
                var report = erasure.Hide(target, reason, cancellationToken);
                erasure.Reach(ErasurePoint.Hidden);
                using var alone = Alone(engine);
                if (!alone.TryEnter())
                    Wait(alone, cancellationToken);
                return erasure.Finish(report, cancellationToken);
            },
            cancellationToken
        );

    /// <summary>Finishes what an erasure that died has left, unless somebody is at it.</summary>
    public static void Resume(LocalEngine engine) =>
        InTurns(
            engine,
            turns =>
            {
                using var alone = Alone(engine);
                return alone.TryEnter() ? new LocalErasure(engine, turns, engine.Time.GetUtcNow()).Finish(new(), default) : new();
            },
            default
        );

    private static ErasureReport InTurns(LocalEngine engine, Func<MaintenanceTurns, ErasureReport> run, CancellationToken cancellationToken)
    {
        try
        {
            using var turns = new MaintenanceTurns(engine.Path, engine.Time, cancellationToken);
            return run(turns);
        }
        catch (TimeoutException)
        {
            throw StorageErrors.TurnTaken(engine.Path, "The erasure", "What it has removed until then is gone, and the next one goes on.");
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

    /// <summary>The lock of a purge: neither may take the other's condemnations for settled ones.</summary>
    private static FileLock Alone(LocalEngine engine) => new(Path.Combine(engine.Path, "purge.lock"));

    private static void Wait(FileLock alone, CancellationToken cancellationToken)
    {
        var entering = Task.Factory.StartNew(alone.Enter, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _ = entering.ContinueWith(static it => it.Exception, TaskScheduler.Default); // of a handle that was closed meanwhile
        entering.WaitAsync(cancellationToken).GetAwaiter().GetResult();
    }

    private void Reach(ErasurePoint point) => engine.Runs.Erased?.Invoke(point);

    private ErasureReport Hide(ErasureTarget target, string? reason, CancellationToken cancellationToken)
    {
        var report = new ErasureReport();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var hidden = turns.Write(database => HideSome(database, target, reason));
            if (hidden.Count == 0)
                break;
            report = hidden.Aggregate(report, (report, erasure) => report.With(erasure));
        }
        if (target.SessionId is { } id && report.Sessions == 0 && (target.Owner is not null || ErasureSql.Get(turns.Database, id) is null))
            throw CommitGuards.NothingToErase(target, engine.Path);
        return report;
    }

    private List<SessionErasure> HideSome(Database database, ErasureTarget target, string? reason)
    {
        var sessions = new List<(long Key, string Id)>();
        using (
            var rows = database.Prepare(
                $"SELECT key, id FROM sessions WHERE {(target.SessionId is null ? "owner = ?2" : "id = ?1 AND (?2 IS NULL OR owner = ?2)")} LIMIT {AtOnce}"
            )
        )
        {
            if (target.SessionId is { } id)
                rows.BindText(1, id);
            rows.BindText(2, target.Owner);
            while (rows.Step())
                sessions.Add((rows.Number(0), rows.Text(1)));
        }
        return sessions.ConvertAll(session => Hide(database, session.Key, session.Id, reason));
    }

    private SessionErasure Hide(Database database, long key, string id, string? reason)
    {
        var erasure = new SessionErasure
        {
            SessionId = id,
            ErasedAt = at,
            Artifacts = Count(database, "artifacts", key),
            Responses = Count(database, "responses", key),
            Messages = MessageSql.Count(database, id).Messages,
            Reason = reason,
        };
        ErasureSql.Insert(database, erasure);
        PurgeRecords.DeleteSession(database, key);
        return erasure;
    }

    private static long Count(Database database, string table, long session)
    {
        using var count = database.Prepare($"SELECT count(*) FROM {table} WHERE session = ?1");
        count.Bind(1, session);
        count.Step();
        return count.Number(0);
    }

    private ErasureReport Finish(ErasureReport report, CancellationToken cancellationToken)
    {
        var last = ErasureSql.LastUnfinished(turns.Database);
        if (last == 0)
            return report; // another one has done it
        var records = new PurgeRecords(turns, engine.Indexer, before: long.MinValue);
        records.Delete(cancellationToken);
        // Names of metadata that nothing has any more.
        turns.Write(database =>
        {
            database.Execute(
                "DELETE FROM fact_names WHERE NOT EXISTS(SELECT 1 FROM facts WHERE session = 0 AND facts.name = fact_names.key)"
            );
            return 0;
        });
        Reach(ErasurePoint.RecordsDeleted);

        var scan = new PurgeScan(turns.Database, engine.Files, trashedBefore: null);
        scan.Run(cancellationToken);
        if (scan.Unreadable == 0)
            report = DeleteContents(report, scan, cancellationToken);
        Reach(ErasurePoint.ContentsDeleted);
        // Found out at each opening, and then nothing was deleted that makes it worth keeping all writers waiting.
        if (scan.Unreadable > 0 && !ErasureSql.IsToRewrite(turns.Database))
            throw CommitGuards.ErasureIncomplete(engine.Path, scan.Unreadable);

        records.RemoveFromIndex(cancellationToken);
        if (turns.Database.ReadNumber("SELECT count(*) FROM purged_places") > 0 || !engine.Indexer.TryRewrite())
            throw StorageErrors.ErasureWaits(engine.Path, "the full text was being made anew");
        Reach(ErasurePoint.TextRemoved);
        if (!turns.TryRewrite())
            throw StorageErrors.ErasureWaits(engine.Path, "somebody was reading from its write-ahead log");
        Reach(ErasurePoint.Rewritten);
        turns.Write(database =>
        {
            ErasureSql.Finish(database, last, isComplete: scan.Unreadable == 0);
            return 0;
        });
        if (scan.Unreadable > 0)
            throw CommitGuards.ErasureIncomplete(engine.Path, scan.Unreadable);
        Reach(ErasurePoint.Ended);
        return report;
    }

    /// <summary>As a purge without a grace period. Files that no row knows are left to their writers for as long as a purge leaves them.</summary>
    private ErasureReport DeleteContents(ErasureReport report, PurgeScan scan, CancellationToken cancellationToken)
    {
        var unused = new PurgeContents(turns, engine.Files, at, TimeSpan.Zero);
        unused.Condemn(cancellationToken);
        scan.Run(cancellationToken);
        unused.Revive(cancellationToken);
        if (scan.Unreadable > 0)
            return report;
        var gone = unused.Delete(new(), () => Reach(ErasurePoint.ContentRowsDeleted), cancellationToken);
        new PurgeContents(turns, engine.Files, at, new PurgeOptions().GracePeriod).DeleteOrphans(new(), cancellationToken);
        turns.Write(database =>
        {
            engine.Files.Quarantine.DeleteUnrecorded(digest => ContentSql.Exists(database, digest));
            return 0;
        });
        return report with { Contents = gone.Contents, Bytes = gone.Bytes };
    }
}
