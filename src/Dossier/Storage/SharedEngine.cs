namespace Dossier.Storage;

/// <summary>
/// What all <see cref="LocalStorage"/> objects on one directory share in a process, counted: the first opens the engine, the
/// last closes it. The opening belongs to none of them. Each waits for it as long as it likes, and who comes again finds it
/// where it was left: a lock that another process holds is waited for once.
/// </summary>
internal sealed class SharedEngine
{
    private static readonly Lock Registry = new();

    private static readonly Dictionary<string, SharedEngine> Shared = new(
        OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase
    );

    private readonly string _path;
    private readonly LocalStorageOptions _options;
    private readonly TaskCompletionSource _turnCame = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _opening;
    private LocalEngine? _engine;
    private int _users;

    private SharedEngine(string path, LocalStorageOptions options)
    {
        _path = path;
        _options = options;
        _opening = Task.Run(OpenAsync); // whoever creates this holds the registry until it is in it, and counted
    }

    /// <summary>The engine; only for those who have acquired it.</summary>
    public LocalEngine Engine => _engine!;

    /// <summary>The engine on a directory: the one that is open, or a new one.</summary>
    /// <exception cref="StorageException">It cannot be opened, or another process has not let go of it within <see cref="WriteTurn.Patience"/>.</exception>
    public static async Task<SharedEngine> AcquireAsync(string path, LocalStorageOptions options, CancellationToken cancellationToken)
    {
        // Blocking calls to the file system; not on a thread that may belong to a user interface.
        var canonical = await Task.Run(() => LocalPath.Prepare(path, options.Durability), cancellationToken).ConfigureAwait(false);
        var shared = Join(canonical, options);
        try
        {
            var time = options.TimeProvider ?? TimeProvider.System;
            await shared._turnCame.Task.WaitAsync(WriteTurn.Patience, time, cancellationToken).ConfigureAwait(false);
            await shared._opening.WaitAsync(cancellationToken).ConfigureAwait(false);
            return shared;
        }
        catch (Exception exception)
        {
            await shared.ReleaseAsync().ConfigureAwait(false);
            if (exception is TimeoutException)
                throw StorageErrors.TurnTaken(canonical);
            throw;
        }
    }

    /// <summary>Lets go of the engine; the last to do so closes it.</summary>
    public ValueTask ReleaseAsync()
    {
        lock (Registry)
        {
            if (--_users > 0 || _engine is null) // one that is being opened is left to its opening
                return default;
            Shared.Remove(_path);
        }
        return _engine.DisposeAsync();
    }

    private static SharedEngine Join(string path, LocalStorageOptions options)
    {
        lock (Registry)
        {
            if (!Shared.TryGetValue(path, out var shared))
                Shared.Add(path, shared = new(path, options));
            else if (shared._options.Durability != options.Durability || shared._options.InlineLimit != options.InlineLimit)
                throw new StorageException(
                    $"The store '{path}' is open in this process with Durability {shared._options.Durability} and InlineLimit {shared._options.InlineLimit}, "
                        + $"not {options.Durability} and {options.InlineLimit}. Use the same options everywhere, or dispose the other storage first."
                );
            shared._users++;
            return shared;
        }
    }

    private async Task OpenAsync()
    {
        LocalEngine engine;
        try
        {
            // A thread of its own, because it may wait long for another process.
            engine = await Task
                .Factory.StartNew(
                    () => LocalEngine.Open(_path, _options, _turnCame.SetResult),
                    CancellationToken.None,
                    TaskCreationOptions.LongRunning,
                    TaskScheduler.Default
                )
                .ConfigureAwait(false);
        }
        catch
        {
            lock (Registry)
                Shared.Remove(_path);
            throw;
        }
        finally
        {
            _turnCame.TrySetResult();
        }
        lock (Registry)
        {
            _engine = engine;
            if (_users > 0)
                return;
            Shared.Remove(_path); // everyone has given it up
        }
        await engine.DisposeAsync().ConfigureAwait(false);
    }
}
