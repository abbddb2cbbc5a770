using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>The messages of an answer on their way into the commit of its outcome.</summary>
internal static class AnswerContents
{
    /// <summary>Adds them, and says under which digests they and their text are found.</summary>
    /// <param name="contents">What is committed.</param>
    /// <param name="response">The answer.</param>
    /// <param name="services">What the store's sessions share.</param>
    /// <param name="turn">The turn of a conversation that they belong to.</param>
    /// <param name="redactions">Where it is counted what is masked in them.</param>
    /// <exception cref="RedactionException">A redactor of the user's failed.</exception>
    public static async ValueTask<(ContentDigest[] Messages, ContentDigest? Text)> AddAnswerAsync(
        this CommitContents contents,
        ChatResponse response,
        StoreServices services,
        ConversationTurn? turn,
        RedactionTally redactions
    )
    {
        ContentDigest? text = null;
        var encoder = new MessageEncoder(services.Masker, RedactedPart.Answer, redactions);
        var answered =
            response.HasContents() ? response.Messages
            : services.Options.KeepVectors && EmbeddingChatClient.ToMessage(response) is { } vectors ? [vectors]
            : [];
        ContentDigest[] messages = answered.Count == 0 ? [] : new ContentDigest[answered.Count];
        for (var i = 0; i < messages.Length; i++)
        {
            var json = encoder.Encode(answered[i]);
            ContentDigest? digest = null;
            // Nearly every answer is one message that is one text.
            if (messages.Length == 1 && PlainMessage.Is(json.Span))
                (digest, text) = ContentDigest.OfBoth(json.Span, PlainMessage.TextLength(json.Span));
            messages[i] = await contents.AddOwnAsync(json, CancellationToken.None, digest).ConfigureAwait(false);
            turn?.Say(answered[i], json, messages[i]);
        }
        foreach (var data in encoder.Data)
            await contents.AddAsync(data, CancellationToken.None).ConfigureAwait(false);
        return (messages, response.Text is { Length: > 0 } said ? text ?? encoder.DigestOf(said) : null);
    }
}
