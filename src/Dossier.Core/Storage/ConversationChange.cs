namespace Dossier.Storage;

/// <summary>
/// What a commit does to a conversation: it appends messages, or moves the head. Appending always succeeds; the head moves only where it is
/// still <see cref="ExpectedHead"/>, and <see cref="ConversationResult.HeadMoved"/> says whether it did. Messages that the head did not
/// move to are a branch of their own.
/// </summary>
public sealed record ConversationChange
{
    /// <summary>The name of the conversation; one that is not there yet is made by its first messages.</summary>
    public required string Conversation { get; init; }

    /// <summary>The head as the writer knows it, which the first of the messages follows; null for a conversation without one.</summary>
    public MessageId? ExpectedHead { get; init; }

    /// <summary>The messages to append, each the parent of the next, with their hashes. Ids and parents are set by the store.</summary>
    public IReadOnlyList<MessageRecord> Messages { get; init; } = [];

    /// <summary>What the head is to be when there are no messages; null for none. With messages it is the last of them.</summary>
    public MessageId? Head { get; init; }
}

/// <summary>What became of a <see cref="ConversationChange"/>.</summary>
/// <param name="First">The id of the first message that was appended, whose run the others share, a depth further each; null when there was none.</param>
/// <param name="HeadMoved">Whether the head is what the change wanted it to be.</param>
/// <param name="Head">The head after the commit: where it did not move, the one that another writer has set; null when there is none.</param>
public sealed record ConversationResult(MessageId? First, bool HeadMoved, MessageId? Head);
