using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>A message of a conversation, with what was said.</summary>
/// <param name="Record">What is known of it: its id, its hash, who said it and when.</param>
/// <param name="Message">
/// What was said, as it was kept: keys and tokens are masked, and images and files are in their places. A copy of its own, which may be changed.
/// </param>
public sealed record ConversationMessage(MessageRecord Record, ChatMessage Message)
{
    /// <summary>Its id.</summary>
    public MessageId Id => Record.Id;

    /// <summary>The text of the message.</summary>
    public string Text => Message.Text;

    /// <summary>Who speaks, and the text.</summary>
    public override string ToString() => $"{Record.Author ?? Record.Role}: {Text}";
}
