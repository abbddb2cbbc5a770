using Dossier.Storage;

namespace Dossier;

/// <summary>Finds again what of a conversation was sent with a response.</summary>
internal static class SentHistory
{
    /// <summary>The addresses of the messages, in the order in which they were sent; none when the response belongs to no conversation.</summary>
    /// <exception cref="StorageException">The conversation is not there as it was.</exception>
    public static async ValueTask<List<ContentDigest>> ReadAsync(
        IRecordStore records,
        string sessionId,
        ResponseConversation? conversation,
        CancellationToken cancellationToken
    )
    {
        var digests = new List<ContentDigest>();
        if (conversation is not { ContinuedFrom: { } leaf })
            return digests;
        foreach (var part in conversation.Sent ?? [new() { FirstDepth = 1, Count = leaf.Depth }])
        {
            if (part.Message is { } standIn)
            {
                digests.Add(standIn);
                continue;
            }
            var query = new MessageQuery
            {
                Leaf = leaf,
                FromDepth = part.FirstDepth,
                ToDepth = part.FirstDepth + part.Count - 1,
                PageSize = 1000,
            };
            var before = digests.Count;
            var messages = RecordPages.ReadAllAsync(next =>
                records.QueryMessagesAsync(sessionId, conversation.Name, query, next, cancellationToken)
            );
            await foreach (var message in messages.ConfigureAwait(false))
                digests.Add(message.Content);
            if (digests.Count - before != part.Count)
                throw new StorageException(
                    $"Conversation '{conversation.Name}' of session '{sessionId}' has {digests.Count - before} of the {part.Count} messages that were sent up to message {leaf}. Verify the store."
                );
        }
        return digests;
    }
}
