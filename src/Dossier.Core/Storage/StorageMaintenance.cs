namespace Dossier.Storage;

/// <summary>Looks after a storage.</summary>
/// <param name="newSource">What one verification reads it through.</param>
internal sealed class StorageMaintenance(Func<VerifySource> newSource) : IStoreMaintenance
{
    public Task<VerifyReport> VerifyAsync(
        VerifyOptions options,
        IProgress<VerifyProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(options);
        var verifier = new Verifier(newSource(), options, progress);
        // Hashing keeps a thread busy, and it must not be one that belongs to a user interface.
        return Task.Run(() => verifier.RunAsync(cancellationToken), cancellationToken);
    }
}
