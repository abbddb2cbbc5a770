namespace Dossier.Storage;

/// <summary>
/// A storage that keeps everything in memory, encoded as a database would keep it, and loses it when it is disposed.
/// For tests, for work that must leave nothing behind, and as the smallest example of an <see cref="IStorage"/>.
/// All members are safe to call from several threads at once.
/// </summary>
public sealed class MemoryStorage : IStorage
{
    private readonly MemoryRecordStore _records = new();
    private readonly MemoryContentStore _contents = new();
    private bool _disposed;

    /// <inheritdoc/>
    public string Location => "memory";

    /// <summary>16 KiB, as for the local storage.</summary>
    public int InlineLimit => 16 * 1024;

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The storage was disposed.</exception>
    public IRecordStore Records
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _records;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The storage was disposed.</exception>
    public IContentStore Contents
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _contents;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The storage was disposed.</exception>
    public Task OpenAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_disposed, this);
        return Task.CompletedTask;
    }

    /// <summary>Lets go of everything that was stored.</summary>
    public ValueTask DisposeAsync()
    {
        _disposed = true;
        return ValueTask.CompletedTask;
    }
}
