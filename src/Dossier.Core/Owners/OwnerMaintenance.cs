namespace Dossier.Storage;

/// <summary>What can be done to all that is one owner's. What concerns others as well is refused.</summary>
/// <param name="storage">The whole storage.</param>
/// <param name="view">What the owner sees of it.</param>
/// <param name="owner">The owner.</param>
internal sealed class OwnerMaintenance(IStorage storage, IStorage view, string owner) : IStoreMaintenance
{
    private const int PageSize = 1000;
    private const int MostProblems = 1000;

    public Task<PurgeReport> PurgeAsync(PurgeOptions options, DateTimeOffset at, CancellationToken cancellationToken = default) =>
        Task.FromException<PurgeReport>(
            new OwnerScopeException(
                owner,
                $"A purge is of the whole store, and this one is limited to the owner '{owner}'; nothing was deleted. Purge through the store that ForOwner was called on."
            )
        );

    public Task<ErasureReport> EraseAsync(
        ErasureTarget target,
        string? reason,
        DateTimeOffset at,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target.Owner is { } other && !string.Equals(other, owner, StringComparison.Ordinal))
            return Task.FromException<ErasureReport>(
                new OwnerScopeException(
                    owner,
                    $"This store is limited to the owner '{owner}' and erases nothing of '{other}'. Nothing was erased."
                )
            );
        var own = target.SessionId is { } id ? ErasureTarget.OfSession(id, owner) : target;
        return storage.Maintenance.EraseAsync(own, reason, at, cancellationToken);
    }

    /// <summary>Session by session; content that several use counts for each.</summary>
    public async Task<VerifyReport> VerifyAsync(
        VerifyOptions options,
        IProgress<VerifyProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.SessionId is { } id)
            return await view.Records.GetSessionAsync(id, cancellationToken).ConfigureAwait(false) is null
                ? throw Verifier.NoSession(id, view)
                : await storage.Maintenance.VerifyAsync(options, progress, cancellationToken).ConfigureAwait(false);
        var query = new SessionQuery
        {
            Order = SessionOrder.OldestFirst,
            Trash = TrashFilter.Include,
            PageSize = PageSize,
        };
        var sessions = RecordPages.ReadAllAsync(next => view.Records.QuerySessionsAsync(query, next, cancellationToken));
        var all = new VerifyReport();
        var noted = options.ChainHeads.ToDictionary();
        await foreach (var session in sessions.ConfigureAwait(false))
        {
            var behind = progress is null ? null : new Behind(all, progress);
            try
            {
                var ofSession = options with { SessionId = session.Id };
                all = Add(all, await storage.Maintenance.VerifyAsync(ofSession, behind, cancellationToken).ConfigureAwait(false));
                noted.Remove(session.Id);
            }
            catch (NotFoundException)
            {
                // Purged since it was listed.
            }
        }
        var gone = new VerifyFindings();
        foreach (var (lost, head) in noted)
            gone.AddGone(lost, head);
        return Add(all, gone.ToReport());
    }

    private static VerifyReport Add(VerifyReport all, VerifyReport session) =>
        all with
        {
            Sessions = all.Sessions + session.Sessions,
            Artifacts = all.Artifacts + session.Artifacts,
            Responses = all.Responses + session.Responses,
            Messages = all.Messages + session.Messages,
            Contents = all.Contents + session.Contents,
            Bytes = all.Bytes + session.Bytes,
            GoneSinceNoted = all.GoneSinceNoted + session.GoneSinceNoted,
            Problems = [.. all.Problems.Concat(session.Problems).Take(MostProblems)],
            ProblemCount = all.ProblemCount + session.ProblemCount,
        };

    /// <summary>Counts on from what was verified before.</summary>
    private sealed class Behind(VerifyReport before, IProgress<VerifyProgress> progress) : IProgress<VerifyProgress>
    {
        public void Report(VerifyProgress value) =>
            progress.Report(new(before.Contents + value.Objects, null, before.Bytes + value.Bytes, null));
    }
}
