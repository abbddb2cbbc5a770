namespace Dossier.Tests;

/// <summary>A clock on which every wait is over at once: it goes forward by what somebody waits for.</summary>
internal sealed class SkippingTime : TimeProvider
{
    private DateTimeOffset _now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    /// <summary>How long was waited, each time.</summary>
    public List<TimeSpan> Waits { get; } = [];

    /// <summary>What happens instead of the end of a wait; null for its end at once.</summary>
    public Action<TimeSpan>? OnWait { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _now.Ticks;

    public void Advance(TimeSpan time) => _now += time;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime > TimeSpan.Zero)
        {
            Waits.Add(dueTime);
            if (OnWait is { } happens)
            {
                happens(dueTime);
                return new Over();
            }
            Advance(dueTime);
        }
        if (dueTime >= TimeSpan.Zero)
            callback(state);
        return new Over();
    }

    private sealed class Over : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose() { }

        public ValueTask DisposeAsync() => default;
    }
}
