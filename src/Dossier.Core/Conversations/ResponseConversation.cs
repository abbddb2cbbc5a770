using Dossier.Storage;

namespace Dossier;

/// <summary>
/// The conversation that a response is a turn of. Its record names the messages that were new; those before them are in the conversation,
/// so that a record does not grow with it.
/// </summary>
public sealed record ResponseConversation
{
    /// <summary>The name of the conversation.</summary>
    public required string Name { get; init; }

    /// <summary>The message that the turn continued from; null when it began the conversation.</summary>
    public MessageId? ContinuedFrom { get; init; }

    /// <summary>
    /// What was sent of the messages up to <see cref="ContinuedFrom"/>, in order, where that was not simply all of them: they had been reduced
    /// or repaired. Null for all.
    /// </summary>
    public IReadOnlyList<HistoryPart>? Sent { get; init; }
}

/// <summary>A part of the history that was sent: messages of the conversation as they are, or one that stood in for others.</summary>
public sealed record HistoryPart
{
    /// <summary>The depth of the first message; 0 when <see cref="Message"/> was sent.</summary>
    public int FirstDepth { get; init; }

    /// <summary>How many messages; 0 when <see cref="Message"/> was sent.</summary>
    public int Count { get; init; }

    /// <summary>The content of a message that is not in the conversation, such as a summary of some of it; null for a part of the conversation.</summary>
    public ContentDigest? Message { get; init; }
}
