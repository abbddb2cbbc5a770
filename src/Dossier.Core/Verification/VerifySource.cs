using System.Runtime.CompilerServices;
using Dossier.Storage;

namespace Dossier;

/// <summary>
/// What a verification reads a storage through. This one knows no more than the contracts, and serves any storage; one that knows where
/// its records and files lie can look deeper.
/// </summary>
internal class VerifySource(IStorage storage) : IDisposable
{
    private const int PageSize = 1000;

    public IStorage Storage => storage;

    /// <summary>Called before anything is read. Returns how many contents there are and how large they are together, or null where that is not known.</summary>
    public virtual ValueTask<(long Objects, long Bytes)?> BeginAsync(string? sessionId, CancellationToken cancellationToken) => default;

    /// <summary>All records of all sessions, or of one. What cannot be read is noted, and left out.</summary>
    public virtual async IAsyncEnumerable<NamingRecord> ReadRecordsAsync(
        string? sessionId,
        VerifyFindings findings,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var records = storage.Records;
        var sessions = RecordPages.ReadAllAsync(next =>
            records.QuerySessionsAsync(
                new()
                {
                    PageSize = PageSize,
                    Order = SessionOrder.OldestFirst,
                    Trash = TrashFilter.Include,
                },
                next,
                cancellationToken
            )
        );
        var ids = sessionId is null ? sessions.Select(session => session.Id) : new[] { sessionId }.ToAsyncEnumerable();
        await foreach (var id in ids.ConfigureAwait(false))
        {
            findings.Sessions++;
            var artifacts = RecordPages.ReadAllAsync(next =>
                records.QueryArtifactsAsync(id, new() { PageSize = PageSize, Trash = TrashFilter.Include }, next, cancellationToken)
            );
            await foreach (var artifact in artifacts.ConfigureAwait(false))
            {
                findings.Artifacts++;
                yield return NamingRecord.Of(artifact);
            }
            var responses = RecordPages.ReadAllAsync(next =>
                records.QueryResponsesAsync(id, new() { PageSize = PageSize }, next, cancellationToken)
            );
            await foreach (var response in responses.ConfigureAwait(false))
            {
                findings.Responses++;
                yield return NamingRecord.Of(response);
            }
            var steps = RecordPages.ReadAllAsync(next =>
                records.QueryStepsAsync(id, new() { PageSize = PageSize }, next, cancellationToken)
            );
            await foreach (var step in steps.ConfigureAwait(false))
                yield return NamingRecord.Of(step);
            await foreach (var message in ReadMessagesAsync(id, findings, cancellationToken).ConfigureAwait(false))
                yield return message;
        }
    }

    /// <summary>All messages of a session, each branch from where it begins.</summary>
    private async IAsyncEnumerable<NamingRecord> ReadMessagesAsync(
        string sessionId,
        VerifyFindings findings,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var records = storage.Records;
        var conversations = RecordPages.ReadAllAsync(next => records.QueryConversationsAsync(sessionId, PageSize, next, cancellationToken));
        await foreach (var conversation in conversations.ConfigureAwait(false))
        {
            var branches = RecordPages.ReadAllAsync(next =>
                records.QueryBranchesAsync(sessionId, conversation.Name, PageSize, next, cancellationToken)
            );
            await foreach (var branch in branches.ConfigureAwait(false))
            {
                // Together with the message that it branched off, whose hash the first one covers.
                var query = new MessageQuery
                {
                    Leaf = branch.Leaf,
                    FromDepth = Math.Max(1, branch.FirstDepth - 1),
                    PageSize = PageSize,
                };
                ContentDigest? parent = null;
                var messages = RecordPages.ReadAllAsync(next =>
                    records.QueryMessagesAsync(sessionId, conversation.Name, query, next, cancellationToken)
                );
                await foreach (var message in messages.ConfigureAwait(false))
                {
                    if (message.Id.Depth >= branch.FirstDepth)
                    {
                        findings.AddMessage(message, parent, sessionId, conversation.Name);
                        yield return NamingRecord.Of(message, sessionId, conversation.Name);
                    }
                    parent = message.Hash;
                }
            }
        }
    }

    /// <summary>
    /// All contents that were there at the beginning, named or not, as far as the storage can list them. What is not recorded is left out:
    /// a writer may be about to commit it, and its age is not known.
    /// </summary>
    public virtual async IAsyncEnumerable<ContentDigest> ReadContentsAsync(
        VerifyFindings findings,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await foreach (var digest in storage.Contents.ListAsync(cancellationToken).ConfigureAwait(false))
            if (await storage.Records.GetContentAsync(digest, cancellationToken).ConfigureAwait(false) is not null)
                yield return digest;
    }

    /// <summary>Looks at what only this storage has, of the whole or of <see cref="VerifyOptions.SessionId"/>. Called last.</summary>
    public virtual ValueTask CheckRestAsync(VerifyOptions options, VerifyFindings findings, CancellationToken cancellationToken)
    {
        foreach (var id in options.NotedSessions())
            findings.AddChain(
                $"What the chain of session '{id}' ended in cannot be looked up: this storage keeps no chains.",
                "Verify the store that it was noted from."
            );
        return default;
    }

    /// <summary>Sets damaged content aside; false when that was not done.</summary>
    public virtual ValueTask<bool> QuarantineAsync(ContentDigest digest, CancellationToken cancellationToken) => default;

    /// <summary>What a remedy calls the place of content that lies in the content store.</summary>
    public virtual string PlaceOf(ContentDigest digest) => "it";

    public virtual void Dispose() { }
}
