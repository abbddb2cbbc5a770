using Dossier.Storage;

namespace Dossier;

/// <summary>
/// Reads what a bundle is to carry of a session. What has no end yet stays behind: calls and steps under way, and what is set aside for them. So does what
/// is in the trash. Runs are numbered as they come, since a store gives them numbers of its own.
/// </summary>
internal sealed class BundleSource(IStorage storage, string sessionId, BundleLimits limits)
{
    private const int PageSize = 1000;

    // A writer has to come between each time.
    private const int MostReads = 16;

    private IRecordStore Records => storage.Records;

    /// <summary>
    /// The records, and the lines that they make, of one moment. They are read page by page, and no contract has a snapshot of several pages, nor a
    /// number that every write changes. So they are read until they are what they were before: then nothing was written from the end of the one time
    /// to the beginning of the other.
    /// </summary>
    /// <exception cref="BundleException">They are more than is held in memory.</exception>
    /// <exception cref="NotFoundException">There is no such session, or it is in the trash.</exception>
    /// <exception cref="StorageException">It cannot be read, or is written to all the time.</exception>
    public async Task<(BundleRecords Records, ReadOnlyMemory<byte> Lines)> ReadAsync(CancellationToken cancellationToken)
    {
        ContentDigest? before = null;
        for (var reads = 0; reads < MostReads; reads++)
        {
            var session = await ReadSessionAsync(cancellationToken).ConfigureAwait(false);
            var records = await ReadAsync(session, cancellationToken).ConfigureAwait(false);
            var lines = records.Encode(limits);
            var digest = ContentDigest.Of(lines.Span);
            if (digest == before)
                return (records, lines);
            before = digest;
        }
        throw new StorageException(
            $"Session '{sessionId}' in {storage.Location} was written to each of {MostReads} times that it was read. Export it when less is going on.",
            isTransient: true
        );
    }

    private async Task<SessionInfo> ReadSessionAsync(CancellationToken cancellationToken)
    {
        var session =
            await Records.GetSessionAsync(sessionId, cancellationToken).ConfigureAwait(false)
            ?? throw await storage
                .NoSessionAsync(
                    sessionId,
                    $"There is no session '{sessionId}' in {storage.Location} to export; list what there is with SessionStore.ListSessionsAsync.",
                    cancellationToken
                )
                .ConfigureAwait(false);
        return session.TrashedAt is null
            ? session
            : throw new NotFoundException(
                $"Session '{sessionId}', which is to be exported, is in the trash of {storage.Location}. Restore it with SessionStore.RestoreSessionAsync."
            );
    }

    private async Task<BundleRecords> ReadAsync(SessionInfo session, CancellationToken cancellationToken)
    {
        var artifacts = new List<ArtifactRecord>();
        var produced = new HashSet<string>();
        var every = new ArtifactQuery { Trash = TrashFilter.Include, PageSize = PageSize };
        var stored = RecordPages.ReadAllAsync(next => Records.QueryArtifactsAsync(sessionId, every, next, cancellationToken));
        await foreach (var artifact in stored.ConfigureAwait(false))
        {
            if (artifact.ProducedBy is not null)
                produced.Add(artifact.Id);
            if (artifact.TrashedAt is null)
                artifacts.Add(artifact);
        }
        var responses = new List<TrackedResponse>();
        var query = new ResponseQuery { PageSize = PageSize };
        var recorded = RecordPages.ReadAllAsync(next => Records.QueryResponsesAsync(sessionId, query, next, cancellationToken));
        await foreach (var response in recorded.ConfigureAwait(false))
            if (response.Outcome is not ResponseOutcome.InProgress)
                responses.Add(
                    response with
                    {
                        // Those that say so themselves are found by that.
                        OutputArtifacts = [.. response.OutputArtifacts.Where(id => !produced.Contains(id))],
                    }
                );
        var results = artifacts.ToDictionary(artifact => artifact.Id, artifact => artifact.Digest);
        var steps = new List<StepRecord>();
        var begun = RecordPages.ReadAllAsync(next =>
            Records.QueryStepsAsync(sessionId, new() { PageSize = PageSize }, next, cancellationToken)
        );
        await foreach (var step in begun.ConfigureAwait(false))
            if (step.Status is not StepStatus.Running)
                steps.Add(
                    step.ResultArtifact is { } result && results.TryGetValue(result, out var digest) && digest == step.ResultDigest
                        ? step
                        : step with
                        {
                            // Its result stays behind, or is no more.
                            ResultArtifact = null,
                            ResultDigest = null,
                        }
                );
        var ids = responses.Select(response => response.Id).ToHashSet();
        var said = await new ForkedConversations(Records, session, ForkCut.Now, ids).ReadAsync(cancellationToken).ConfigureAwait(false);
        var (conversations, runs) = Number(said);
        var budget = await Records.GetBudgetAsync(sessionId, cancellationToken).ConfigureAwait(false);
        return new()
        {
            // How often a store wrote the record is its own affair.
            Session = session with
            {
                Revision = 0,
            },
            Settled = budget?.Settled ?? BudgetAmount.Nothing,
            Artifacts = artifacts,
            Responses = [.. responses.Select(response => SessionCopy.Renumbered(response, runs))],
            Steps = steps,
            Conversations = conversations,
        };
    }

    private static (IReadOnlyList<ConversationCopy> Conversations, Dictionary<long, long> Runs) Number(
        IReadOnlyList<ConversationCopy> conversations
    )
    {
        var numbers = new Dictionary<long, long>();
        foreach (var run in conversations.SelectMany(conversation => conversation.Runs))
            numbers.Add(run[0].Id.Run, numbers.Count + 1);
        return (
            [
                .. conversations.Select(conversation => new ConversationCopy(
                    conversation.Info with
                    {
                        Head = Numbered(conversation.Info.Head),
                    },
                    [
                        .. conversation.Runs.Select(run =>
                            (IReadOnlyList<MessageRecord>)
                                [
                                    .. run.Select(message =>
                                        message with
                                        {
                                            Id = SessionCopy.Renumbered(message.Id, numbers),
                                            Parent = Numbered(message.Parent),
                                        }
                                    ),
                                ]
                        ),
                    ]
                )),
            ],
            numbers
        );

        MessageId? Numbered(MessageId? message) => message is { } id ? SessionCopy.Renumbered(id, numbers) : null;
    }
}
