using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>Reads what the messages of a conversation say, a page at a time.</summary>
internal static class MessageReading
{
    /// <summary>The messages as they were encoded, in their order.</summary>
    /// <exception cref="StorageException">One is missing or cannot be read.</exception>
    public static async ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ReadJsonAsync(
        this IStorage storage,
        IReadOnlyList<ContentDigest> messages,
        CancellationToken cancellationToken
    )
    {
        var entries = await storage.Records.GetContentsAsync(messages, cancellationToken).ConfigureAwait(false);
        var json = new ReadOnlyMemory<byte>[entries.Count];
        for (var i = 0; i < json.Length; i++)
            // What is not kept with the records is large, and read by itself.
            json[i] = entries[i]?.Inline ?? await storage.ReadAsync(messages[i], cancellationToken).ConfigureAwait(false);
        return json;
    }

    /// <summary>A message with its images and files; a copy of its own.</summary>
    public static async ValueTask<ChatMessage> DecodeAsync(
        this IStorage storage,
        ReadOnlyMemory<byte> json,
        CancellationToken cancellationToken
    )
    {
        var message = MessageEncoder.DecodeMessage(json);
        if (DataReference.MayBeIn(json.Span))
            await DataReference.RestoreAsync(message, storage, cancellationToken).ConfigureAwait(false);
        return message;
    }

    public static async ValueTask<List<ConversationMessage>> DecodeAsync(
        this IStorage storage,
        IReadOnlyList<MessageRecord> records,
        CancellationToken cancellationToken
    )
    {
        var json = await storage.ReadJsonAsync([.. records.Select(record => record.Content)], cancellationToken).ConfigureAwait(false);
        var messages = new List<ConversationMessage>(records.Count);
        for (var i = 0; i < records.Count; i++)
            messages.Add(new(records[i], await storage.DecodeAsync(json[i], cancellationToken).ConfigureAwait(false)));
        return messages;
    }

    /// <summary>Brings what is known of a conversation to its head, reading no more than has been added since.</summary>
    public static async ValueTask<History> LoadHistoryAsync(
        this StoreServices services,
        string sessionId,
        string conversation,
        CancellationToken cancellationToken
    )
    {
        var records = services.Storage.Records;
        var known = await records.GetConversationAsync(sessionId, conversation, cancellationToken).ConfigureAwait(false);
        var cached = services.Histories.Find(sessionId, conversation);
        if (known?.Head is not { } head)
            return History.Empty;
        if (cached?.Head == head)
            return cached;
        var history = cached?.Head is { } before && before.Run == head.Run && before.Depth < head.Depth ? cached : History.Empty;
        var query = new MessageQuery
        {
            Leaf = head,
            FromDepth = history.Count + 1,
            PageSize = 200,
        };
        string? continuation = null;
        do
        {
            var page = await records
                .QueryMessagesAsync(sessionId, conversation, query, continuation, cancellationToken)
                .ConfigureAwait(false);
            var json = await services
                .Storage.ReadJsonAsync([.. page.Items.Select(record => record.Content)], cancellationToken)
                .ConfigureAwait(false);
            history = history.With([.. page.Items.Zip(json)]);
            continuation = page.Continuation;
        } while (continuation is not null);
        services.Histories.Put(sessionId, conversation, history);
        return history;
    }

    /// <summary>The history where it is known already; otherwise its last message, and nothing else.</summary>
    public static async ValueTask<History> LoadHeadAsync(
        this StoreServices services,
        string sessionId,
        string conversation,
        CancellationToken cancellationToken
    )
    {
        var records = services.Storage.Records;
        if ((await records.GetConversationAsync(sessionId, conversation, cancellationToken).ConfigureAwait(false))?.Head is not { } head)
            return History.Empty;
        if (services.Histories.Find(sessionId, conversation) is { } cached && cached.Head == head)
            return cached;
        var query = new MessageQuery { Leaf = head, FromDepth = head.Depth };
        var page = await records.QueryMessagesAsync(sessionId, conversation, query, null, cancellationToken).ConfigureAwait(false);
        return page.Items is [var last]
            ? History.EndingWith(last)
            : throw new StorageException(
                $"Conversation '{conversation}' of session '{sessionId}' has no message {head}, which is its head. Verify the store."
            );
    }
}
