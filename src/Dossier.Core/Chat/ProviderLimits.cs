namespace Dossier;

/// <summary>How much may be asked of a provider.</summary>
internal readonly record struct LimitSettings(int? MaxConcurrentCalls, int? RequestsPerMinute)
{
    public bool IsNone => MaxConcurrentCalls is null && RequestsPerMinute is null;
}

/// <summary>
/// Lets calls to a provider through as its limits allow, in the order in which they came; the others wait. Of the requests per minute any minute
/// counts, not only those of the clock. Thread-safe.
/// </summary>
internal sealed class ProviderLimits(LimitSettings limits, TimeProvider time)
{
    private static readonly SharedByProvider<LimitSettings, ProviderLimits> Shared = new((limits, time) => new(limits, time));

    private readonly SemaphoreSlim? _slots = limits.MaxConcurrentCalls is { } slots ? new(slots, slots) : null;
    private readonly Queue<DateTimeOffset> _starts = new();

    /// <summary>The limits of a provider, which all sessions of the process share.</summary>
    public static ProviderLimits Of(string provider, ProviderOptions options, TimeProvider time) =>
        Shared.Get(provider, options.Endpoint, options.Limits, time);

    /// <summary>Waits until a call may leave.</summary>
    /// <returns>How long that took. <see cref="Leave"/> has to follow when the call has ended.</returns>
    public async ValueTask<TimeSpan> EnterAsync(CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        if (_slots is not null)
            await _slots.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // The place in the minute is not given back when the wait is cancelled: others have lined up behind it.
            if (DelayToStart() is { Ticks: > 0 } delay)
                await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Leave();
            throw;
        }
        return time.GetElapsedTime(start);
    }

    /// <summary>Makes room for the next call.</summary>
    public void Leave() => _slots?.Release();

    private TimeSpan DelayToStart()
    {
        if (limits.RequestsPerMinute is not { } most)
            return TimeSpan.Zero;
        var now = time.GetUtcNow();
        lock (_starts)
        {
            var start = now;
            if (_starts.Count == most && _starts.Dequeue().AddMinutes(1) is var free && free > now)
                start = free;
            _starts.Enqueue(start);
            return start - now;
        }
    }
}
