using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dossier.Storage;

/// <summary>An open store: one writer, one pool of readers, and the files of large content.</summary>
internal sealed partial class LocalEngine : IAsyncDisposable
{
    // SQLite takes a file that is smaller than a page can be for an empty one, and would write over it.
    private const long SmallestDatabase = 512;

    private readonly RecordWriter _writer;
    private readonly ReaderPool _readers;

    private LocalEngine(string path, LocalStorageOptions options, RecordWriter writer, ReaderPool readers, FileContentStore contents)
    {
        (Path, Durability, Files) = (path, options.Durability, contents);
        Time = options.TimeProvider ?? TimeProvider.System;
        _writer = writer;
        _readers = readers;
        Records = new LocalRecordStore(writer, readers);
        Indexer = new(path, readers, Records, contents, Time);
        Search = new SearchIndex(path, readers, Indexer, Time);
    }

    /// <summary>The directory, under the one name that all ways to it share.</summary>
    public string Path { get; }

    public Durability Durability { get; }

    public TimeProvider Time { get; }

    public IRecordStore Records { get; }

    /// <summary>Where large content is.</summary>
    public FileContentStore Files { get; }

    public ISearchIndex Search { get; }

    /// <summary>Its purges and verifications.</summary>
    public MaintenanceRuns Runs { get; } = new();

    /// <summary>What fills the full text.</summary>
    public SearchIndexer Indexer { get; }

    /// <summary>The one who writes.</summary>
    public RecordWriter Writer => _writer;

    /// <summary>Opens the store in a directory that exists, and creates it when there is none. Waits for its turn to write, however long that takes.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="options">How to keep things.</param>
    /// <param name="onTurn">Called when the turn has come.</param>
    /// <exception cref="StorageException">It cannot be opened; what was there is as it was.</exception>
    public static LocalEngine Open(string path, LocalStorageOptions options, Action onTurn)
    {
        ILogger logger = options.LoggerFactory?.CreateLogger<LocalStorage>() ?? NullLogger<LocalStorage>.Instance;
        var time = options.TimeProvider ?? TimeProvider.System;
        Database? database = null;
        WriteTurn? turn = null;
        LocalEngine? engine = null;
        try
        {
            database = OpenDatabase(path, options.Durability);
            turn = new(path);
            var contents = new FileContentStore(path, options.Durability, time);
            bool isErased;
            turn.Enter();
            try
            {
                onTurn();
                Schema.Prepare(database, path, options.Durability);
                Schema.ForgetCommits(database, time.GetUtcNow());
                isErased = ErasureSql.LastUnfinished(database) == 0;
            }
            finally
            {
                turn.Exit();
            }
            if (contents.DeleteAbandoned() is > 0 and var abandoned)
                UnfinishedDeleted(logger, abandoned, path);
            StoreOpened(logger, path, Schema.Version);
            engine = new(path, options, new(path, database, turn, contents, time), new(path), contents);
            (turn, database) = (null, null); // they are the writer's now
            if (!isErased)
                Resume(engine, logger);
            return engine;
        }
        catch (Exception exception)
        {
            engine?.DisposeAsync().AsTask().GetAwaiter().GetResult();
            turn?.Dispose();
            database?.Dispose();
            if (StorageErrors.IsFileSystem(exception))
                throw StorageErrors.FileSystem(path, exception);
            throw;
        }
    }

    /// <summary>Stops maintenance and indexing, writes what has queued up, and closes everything.</summary>
    public async ValueTask DisposeAsync()
    {
        await Runs.DisposeAsync().ConfigureAwait(false);
        await Indexer.DisposeAsync().ConfigureAwait(false);
        _readers.Close();
        await _writer.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>What cannot be finished now is left to the next erasure; the store is whole without it.</summary>
    private static void Resume(LocalEngine engine, ILogger logger)
    {
        try
        {
            LocalErasure.Resume(engine);
        }
        catch (Exception exception) when (exception is StorageException || StorageErrors.IsUndecodable(exception))
        {
            ErasureUnfinished(logger, engine.Path, exception);
        }
    }

    /// <summary>Nothing is put beside a file before it is known to be ours.</summary>
    private static Database OpenDatabase(string path, Durability durability)
    {
        var file = new FileInfo(System.IO.Path.Combine(path, Database.FileName));
        if (file is { Exists: true, Length: > 0 and < SmallestDatabase })
            throw StorageErrors.NotADatabase(path);
        if (PrivateFiles.CreateIfMissing(file.FullName) && durability is Durability.Full)
            DirectorySync.Flush(path);
        var database = new Database(path);
        try
        {
            Schema.Check(database, path);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    [LoggerMessage(60, LogLevel.Debug, "Store {Path} opened, schema version {Version}")]
    private static partial void StoreOpened(ILogger logger, string path, int version);

    [LoggerMessage(62, LogLevel.Warning, "An erasure that was interrupted could not be finished in the store {Path}")]
    private static partial void ErasureUnfinished(ILogger logger, string path, Exception exception);

    [LoggerMessage(61, LogLevel.Information, "{Count} unfinished files were deleted that a crash had left in the store {Path}")]
    private static partial void UnfinishedDeleted(ILogger logger, int count, string path);
}
