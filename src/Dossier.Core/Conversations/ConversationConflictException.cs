using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// Somebody else continued the conversation while a turn was under way. Nothing is lost: the model's answer is here, its response is recorded,
/// and the turn is kept as a branch of the conversation. Make the branch the conversation with
/// <see cref="Conversation.MoveHeadAsync"/> and <see cref="Leaf"/>, or send the message again, which then continues from <see cref="Head"/>.
/// </summary>
public sealed class ConversationConflictException : DossierException
{
    internal ConversationConflictException(string conversation, MessageId leaf, MessageId? head, ChatResponse? response, string? responseId)
        : base(
            $"Conversation '{conversation}' was continued by somebody else while this turn was under way: its head is {(head is { } id ? $"message {id}" : "none")}, and the turn is kept as the branch that ends with message {leaf}. "
                + "Make that the conversation with MoveHeadAsync, or send the message again to continue from the head."
        ) => (ConversationName, Leaf, Head, Response, ResponseId) = (conversation, leaf, head, response, responseId);

    /// <summary>The name of the conversation.</summary>
    public string ConversationName { get; }

    /// <summary>The last message of the branch that the turn was kept as.</summary>
    public MessageId Leaf { get; }

    /// <summary>The head that somebody else has set; null when they undid everything.</summary>
    public MessageId? Head { get; }

    /// <summary>What the model answered; for a stream, its updates put together. Null when messages were appended without a call.</summary>
    public ChatResponse? Response { get; }

    /// <summary>The id of the response; null when messages were appended without a call.</summary>
    public string? ResponseId { get; }
}
