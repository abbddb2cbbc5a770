namespace Dossier.Storage;

/// <summary>
/// The storage that needs nothing but a directory on a local disk: records and small content in a SQLite database,
/// larger content in files beside it, all of it private to the user. Several objects on the same directory, in one
/// process or in many, see the same store and take turns in writing. All members are safe to call from several threads at once.
/// </summary>
public sealed class LocalStorage : IStorage
{
    private const int HighestInlineLimit = 1024 * 1024;

    private readonly LocalStorageOptions _options;
    private readonly SemaphoreSlim _opening = new(1, 1);
    private SharedEngine? _engine;
    private bool _disposed;

    /// <summary>Names the directory; nothing is read or created before <see cref="OpenAsync"/>.</summary>
    /// <param name="path">The directory; relative to the working directory of this moment. Created when it is missing.</param>
    /// <param name="options">How to keep things; a copy is taken.</param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="LocalStorageOptions.InlineLimit"/> is out of its bounds.</exception>
    public LocalStorage(string path, LocalStorageOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        options ??= new();
        ArgumentOutOfRangeException.ThrowIfNegative(options.InlineLimit, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.InlineLimit, HighestInlineLimit, nameof(options));
        Location = Path.GetFullPath(path);
        _options = new()
        {
            Durability = options.Durability,
            InlineLimit = options.InlineLimit,
            IndexContinuously = options.IndexContinuously,
            LoggerFactory = options.LoggerFactory,
            TimeProvider = options.TimeProvider,
        };
    }

    /// <summary>The full path of the directory.</summary>
    public string Location { get; }

    /// <inheritdoc/>
    public int InlineLimit => _options.InlineLimit;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The storage was not opened.</exception>
    /// <exception cref="ObjectDisposedException">The storage was disposed.</exception>
    public IRecordStore Records => Engine.Records;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The storage was not opened.</exception>
    /// <exception cref="ObjectDisposedException">The storage was disposed.</exception>
    public IContentStore Contents => Engine.Files;

    /// <summary>
    /// Full text in <c>search.db</c> beside the store. It is filled from the store and can be deleted at any time; the next search
    /// makes it anew.
    /// </summary>
    /// <exception cref="InvalidOperationException">The storage was not opened.</exception>
    /// <exception cref="ObjectDisposedException">The storage was disposed.</exception>
    public ISearchIndex Search => Engine.Search;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The storage was not opened.</exception>
    /// <exception cref="ObjectDisposedException">The storage was disposed.</exception>
    public IStoreMaintenance Maintenance => new LocalMaintenance(Engine, this);

    internal LocalEngine Engine
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return (_engine ?? throw new InvalidOperationException($"The storage '{Location}' is not open. Call OpenAsync first.")).Engine;
        }
    }

    /// <summary>Opens the store, and creates it when there is none.</summary>
    /// <exception cref="StorageException">
    /// The path is a file, is not writable or is on a network file system; the store in it is damaged, is none of Dossier's,
    /// was written by a newer version, or is open in this process with other options; or another process keeps it to itself for
    /// more than 30 seconds, and then the exception is transient.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The storage was disposed.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken = default)
    {
        await _opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _engine ??= await SharedEngine.AcquireAsync(Location, _options, cancellationToken).ConfigureAwait(false);
            if (_options.IndexContinuously)
                _engine.Engine.Indexer.Follow();
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <summary>
    /// Waits for the writes that are under way, no longer than 30 seconds for another process. The last object on a directory closes the store;
    /// a purge or verification that is under way then ends with an <see cref="ObjectDisposedException"/>, and what it has done is kept.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await _opening.WaitAsync().ConfigureAwait(false);
        try
        {
            _disposed = true;
            if (Interlocked.Exchange(ref _engine, null) is { } engine)
                await engine.ReleaseAsync().ConfigureAwait(false);
        }
        finally
        {
            _opening.Release();
        }
    }
}
