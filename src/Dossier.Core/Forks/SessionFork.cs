using Dossier.Storage;

namespace Dossier;

/// <summary>
/// Makes a session of the records of another one up to a point, in one commit: it is there whole, or not at all. Ids, versions and sequences stay
/// what they are, so that what names a record names the same in the fork.
/// </summary>
internal sealed class SessionFork(StoreServices services, string sessionId, ForkOptions options)
{
    private const int PageSize = 1000;

    // A purge has to come between reading and writing each time.
    private const int MostTries = 16;

    private IRecordStore Records => services.Storage.Records;

    /// <exception cref="ArgumentException">An id is not valid, or the point is one of another session.</exception>
    /// <exception cref="NotFoundException">There is no such session, it is in the trash, or it has no such response or step.</exception>
    /// <exception cref="InvalidOperationException">The response has not ended, or the step has no result.</exception>
    /// <exception cref="ConflictException">There is a session with the id of the fork already, or the original was purged meanwhile.</exception>
    /// <exception cref="StorageException">The store could not be read or written.</exception>
    public async Task<SessionInfo> MakeAsync(CancellationToken cancellationToken)
    {
        Identifiers.CheckSessionId(sessionId, nameof(sessionId));
        if (options.SessionId is { } wanted)
            Identifiers.CheckSessionId(wanted, nameof(ForkOptions.SessionId));
        var isChecked = false;
        for (var tries = 1; ; tries++)
        {
            var source = await ReadSourceAsync(cancellationToken).ConfigureAwait(false);
            var cut = await ForkCut.OfAsync(Records, sessionId, options.At, cancellationToken).ConfigureAwait(false);
            var now = services.Time.GetRecordTime();
            var redactions = new RedactionTally();
            var info = InfoOf(source, now, redactions);
            var copy = await ReadAsync(source, info, cut, cancellationToken).ConfigureAwait(false);
            if (isChecked)
                copy = copy with { Contents = await ThereAsync(copy.Contents, cancellationToken).ConfigureAwait(false) };
            info = info with { ForkedFrom = info.ForkedFrom! with { Sequence = Math.Min(cut.Sequence, copy.LastSequence) } };
            var commit = new SessionCommit
            {
                CommitId = Identifiers.NewGuid(now),
                SessionId = info.Id,
                At = now,
                Session = info,
                ExpectedRevision = 0,
                Copied = copy,
            };
            try
            {
                var result = await Records.CommitAsync(commit, cancellationToken).ConfigureAwait(false);
                Log.SessionForked(services.Logger, sessionId, options.At, info.Id);
                Log.Redacted(services.Logger, info.Id, "what the session is called", redactions.Redactions);
                return info with { Revision = result.Revision, UpdatedAt = now };
            }
            catch (ConflictException e) when (e.Guard is CommitGuards.Content && tries < MostTries)
            {
                // An artifact was purged meanwhile, and is gone when the records are read again. What is missing all the same is missing in the
                // original as well, and a fork of it is as whole as that.
                isChecked = true;
            }
        }
    }

    private async Task<SessionInfo> ReadSourceAsync(CancellationToken cancellationToken)
    {
        var source =
            await Records.GetSessionAsync(sessionId, cancellationToken).ConfigureAwait(false)
            ?? throw await services
                .Storage.NoSessionAsync(
                    sessionId,
                    $"There is no session '{sessionId}' in {services.Storage.Location} to fork; list what there is with SessionStore.ListSessionsAsync.",
                    cancellationToken
                )
                .ConfigureAwait(false);
        return source.TrashedAt is null
            ? source
            : throw new NotFoundException(
                $"Session '{sessionId}', which is to be forked, is in the trash of {services.Storage.Location}. Restore it with SessionStore.RestoreSessionAsync."
            );
    }

    private SessionInfo InfoOf(SessionInfo source, DateTimeOffset now, RedactionTally redactions) =>
        new()
        {
            Id = options.SessionId ?? Identifiers.NewSessionId(now),
            Name = options.Name is { } name ? services.Masker.Apply(name, redactions, RedactedPart.Name) : source.Name,
            Tags = options.Tags is { } tags
                ? [.. tags.Select(tag => services.Masker.Apply(tag, redactions, RedactedPart.Name)).Distinct()]
                : source.Tags,
            // Of names that the fork has of its own, or else of those that it shares.
            Redactions = redactions.Redactions is { Count: > 0 } own ? own : source.Redactions,
            Owner = source.Owner,
            Budget = source.Budget,
            ApplicationVersion = source.ApplicationVersion,
            CreatedAt = now,
            ForkedFrom = new()
            {
                SessionId = source.Id,
                ResponseId = options.At.ResponseId,
                StepKey = options.At.StepKey,
            },
        };

    private async Task<SessionCopy> ReadAsync(SessionInfo source, SessionInfo fork, ForkCut cut, CancellationToken cancellationToken)
    {
        var artifacts = new List<ArtifactRecord>();
        var produced = new HashSet<string>();
        var every = new ArtifactQuery { Trash = TrashFilter.Include, PageSize = PageSize };
        var stored = RecordPages.ReadAllAsync(next => Records.QueryArtifactsAsync(source.Id, every, next, cancellationToken));
        await foreach (var artifact in stored.ConfigureAwait(false))
        {
            if (artifact.ProducedBy is not null)
                produced.Add(artifact.Id);
            if (artifact.TrashedAt is null && artifact.Sequence <= cut.Sequence)
                artifacts.Add(artifact with { SessionId = fork.Id, IsPinned = false });
        }
        var responses = await ReadResponsesAsync(source, fork, cut, produced, cancellationToken).ConfigureAwait(false);
        var steps = await ReadStepsAsync(source, fork, cut, artifacts, cancellationToken).ConfigureAwait(false);
        var ids = responses.Select(response => response.Id).ToHashSet();
        var conversations = await new ForkedConversations(Records, source, cut, ids).ReadAsync(cancellationToken).ConfigureAwait(false);
        var copy = new SessionCopy
        {
            Source = source,
            Artifacts = artifacts,
            Responses = responses,
            Steps = steps,
            Conversations = conversations,
        };
        return copy with { Contents = [.. ContentNames.Of(copy).Select(content => content.Digest).Distinct()] };
    }

    private async Task<List<TrackedResponse>> ReadResponsesAsync(
        SessionInfo source,
        SessionInfo fork,
        ForkCut cut,
        HashSet<string> produced,
        CancellationToken cancellationToken
    )
    {
        var responses = new List<TrackedResponse>();
        var query = new ResponseQuery { PageSize = PageSize };
        var recorded = RecordPages.ReadAllAsync(next => Records.QueryResponsesAsync(source.Id, query, next, cancellationToken));
        await foreach (var response in recorded.ConfigureAwait(false))
        {
            if (response.Sequence > cut.Sequence)
                break;
            if (response.Outcome is ResponseOutcome.InProgress)
                continue;
            responses.Add(
                response with
                {
                    SessionId = fork.Id,
                    InheritedFrom = response.InheritedFrom ?? new(source.Id, response.Id),
                    // Those that say so themselves are found by that.
                    OutputArtifacts = [.. response.OutputArtifacts.Where(id => !produced.Contains(id))],
                }
            );
        }
        return responses;
    }

    /// <summary>Those whose results were kept up to there, so that a rerun finds them.</summary>
    private async Task<List<StepRecord>> ReadStepsAsync(
        SessionInfo source,
        SessionInfo fork,
        ForkCut cut,
        List<ArtifactRecord> artifacts,
        CancellationToken cancellationToken
    )
    {
        var steps = new List<StepRecord>();
        var results = artifacts.Select(artifact => artifact.Id).ToHashSet();
        var query = new StepQuery { Status = StepStatus.Kept, PageSize = PageSize };
        var kept = RecordPages.ReadAllAsync(next => Records.QueryStepsAsync(source.Id, query, next, cancellationToken));
        await foreach (var step in kept.ConfigureAwait(false))
        {
            if (step.Sequence > cut.Sequence || step.ResultArtifact is not { } result || !results.Contains(result))
                continue;
            steps.Add(
                step with
                {
                    SessionId = fork.Id,
                    InheritedFrom = step.InheritedFrom ?? source.Id,
                    // What it read of its own session it has read of this one, where it may change from now on.
                    Reads = [.. step.Reads.Select(read => read.SessionId == source.Id ? read with { SessionId = fork.Id } : read)],
                }
            );
        }
        return steps;
    }

    private async Task<IReadOnlyList<ContentDigest>> ThereAsync(IReadOnlyList<ContentDigest> contents, CancellationToken cancellationToken)
    {
        const int AtOnce = 64; // what is inline is read with it
        var there = new List<ContentDigest>(contents.Count);
        foreach (var some in contents.Chunk(AtOnce))
            there.AddRange(
                (await Records.GetContentsAsync(some, cancellationToken).ConfigureAwait(false))
                    .OfType<ContentEntry>()
                    .Select(it => it.Digest)
            );
        return there;
    }
}
