using System.Runtime.CompilerServices;
using Dossier.Storage;

namespace Dossier;

/// <summary>One run of a step over many items. Used by one consumer.</summary>
internal sealed class StepMap<TItem, T>(
    StepLog log,
    string name,
    Func<TItem, CancellationToken, Task<T>> body,
    Func<TItem, StepInput> toInput,
    StepCodec<T> codec,
    MapOptions options
)
{
    // How far the quick ones may get ahead of a slow one whose turn it is.
    private const int WindowPerSlot = 8;

    private readonly Dictionary<ContentDigest, Task<MapResult<TItem, T>>> _byKey = [];

    public async IAsyncEnumerable<MapResult<TItem, T>> RunAsync(
        IEnumerable<TItem> items,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var slots = new SemaphoreSlim(options.MaxConcurrency);
        using var source = items.GetEnumerator();
        var window = new Queue<Task<MapResult<TItem, T>>>();
        var hasMore = true;
        var count = 0;
        bool CanStart() => hasMore && window.Count < options.MaxConcurrency * WindowPerSlot;
        try
        {
            while (true)
            {
                while (CanStart() && slots.Wait(0, CancellationToken.None))
                {
                    hasMore = source.MoveNext();
                    if (hasMore)
                        window.Enqueue(Start(count++, source.Current, slots, stop.Token));
                    else
                        slots.Release();
                }
                if (!window.TryPeek(out var head))
                    break;
                if (!head.IsCompleted)
                {
                    // One that ended before they were looked at has left its slot, one that ends later wakes this.
                    var pending = window.Where(task => !task.IsCompleted).ToList();
                    if (pending.Count > 0 && !(CanStart() && slots.CurrentCount > 0))
                        await Task.WhenAny(pending).ConfigureAwait(false);
                    continue;
                }
                var result = await window.Dequeue().ConfigureAwait(false);
                // From here on it is found in the store; a failure is not.
                if (result is { Success: true, Key: { } key })
                    _byKey.Remove(key);
                yield return result;
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)Task.WhenAll(window)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Task<MapResult<TItem, T>> Start(int index, TItem item, SemaphoreSlim slots, CancellationToken cancellationToken)
    {
        StepCall call;
        try
        {
            call = log.NewCall(name, [.. options.Inputs, toInput(item)], options.Step);
        }
        catch (Exception e) when (e is not ObjectDisposedException)
        {
            slots.Release();
            return Task.FromResult(new MapResult<TItem, T>(index, item, null, e));
        }
        if (_byKey.TryGetValue(call.Key, out var same))
        {
            slots.Release();
            return SameAsync(same, index, item);
        }
        var task = Task.Run(() => RunAsync(index, item, call, slots, cancellationToken), CancellationToken.None);
        _byKey.Add(call.Key, task);
        return task;
    }

    private static async Task<MapResult<TItem, T>> SameAsync(Task<MapResult<TItem, T>> same, int index, TItem item) =>
        (await same.ConfigureAwait(false)).For(index, item);

    private async Task<MapResult<TItem, T>> RunAsync(
        int index,
        TItem item,
        StepCall call,
        SemaphoreSlim slots,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var result = await log.RunAsync(call, token => body(item, token), codec, cancellationToken).ConfigureAwait(false);
            return new(index, item, result, null);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return new(index, item, null, e);
        }
        finally
        {
            slots.Release();
        }
    }
}
