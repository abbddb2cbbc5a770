namespace Dossier.Storage;

/// <summary>Looks after what a storage holds, beside those who use it. All members are safe to call from several threads at once.</summary>
public interface IStoreMaintenance
{
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
