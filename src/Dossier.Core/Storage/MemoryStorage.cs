namespace Dossier.Storage;

/// <summary>
/// A storage that keeps everything in memory, encoded as a database would keep it, and loses it when it is disposed.
/// For tests, for work that must leave nothing behind, and as the smallest example of an <see cref="IStorage"/>.
/// All members are safe to call from several threads at once.
/// </summary>
public sealed class MemoryStorage : IStorage
{
    private MemoryRecordStore? _records;
    private MemoryContentStore? _contents;

    /// <summary>Makes an empty storage.</summary>
    public MemoryStorage()
        : this(TimeProvider.System) { }

    /// <summary>Makes an empty storage with a clock of its own.</summary>
    /// <param name="timeProvider">The clock by which the leases of steps expire.</param>
    public MemoryStorage(TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);
        _contents = new();
        _records = new(_contents, timeProvider);
    }

    /// <inheritdoc/>
    public string Location => "memory";

    /// <summary>64 KiB, as for the local storage.</summary>
    public int InlineLimit => 64 * 1024;

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The storage was disposed.</exception>
    public IRecordStore Records => _records ?? throw new ObjectDisposedException(GetType().FullName);

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The storage was disposed.</exception>
    public IContentStore Contents => _contents ?? throw new ObjectDisposedException(GetType().FullName);

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The storage was disposed.</exception>
    public IStoreMaintenance Maintenance
    {
        get
        {
            var (records, contents) = (_records ?? throw new ObjectDisposedException(GetType().FullName), _contents!);
            return new StorageMaintenance(() => new MemoryVerify(this, records, contents), records.PurgeAsync, records.EraseAsync);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The storage was disposed.</exception>
    public Task OpenAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_records is null, this);
        return Task.CompletedTask;
    }

    /// <summary>Lets go of everything that was stored.</summary>
    public ValueTask DisposeAsync()
    {
        (_records, _contents) = (null, null);
        return ValueTask.CompletedTask;
    }
}
