using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dossier.Storage;

/// <summary>What all <see cref="LocalStorage"/> objects on one directory share in a process: one writer and one pool of readers, counted.</summary>
internal sealed partial class LocalEngine
{
    // SQLite takes a file that is smaller than a page can be for an empty one, and would write over it.
    private const long SmallestDatabase = 512;

    private static readonly Dictionary<string, LocalEngine> Open = new(
        OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase
    );

    // Opening and closing are rare and slow; they take turns.
    private static readonly SemaphoreSlim Registry = new(1, 1);

    private readonly string _path;
    private readonly LocalStorageOptions _options;
    private readonly RecordWriter _writer;
    private readonly ReaderPool _readers;
    private int _users = 1;

    private LocalEngine(string path, LocalStorageOptions options)
    {
        _path = path;
        _options = options;
        var file = new FileInfo(Path.Combine(path, Database.FileName));
        if (file is { Exists: true, Length: > 0 and < SmallestDatabase })
            throw StorageErrors.NotADatabase(path);
        var isNew = PrivateFiles.CreateIfMissing(file.FullName);
        if (isNew && options.Durability is Durability.Full)
            DirectorySync.Flush(path);
        var contents = new FileContentStore(path, options.Durability);
        _writer = OpenWriter(path, options.Durability);
        _readers = new(path);
        Records = new LocalRecordStore(_writer, _readers);
        Contents = contents;
        ILogger logger = options.LoggerFactory?.CreateLogger<LocalStorage>() ?? NullLogger<LocalStorage>.Instance;
        LogOpened(logger, path, Schema.Version);
        if (contents.DeleteAbandoned(options.TimeProvider ?? TimeProvider.System) is > 0 and var abandoned)
            LogAbandoned(logger, abandoned, path);
    }

    public IRecordStore Records { get; }

    public IContentStore Contents { get; }

    /// <summary>The value of a setting of the writer's connection.</summary>
    internal long WriterSetting(string name) => _writer.ReadNumber($"PRAGMA {name}");

    /// <summary>The engine on a directory: the one that is open, or a new one.</summary>
    public static async Task<LocalEngine> AcquireAsync(string path, LocalStorageOptions options, CancellationToken cancellationToken)
    {
        await Registry.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // The work is blocking calls to the file system; not on a thread that may belong to a user interface.
            return await Task.Run(() => Acquire(path, options), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Registry.Release();
        }
    }

    /// <summary>Lets go of the engine; the last to do so closes it.</summary>
    public async ValueTask ReleaseAsync()
    {
        await Registry.WaitAsync().ConfigureAwait(false);
        try
        {
            if (--_users > 0)
                return;
            Open.Remove(_path);
            _readers.Close();
            await _writer.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            Registry.Release();
        }
    }

    private static LocalEngine Acquire(string path, LocalStorageOptions options)
    {
        try
        {
            var canonical = LocalPath.Prepare(path);
            if (!Open.TryGetValue(canonical, out var engine))
            {
                engine = new(canonical, options);
                Open.Add(canonical, engine);
                return engine;
            }
            if (engine._options.Durability != options.Durability || engine._options.InlineLimit != options.InlineLimit)
                throw new StorageException(
                    $"The store '{path}' is open in this process with Durability {engine._options.Durability} and InlineLimit {engine._options.InlineLimit}, "
                        + $"not {options.Durability} and {options.InlineLimit}. Use the same options everywhere, or dispose the other storage first."
                );
            engine._users++;
            return engine;
        }
        catch (Exception exception) when (StorageErrors.IsFileSystem(exception))
        {
            throw StorageErrors.FileSystem(path, exception);
        }
    }

    private static RecordWriter OpenWriter(string path, Durability durability)
    {
        WriteTurn? turn = null;
        Database? database = null;
        try
        {
            turn = new(path);
            database = new(path);
            turn.Enter();
            try
            {
                Schema.Prepare(database, path, durability);
            }
            finally
            {
                turn.Exit();
            }
            return new(path, database, turn);
        }
        catch
        {
            database?.Dispose();
            turn?.Dispose();
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
