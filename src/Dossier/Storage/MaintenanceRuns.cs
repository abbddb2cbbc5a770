namespace Dossier.Storage;

/// <summary>The purges and verifications of an open store that are under way. When it is closed they are stopped and waited for, so that nothing reads or deletes after it.</summary>
internal sealed class MaintenanceRuns : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<Task> _running = [];
    private bool _stopped;

    /// <summary>Called at each point of a purge, so that tests can look and write there.</summary>
    internal Action<PurgePoint>? Reached { get; set; }

    /// <summary>Called at each point of an erasure.</summary>
    internal Action<ErasurePoint>? Erased { get; set; }

    /// <exception cref="ObjectDisposedException">The store was closed, before it began or meanwhile.</exception>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> run, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, cancellationToken);
        Task<T> running;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stopped, typeof(LocalStorage));
            running = run(either.Token);
            _running.Add(running);
        }
        try
        {
            return await running.ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (_stop.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ObjectDisposedException("The storage was disposed; what was done until then is kept.", exception);
        }
        finally
        {
            lock (_lock)
                _running.Remove(running);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task[] running;
        lock (_lock)
        {
            _stopped = true;
            running = [.. _running];
        }
        await _stop.CancelAsync().ConfigureAwait(false);
        // Whoever waits for them learns what became of them.
        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
