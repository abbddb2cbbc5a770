using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>A recorded answer, as the model's client would give it.</summary>
/// <param name="Origin">Where it is recorded.</param>
/// <param name="Provider">The provider that answered.</param>
/// <param name="RequestedModel">The model that it was asked for.</param>
/// <param name="Response">The answer.</param>
internal sealed record ReplayedAnswer(ReplayOrigin Origin, string Provider, string RequestedModel, ChatResponse Response)
{
    // A stream is one to its reader: short pieces, each of whole words.
    private const int PieceLength = 24;

    /// <exception cref="ReplaySourceException">It is no longer there.</exception>
    public static async ValueTask<ReplayedAnswer> ReadAsync(IStorage storage, ReplayOrigin origin, CancellationToken cancellationToken)
    {
        var record =
            await storage.Records.GetResponseAsync(origin.SessionId, origin.ResponseId, cancellationToken).ConfigureAwait(false)
            ?? throw new ReplaySourceException(
                origin.SessionId,
                $"Response {origin.ResponseId} of session '{origin.SessionId}' was to answer, and is no longer there; the session was purged or erased meanwhile. Replay another session."
            );
        var messages = new List<ChatMessage>();
        foreach (var digest in record.ResponseMessages)
        {
            var json = await storage.ReadAsync(digest, cancellationToken).ConfigureAwait(false);
            foreach (var message in MessageEncoder.DecodeMessages(json))
            {
                if (DataReference.MayBeIn(json.Span))
                    await DataReference.RestoreAsync(message, storage, cancellationToken).ConfigureAwait(false);
                messages.Add(message);
            }
        }
        var calls = ToolLoop.Split([.. messages.Select(message => message.Role == ChatRole.Tool)]);
        var isLast = origin.ModelCall == 0 || origin.ModelCall == calls.Count;
        if (origin.ModelCall > 0)
        {
            var (start, count) = calls[origin.ModelCall - 1];
            messages = messages.GetRange(start, count);
            // They were invoked when they were recorded, and are to be so again.
            foreach (var call in messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>())
                call.InformationalOnly = false;
        }
        // A stream of several messages tells them apart by their ids.
        if (messages.Count > 1)
            foreach (var (index, message) in messages.Index())
                message.MessageId ??= $"{origin.ResponseId}-{index + 1}";
        var attempts = record.Attempts.Where(attempt => attempt.Outcome is AttemptOutcome.Succeeded);
        var attempt = origin.ModelCall == 0 ? attempts.LastOrDefault() : attempts.LastOrDefault(it => it.ModelCall == origin.ModelCall);
        // What was a replay itself has what it took where it was recorded first.
        var usage =
            attempt?.ReplayedFrom is { } earlier ? earlier.Usage
            : origin.ModelCall == 0 || attempt is null ? record.Usage
            : attempt.Usage;
        var response = new ChatResponse(messages)
        {
            ModelId = attempt is null ? record.ServedModel : attempt.ServedModel,
            FinishReason =
                !isLast ? ChatFinishReason.ToolCalls
                : record.FinishReason is { } reason ? new(reason)
                : null,
            Usage = usage?.ToDetails(),
            CreatedAt = messages is [.., { CreatedAt: { } at }] ? at : null,
        };
        if (record.Operation is ResponseOperation.Embedding)
            response.RawRepresentation = EmbeddingChatClient.ReadVectors(response);
        return new(
            origin with
            {
                Usage = usage,
            },
            attempt?.Provider ?? record.Provider!,
            attempt?.RequestedModel ?? record.RequestedModel!,
            response
        );
    }

    /// <summary>The answer as a stream that comes to the same.</summary>
    public IEnumerable<ChatResponseUpdate> ToUpdates()
    {
        var updates = Response.ToChatResponseUpdates();
        // An answer that says nothing has no update that says why it ended.
        if (Response.FinishReason is { } reason && !updates.Any(static update => update.FinishReason is not null))
            updates = [.. updates, new() { ModelId = Response.ModelId, FinishReason = reason }];
        foreach (var update in updates)
        {
            if (
                update.Contents is not [TextContent { Annotations: null, AdditionalProperties: null } only]
                || update.FinishReason is not null
            )
            {
                foreach (var part in InParts(update))
                    yield return part;
                continue;
            }
            foreach (var piece in Pieces(only.Text))
                yield return Like(update, new TextContent(piece));
        }
    }

    /// <summary>The contents of an update one by one, its texts in pieces; what else it says comes with the last.</summary>
    private static IEnumerable<ChatResponseUpdate> InParts(ChatResponseUpdate update)
    {
        List<AIContent> contents =
        [
            .. update.Contents.SelectMany(content =>
                content is TextContent { Annotations: null, AdditionalProperties: null } text && text.Text.Length > PieceLength
                    ? Pieces(text.Text).Select(piece => (AIContent)new TextContent(piece))
                    : [content]
            ),
        ];
        foreach (var content in contents.SkipLast(1))
            yield return Like(update, content);
        update.Contents = [.. contents.TakeLast(1)];
        yield return update;
    }

    private static ChatResponseUpdate Like(ChatResponseUpdate update, AIContent content) =>
        new(update.Role, [content])
        {
            AuthorName = update.AuthorName,
            CreatedAt = update.CreatedAt,
            MessageId = update.MessageId,
            ModelId = update.ModelId,
            ResponseId = update.ResponseId,
        };

    private static IEnumerable<string> Pieces(string text)
    {
        for (var start = 0; start < text.Length; )
        {
            var end = Math.Min(start + PieceLength, text.Length);
            if (end < text.Length && text.LastIndexOf(' ', end - 1, end - start) is var space && space > start)
                end = space;
            if (end < text.Length && char.IsLowSurrogate(text[end]) && end - 1 > start)
                end--;
            yield return text[start..end];
            start = end;
        }
    }
}
