namespace Dossier;

/// <summary>What a purge deletes for good.</summary>
public sealed record PurgeOptions
{
    /// <summary>How long a thing has been in the trash before it is deleted for good. Zero deletes all that is there.</summary>
    /// <value>Zero or more; 30 days by default.</value>
    public TimeSpan TrashedFor { get; init; } = TimeSpan.FromDays(30);

    /// <summary>
    /// How long content has been known to be unused before it is deleted: a purge condemns what nothing uses, and a later one deletes it
    /// when it is still unused. Zero deletes it at once, which is safe beside writers as well; a stream that is being stored at that
    /// instant may then have to be stored again.
    /// </summary>
    /// <value>Zero or more; an hour by default.</value>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Only reports what a purge at this instant would delete, and changes nothing.</summary>
    public bool DryRun { get; init; }

    /// <exception cref="ArgumentOutOfRangeException">A time is negative.</exception>
    internal static void Check(PurgeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.TrashedFor, TimeSpan.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.GracePeriod, TimeSpan.Zero, nameof(options));
    }

    /// <summary>The time before which something has to have happened; the beginning of time where there is none so long ago.</summary>
    internal static DateTimeOffset Before(DateTimeOffset at, TimeSpan age) =>
        at - DateTimeOffset.UnixEpoch > age ? at - age : DateTimeOffset.UnixEpoch.AddMicroseconds(-1);
}
