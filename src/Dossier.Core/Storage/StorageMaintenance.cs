namespace Dossier.Storage;

/// <summary>The maintenance of any storage that says what to verify it through and how to purge it.</summary>
/// <param name="newSource">What one verification reads the storage through.</param>
/// <param name="purge">Purges it.</param>
/// <param name="erase">Erases sessions of it.</param>
internal sealed class StorageMaintenance(
    Func<VerifySource> newSource,
    Func<PurgeOptions, DateTimeOffset, CancellationToken, Task<PurgeReport>> purge,
    Func<ErasureTarget, string?, DateTimeOffset, CancellationToken, Task<ErasureReport>> erase
) : IStoreMaintenance
{
    /// <summary>For a storage that cannot be purged: its contracts have no way to delete a record.</summary>
    public StorageMaintenance(Func<VerifySource> newSource, string location)
        : this(
            newSource,
            (_, _, _) =>
                Task.FromException<PurgeReport>(
                    new StorageException(
                        $"The storage '{location}' has no purge of its own, and nothing was deleted. Give it one by implementing IStorage.Maintenance."
                    )
                ),
            (_, _, _, _) =>
                Task.FromException<ErasureReport>(
                    new StorageException(
                        $"The storage '{location}' cannot erase, and nothing was deleted. Teach it by implementing IStorage.Maintenance."
                    )
                )
        ) { }

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

    public Task<PurgeReport> PurgeAsync(PurgeOptions options, DateTimeOffset at, CancellationToken cancellationToken = default)
    {
        PurgeOptions.Check(options);
        return purge(options, at, cancellationToken);
    }

    public Task<ErasureReport> EraseAsync(
        ErasureTarget target,
        string? reason,
        DateTimeOffset at,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(target);
        return erase(target, reason, at, cancellationToken);
    }
}
