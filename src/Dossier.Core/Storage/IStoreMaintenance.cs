namespace Dossier.Storage;

/// <summary>What is done to a whole storage beside its writers. All members are safe to call from several threads at once, and from several processes.</summary>
public interface IStoreMaintenance
{
    /// <summary>
    /// Deletes for good what has been in the trash long enough, and content that nothing uses. Writers go on meanwhile. A purge that
    /// was cancelled or died leaves a whole store, and the next one finishes its work.
    /// </summary>
    /// <param name="options">What to delete.</param>
    /// <param name="at">The time by which ages are told: that of the caller's clock, as in a <see cref="SessionCommit"/>.</param>
    /// <param name="cancellationToken">Stops the purge between two of its steps.</param>
    /// <exception cref="ArgumentOutOfRangeException">A time in the options is negative.</exception>
    /// <exception cref="StorageException">The storage cannot be read or written.</exception>
    Task<PurgeReport> PurgeAsync(PurgeOptions options, DateTimeOffset at, CancellationToken cancellationToken = default);

    /// <summary>
    /// Hashes all content and checks records and content against each other. Runs beside writers, changes nothing unless it is asked to,
    /// and goes on after whatever it finds.
    /// </summary>
    /// <param name="options">What to look at.</param>
    /// <param name="progress">Told how far it is; called on the thread that verifies.</param>
    /// <param name="cancellationToken">Stops it; what was set aside by then stays so, and nothing else is left behind.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its bounds.</exception>
    /// <exception cref="NotFoundException">There is no such session.</exception>
    Task<VerifyReport> VerifyAsync(
        VerifyOptions options,
        IProgress<VerifyProgress>? progress = null,
        CancellationToken cancellationToken = default
    );
}
