namespace Dossier.Storage;

/// <summary>What is done to a local store as a whole, asked for through one of the objects on it.</summary>
internal sealed class LocalMaintenance(LocalEngine engine, IStorage storage) : IStoreMaintenance
{
    public Task<PurgeReport> PurgeAsync(PurgeOptions options, DateTimeOffset at, CancellationToken cancellationToken = default)
    {
        PurgeOptions.Check(options);
        // A thread of its own, because it spends its life in blocking calls.
        return engine.Runs.RunAsync(
            stop =>
                Task.Factory.StartNew(
                    () => LocalPurge.Run(engine, options, at, stop),
                    stop,
                    TaskCreationOptions.LongRunning,
                    TaskScheduler.Default
                ),
            cancellationToken
        );
    }

    public Task<ErasureReport> EraseAsync(
        ErasureTarget target,
        string? reason,
        DateTimeOffset at,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(target);
        return engine.Runs.RunAsync(
            stop =>
                Task.Factory.StartNew(
                    () => LocalErasure.Run(engine, target, reason, at, stop),
                    stop,
                    TaskCreationOptions.LongRunning,
                    TaskScheduler.Default
                ),
            cancellationToken
        );
    }

    public Task<VerifyReport> VerifyAsync(
        VerifyOptions options,
        IProgress<VerifyProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(options);
        var verifier = new Verifier(new LocalVerify(storage, engine), options, progress);
        // Hashing keeps a thread busy, and it must not be one that belongs to a user interface.
        return engine.Runs.RunAsync(stop => Task.Run(() => verifier.RunAsync(stop), stop), cancellationToken);
    }
}
