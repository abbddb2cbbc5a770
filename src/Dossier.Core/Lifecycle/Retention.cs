using Dossier.Storage;

namespace Dossier;

/// <summary>Applies a policy, session by session. What is written meanwhile is seen by the next run at the latest.</summary>
internal sealed class Retention(StoreServices services, RetentionPolicy policy)
{
    private const int PageSize = 1000;

    private readonly DateTimeOffset _now = services.Time.GetRecordTime();
    private RetentionReport _report = new() { IsDryRun = policy.DryRun };

    private IRecordStore Records => services.Storage.Records;

    public async Task<RetentionReport> ApplyAsync(SessionQuery sessions, CancellationToken cancellationToken)
    {
        // In the order of creation, which what is trashed on the way does not change.
        var query = sessions with
        {
            Trash = TrashFilter.Exclude,
            Order = SessionOrder.OldestFirst,
            PageSize = PageSize,
        };
        var all = RecordPages.ReadAllAsync(next => Records.QuerySessionsAsync(query, next, cancellationToken));
        await foreach (var session in all.ConfigureAwait(false))
        {
            try
            {
                if (await TryTrashAsync(session, cancellationToken).ConfigureAwait(false))
                    _report = _report with { Sessions = _report.Sessions + 1 };
                else if (policy.KeepArtifactsFor is not null || policy.KeepVersions is not null)
                    await ApplyToArtifactsAsync(session, cancellationToken).ConfigureAwait(false);
            }
            catch (NotFoundException)
            {
                // Purged meanwhile.
            }
            catch (ConflictException exception) when (exception.Guard is CommitGuards.SessionTrashed or CommitGuards.SessionCreatedAt)
            {
                // Deleted meanwhile, or purged and made anew.
            }
        }
        return _report;
    }

    /// <summary>Moves the session to the trash; false when the policy keeps it.</summary>
    private async Task<bool> TryTrashAsync(SessionInfo session, CancellationToken cancellationToken)
    {
        if (policy.KeepSessionsFor is not { } keep)
            return false;
        var since = PurgeOptions.Before(_now, keep);
        if (session.UpdatedAt >= since)
            return false;
        var pinned = new ArtifactQuery { IsPinned = true, PageSize = 1 };
        if ((await Records.QueryArtifactsAsync(session.Id, pinned, null, cancellationToken).ConfigureAwait(false)).Items.Count > 0)
            return false;
        try
        {
            return policy.DryRun || await services.DeleteSessionAsync(session.Id, since, cancellationToken).ConfigureAwait(false);
        }
        catch (ConflictException exception) when (exception.Guard == CommitGuards.ArtifactPinned)
        {
            return false; // pinned meanwhile
        }
    }

    private async Task ApplyToArtifactsAsync(SessionInfo session, CancellationToken cancellationToken)
    {
        var versions = new Dictionary<string, int>();
        var query = new ArtifactQuery { Order = ArtifactOrder.NewestFirst, PageSize = ArtifactLife.MostChanges };
        string? continuation = null;
        do
        {
            var page = await Records.QueryArtifactsAsync(session.Id, query, continuation, cancellationToken).ConfigureAwait(false);
            await TrashAsync(session, [.. page.Items.Where(artifact => !Keeps(artifact, versions))], cancellationToken)
                .ConfigureAwait(false);
            continuation = page.Continuation;
        } while (continuation is not null);
    }

    private bool Keeps(ArtifactRecord artifact, Dictionary<string, int> versions)
    {
        var isAmongNewest = false;
        if (policy.KeepVersions is { } most)
        {
            var number = versions.GetValueOrDefault(artifact.Name) + 1;
            versions[artifact.Name] = number;
            isAmongNewest = number <= most;
        }
        var isYoung = policy.KeepArtifactsFor is { } age && artifact.CreatedAt >= PurgeOptions.Before(_now, age);
        return artifact.IsPinned || isAmongNewest || isYoung;
    }

    private async Task TrashAsync(SessionInfo session, List<ArtifactRecord> artifacts, CancellationToken cancellationToken)
    {
        while (artifacts.Count > 0)
        {
            try
            {
                if (!policy.DryRun)
                    await services
                        .ChangeArtifactsAsync(session, [.. artifacts.Select(it => it.Id)], ArtifactChangeKind.Trash, cancellationToken)
                        .ConfigureAwait(false);
                _report = _report with
                {
                    Artifacts = _report.Artifacts + artifacts.Count,
                    Bytes = _report.Bytes + artifacts.Sum(artifact => artifact.Size),
                };
                return;
            }
            catch (ConflictException exception) when (exception.Guard == CommitGuards.ArtifactPinned)
            {
                artifacts.RemoveAll(artifact => artifact.Id == exception.Actual); // pinned meanwhile
            }
        }
    }
}
