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
    /// Removes sessions at once, in the trash or not, pinned or not: their records, content that nothing else uses, what the full text has
    /// of them, and what the storage has kept of all that for itself. A <see cref="SessionErasure"/> stays of each. Writers go on meanwhile; a
    /// commit to an erased session is refused (guard <c>session.erased</c>). Erasing again is harmless, also at the same time. What an
    /// erasure that died has left is removed by the next opening or the next erasure.
    /// </summary>
    /// <param name="target">Which sessions.</param>
    /// <param name="reason">What the tombstones say of why; null for nothing.</param>
    /// <param name="at">When, by the caller's clock.</param>
    /// <param name="cancellationToken">Stops the erasure between two of its steps; the next one finishes it.</param>
    /// <exception cref="NotFoundException">There is no such session, and there was none that was erased.</exception>
    /// <exception cref="StorageException">The storage cannot be read or written; or what is still named cannot be told, and then content was not deleted.</exception>
    Task<ErasureReport> EraseAsync(ErasureTarget target, string? reason, DateTimeOffset at, CancellationToken cancellationToken = default);

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
