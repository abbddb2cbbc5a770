using System.Threading.Channels;

namespace Dossier.Storage;

/// <summary>
/// The one writer of an engine: a thread that takes what has queued up into one transaction and one sync, and then tells
/// every caller the outcome of its own commit. The more callers wait, the more share a sync.
/// </summary>
internal sealed class RecordWriter : IAsyncDisposable
{
    private const int QueueLength = 1024;
    private const int MostCommits = 256;
    private const long MostBytes = 4 * 1024 * 1024;

    private readonly string _path;
    private readonly Database _database;
    private readonly WriteTurn _turn;
    private readonly CommitTransaction _transaction;
    private readonly List<PendingCommit> _group = new(MostCommits);
    private readonly ITimer _patience;
    private readonly Lock _waiting = new();
    private readonly Task _thread;
    private readonly Channel<PendingCommit> _queue = Channel.CreateBounded<PendingCommit>(
        new BoundedChannelOptions(QueueLength) { SingleReader = true }
    );
    private TaskCompletionSource _outOfPatience = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="path">The store's directory, for messages.</param>
    /// <param name="database">A connection that is set up for writing; disposed with the writer.</param>
    /// <param name="turn">What keeps other processes out; disposed with the writer.</param>
    /// <param name="contents">Where large content is.</param>
    /// <param name="time">The clock of waiting, and of leases.</param>
    public RecordWriter(string path, Database database, WriteTurn turn, FileContentStore contents, TimeProvider time)
    {
        _path = path;
        _database = database;
        _turn = turn;
        _transaction = new(database, contents, time);
        _patience = time.CreateTimer(_ => FailQueued(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _thread = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Whether the thread waits for its turn to write.</summary>
    internal bool IsWaiting { get; private set; }

    /// <summary>Runs a statement on the writer's connection that yields a number. Only while nothing is being written.</summary>
    internal long ReadNumber(string sql) => _database.ReadNumber(sql);

    public ValueTask<CommitResult> CommitAsync(SessionCommit commit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var pending = new PendingCommit(commit);
        return !cancellationToken.CanBeCanceled && _queue.Writer.TryWrite(pending)
            ? new(pending.Completion)
            : CommitAsync(pending, cancellationToken);
    }

    /// <summary>
    /// Writes what has queued up, and then lets go of the database. When another process keeps the turn for too long, it
    /// leaves that to the thread, which cannot be called back from the operating system's queue.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        Task outOfPatience;
        lock (_waiting)
            outOfPatience = _outOfPatience.Task;
        await (await Task.WhenAny(_thread, outOfPatience).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async ValueTask<CommitResult> CommitAsync(PendingCommit pending, CancellationToken cancellationToken)
    {
        try
        {
            await _queue.Writer.WriteAsync(pending, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException exception)
        {
            throw new ObjectDisposedException("The storage was disposed.", exception);
        }
        var cancellation = cancellationToken.UnsafeRegister(static (state, token) => ((PendingCommit)state!).Cancel(token), pending);
        await using (cancellation.ConfigureAwait(false))
            return await pending.Completion.ConfigureAwait(false);
    }

    private void Run()
    {
        // A thread of its own, because it spends its life in blocking calls.
        using (_database)
        using (_turn)
        using (_patience)
            while (_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
                WriteNext();
    }

    private void WriteNext()
    {
        // The turn comes first: until then commits can be cancelled, and more of them arrive to share the sync.
        var failure = Enter();
        Take();
        if (failure is null)
        {
            if (_group.Count > 0)
                failure = Write();
            if (failure is null)
                DeleteUnused();
            _turn.Exit();
        }
        foreach (var pending in _group)
            pending.Complete(failure);
        _group.Clear();
    }

    /// <summary>Waits for the turn; returns what made that impossible.</summary>
    private Exception? Enter()
    {
        lock (_waiting)
            IsWaiting = true;
        _patience.Change(WriteTurn.Patience, WriteTurn.Patience);
        try
        {
            _turn.Enter();
            return null;
        }
        catch (Exception exception)
        {
            return ForCallers(exception);
        }
        finally
        {
            _patience.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            lock (_waiting)
            {
                IsWaiting = false;
                if (_outOfPatience.Task.IsCompleted)
                    _outOfPatience = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    /// <summary>The turn is waited for in vain, and nothing can end that wait. What is queued need not share it.</summary>
    private void FailQueued()
    {
        lock (_waiting)
        {
            if (!IsWaiting)
                return;
            while (_queue.Reader.TryRead(out var pending))
            {
                if (pending.TryTake())
                    pending.Complete(StorageErrors.TurnTaken(_path));
            }
            _outOfPatience.TrySetResult();
        }
    }

    private void Take()
    {
        long bytes = 0;
        while (_group.Count < MostCommits && bytes < MostBytes && _queue.Reader.TryRead(out var pending))
        {
            if (!pending.TryTake())
                continue;
            _group.Add(pending);
            foreach (var content in pending.Commit.Contents)
                bytes += content.Inline?.Length ?? 0;
        }
    }

    /// <summary>Returns what the whole transaction failed with. Nothing may escape: callers wait for this thread.</summary>
    private Exception? Write()
    {
        try
        {
            while (!TryWriteGroup()) { }
            return null;
        }
        catch (Exception exception)
        {
            TryRollback();
            return ForCallers(exception);
        }
    }

    /// <summary>False when a commit tore the transaction: it knows why, and all that have not failed are to be written again.</summary>
    private bool TryWriteGroup()
    {
        _transaction.Begin();
        foreach (var pending in _group)
        {
            if (pending.HasFailed)
                continue;
            try
            {
                if (_transaction.Apply(pending) is { } result)
                    pending.Settle(result);
            }
            // A full disk or a damaged file concerns all of them, a constraint only the one that violates it.
            catch (Exception exception) when (exception is not StorageException || !_database.HasFailedAsAWhole)
            {
                pending.Settle(ForCallers(exception));
            }
            if (!_transaction.IsTorn)
                continue;
            _transaction.Rollback();
            return false;
        }
        _transaction.Commit();
        return true;
    }

    /// <summary>What cannot be deleted now, a purge finds: what was committed stays committed.</summary>
    private void DeleteUnused()
    {
        foreach (var pending in _group)
        {
            if (!pending.IsRefusedForGood)
                continue;
            try
            {
                _transaction.DeleteUnused(pending.Commit);
            }
            catch (StorageException)
            {
                // The refusal is what the caller has to learn.
            }
        }
    }

    private Exception ForCallers(Exception exception) =>
        StorageErrors.IsFileSystem(exception) ? StorageErrors.FileSystem(_path, exception)
        : StorageErrors.IsDamage(exception) ? StorageErrors.DamagedRecord(_path, exception)
        : exception;

    private void TryRollback()
    {
        try
        {
            _transaction.Rollback();
        }
        catch (StorageException)
        {
            // The failure that made it necessary is the one to report; SQLite rolls back what is left when it next begins.
        }
    }
}
