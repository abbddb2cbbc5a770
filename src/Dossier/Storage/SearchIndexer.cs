namespace Dossier.Storage;

/// <summary>
/// Brings <c>search.db</c> up to the store in the background: one run at a time, in one process at a time. It reads the store
/// as any reader does and never touches the writer.
/// </summary>
internal sealed class SearchIndexer(string directory, ReaderPool readers, IRecordStore records, IContentStore contents, TimeProvider time)
    : IAsyncDisposable
{
    private static readonly TimeSpan FollowEvery = TimeSpan.FromSeconds(1);

    private const string LockName = "search.lock";
    private const int ReadAtOnce = 256;
    private const int MostRows = 4096;
    private const long MostBytes = 8 * 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private Task<bool> _run = Task.FromResult(true);
    private ITimer? _timer;
    private long _followed;
    private bool _discard;
    private bool _stopped;

    /// <summary>
    /// Starts a run, or joins the one that is under way. It ends when the store has nothing more to index, with false when
    /// another process is at it.
    /// </summary>
    public Task<bool> Run()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stopped, typeof(LocalStorage));
            if (_run.IsCompleted)
                _run = Task.Run(() => RunAsync(_stop.Token));
            return _run;
        }
    }

    /// <summary>From now on indexes what is new every second.</summary>
    public void Follow()
    {
        lock (_lock)
        {
            if (!_stopped)
                _timer ??= time.CreateTimer(_ => FollowUp(), null, FollowEvery, FollowEvery);
        }
    }

    /// <summary>The run that is under way, or the last.</summary>
    internal Task<bool> Running
    {
        get
        {
            lock (_lock)
                return _run;
        }
    }

    /// <summary>Called when it has read what it indexes next, so that tests can purge there.</summary>
    internal Action? SourcesRead { get; set; }

    /// <summary>Has the next run make the file anew: it was found damaged.</summary>
    public void Discard() => Volatile.Write(ref _discard, true);

    /// <summary>
    /// Takes artifacts out that the store no longer has; what is not yet indexed never will be. False when the file cannot be used and
    /// somebody is about to make it anew: that has to be waited for.
    /// </summary>
    public bool TryRemove(IReadOnlyList<long> places) => TryChange(index => index.Remove(places));

    /// <summary>Writes the file anew, so that nothing is left in it of what was taken out. False as for <see cref="TryRemove"/>.</summary>
    public bool TryRewrite() => TryChange(index => index.Rewrite());

    private bool TryChange(Action<SearchDatabase> change)
    {
        using (var index = SearchDatabase.TryOpen(directory, readers))
        {
            try
            {
                if (index is not null)
                {
                    change(index);
                    return true;
                }
            }
            catch (StorageException) when (index!.IsDamaged)
            {
                // Whatever it has goes with the file.
            }
        }
        if (!SearchDatabase.Exists(directory))
            return true;
        using var turn = new FileLock(Path.Combine(directory, LockName));
        if (!turn.TryEnter())
            return false;
        try
        {
            SearchDatabase.Delete(directory);
            return true;
        }
        catch (IOException)
        {
            return false; // on Windows nobody deletes what a search has open
        }
    }

    /// <summary>Stops the run between two artifacts; what it has not committed is indexed the next time.</summary>
    public async ValueTask DisposeAsync()
    {
        Task run;
        lock (_lock)
        {
            _stopped = true;
            run = _run;
        }
        if (_timer is not null)
            await _timer.DisposeAsync().ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        // Whoever waits for the run learns what became of it.
        await run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private void FollowUp()
    {
        try
        {
            var last = readers.Read(0, static (database, _) => SearchSql.LastPlace(database));
            if (Interlocked.Exchange(ref _followed, last) != last)
                _ = Run();
        }
        catch (Exception exception) when (exception is StorageException or ObjectDisposedException)
        {
            // The store cannot be read now, or is being closed. A search says so; nobody waits here.
        }
    }

    private async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var turn = new FileLock(Path.Combine(directory, LockName));
            if (!turn.TryEnter())
                return false;
            var isFirstTry = true;
            while (!await TryCatchUpAsync(isFirstTry, cancellationToken).ConfigureAwait(false))
                isFirstTry = false;
            return true;
        }
        catch (Exception exception) when (StorageErrors.IsFileSystem(exception))
        {
            throw StorageErrors.FileSystem(directory, exception);
        }
    }

    /// <summary>False when the file turned out to be damaged, which a second time is a failure.</summary>
    private async Task<bool> TryCatchUpAsync(bool isFirstTry, CancellationToken cancellationToken)
    {
        var discard = Interlocked.Exchange(ref _discard, false) || !isFirstTry;
        using var index = (discard ? null : SearchDatabase.TryOpen(directory, readers)) ?? SearchDatabase.Create(directory);
        try
        {
            index.SetUpWriter();
            for (var place = index.IndexedThrough; await AddAsync(index, place, cancellationToken).ConfigureAwait(false) is { } last; )
                place = last;
            while (index.TryShrink())
                cancellationToken.ThrowIfCancellationRequested();
            return true;
        }
        catch (StorageException) when (isFirstTry && index.IsDamaged)
        {
            return false;
        }
    }

    /// <summary>One transaction: returns how far it came, or null when there was nothing left.</summary>
    private async Task<long?> AddAsync(SearchDatabase index, long after, CancellationToken cancellationToken)
    {
        SearchSource? last = null;
        var (rows, bytes) = (0, 0L);
        // Before anything is read of the store: what a purge deletes there from now on, it finds here when it has its turn.
        index.Begin();
        while (rows < MostRows && bytes < MostBytes)
        {
            var sources = readers.Read(last?.Place ?? after, static (database, place) => SearchSql.After(database, place, ReadAtOnce));
            if (sources.Count == 0)
                break;
            SourcesRead?.Invoke();
            foreach (var source in sources)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var text = await ReadTextAsync(source, cancellationToken).ConfigureAwait(false);
                index.Add(source, text.Span);
                last = source;
                rows++;
                bytes += text.Length;
                if (bytes >= MostBytes)
                    break;
            }
        }
        if (last is { } end)
            index.Commit(end);
        else
            index.Rollback();
        return last?.Place;
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadTextAsync(SearchSource source, CancellationToken cancellationToken)
    {
        if (source.Digest is not { } digest)
            return default;
        try
        {
            return await SearchText.ReadAsync(records, contents, source.ContentType, digest, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException exception) when (!exception.IsTransient)
        {
            // One damaged content must not keep all that follow from being found; its name still is.
            return default;
        }
    }
}
