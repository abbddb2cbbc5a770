using System.Text.Json;

namespace Dossier.Storage;

/// <summary>The purge of a local store. It has a thread and a connection of its own, beside the writers'.</summary>
internal sealed class LocalMaintenance(string path, FileContentStore contents, SearchIndexer indexer)
{
    /// <summary>Called at each point of a purge, so that tests can look and write there.</summary>
    internal Action<PurgePoint>? Reached { get; set; }

    public Task<PurgeReport> PurgeAsync(PurgeOptions options, DateTimeOffset at, CancellationToken cancellationToken)
    {
        return Task.Factory.StartNew(
            () => Purge(options, at, cancellationToken),
            cancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
    }

    private PurgeReport Purge(PurgeOptions options, DateTimeOffset at, CancellationToken cancellationToken)
    {
        try
        {
            // Two at once could take each other's condemnations for settled ones.
            using var alone = new FileLock(Path.Combine(path, "purge.lock"));
            if (!alone.TryEnter())
                throw StorageErrors.PurgeUnderWay(path);
            using var turns = new MaintenanceTurns(path);
            return new LocalPurge(turns, contents, indexer, options, at, Reached ?? (_ => { })).Run(cancellationToken);
        }
        catch (JsonException exception)
        {
            throw StorageErrors.DamagedRecord(path, exception);
        }
        catch (Exception exception) when (StorageErrors.IsFileSystem(exception))
        {
            throw StorageErrors.FileSystem(path, exception);
        }
    }
}
