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

    private readonly string _path;
    private readonly LocalStorageOptions _options;
    private readonly FileContentStore _contents;

    private LocalEngine(string path, LocalStorageOptions options, RecordWriter writer, ReaderPool readers, FileContentStore contents)
    {
        var time = options.TimeProvider ?? TimeProvider.System;
        (_path, _options, _contents) = (path, options, contents);
        _writer = writer;
        _readers = readers;
        Records = new LocalRecordStore(writer, readers);
        Indexer = new(path, readers, Records, contents, time);
        Search = new SearchIndex(path, readers, Indexer, time);
        Maintenance = new(path, contents, Indexer);
    }

    public IRecordStore Records { get; }

    public IContentStore Contents => _contents;

    public ISearchIndex Search { get; }

    public LocalMaintenance Maintenance { get; }

    /// <summary>What fills the full text.</summary>
    internal SearchIndexer Indexer { get; }

    /// <summary>The one who writes.</summary>
    internal RecordWriter Writer => _writer;

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
        try
        {
            database = OpenDatabase(path, options.Durability);
            turn = new(path);
            var contents = new FileContentStore(path, options.Durability, time);
            turn.Enter();
            try
            {
                onTurn();
                Schema.Prepare(database, path, options.Durability);
                Schema.ForgetCommits(database, time.GetUtcNow());
            }
            finally
            {
                turn.Exit();
            }
            if (contents.DeleteAbandoned() is > 0 and var abandoned)
                LogAbandoned(logger, abandoned, path);
            LogOpened(logger, path, Schema.Version);
            return new(path, options, new(path, database, turn, contents, time), new(path), contents);
        }
        catch (Exception exception)
        {
            turn?.Dispose();
            database?.Dispose();
            if (StorageErrors.IsFileSystem(exception))
                throw StorageErrors.FileSystem(path, exception);
            throw;
        }
    }

    /// <summary>What one verification reads the store through.</summary>
    public VerifySource NewVerification(IStorage storage) =>
        new LocalVerify(storage, _path, _contents, _options.Durability, _options.TimeProvider ?? TimeProvider.System);

    /// <summary>Stops the indexing, writes what has queued up, and closes everything.</summary>
    public async ValueTask DisposeAsync()
    {
        await Indexer.DisposeAsync().ConfigureAwait(false);
        _readers.Close();
        await _writer.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Nothing is put beside a file before it is known to be ours.</summary>
    private static Database OpenDatabase(string path, Durability durability)
    {
        var file = new FileInfo(Path.Combine(path, Database.FileName));
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

    [LoggerMessage(Level = LogLevel.Debug, Message = "Opened the store {Path}, schema version {Version}.")]
    private static partial void LogOpened(ILogger logger, string path, int version);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Deleted {Count} unfinished files that an earlier crash left in the store {Path}."
    )]
    private static partial void LogAbandoned(ILogger logger, int count, string path);
}
