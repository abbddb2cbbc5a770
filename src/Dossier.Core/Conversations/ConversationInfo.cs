namespace Dossier;

/// <summary>What is known of a conversation without reading its messages.</summary>
public sealed record ConversationInfo
{
    /// <summary>Its name, unique in its session: data, never a path.</summary>
    public required string Name { get; init; }

    /// <summary>The last message of what the conversation is now, from which the next turn continues; null when it has been undone to nothing.</summary>
    public MessageId? Head { get; init; }

    /// <summary>How many messages there are from its beginning to its head.</summary>
    public int Length => Head?.Depth ?? 0;

    /// <summary>When its first message was kept, UTC, in whole microseconds.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it last changed, by a turn, another branch or a move of its head, UTC, in whole microseconds.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>
/// A branch of a conversation: a run of messages to its end. The messages before <see cref="BranchedFrom"/> it shares with others.
/// </summary>
public sealed record ConversationBranch
{
    /// <summary>The last message of the branch.</summary>
    public required MessageId Leaf { get; init; }

    /// <summary>The message that its first own message follows; null when it begins at the beginning.</summary>
    public MessageId? BranchedFrom { get; init; }

    /// <summary>The depth of its first own message.</summary>
    public int FirstDepth => (BranchedFrom?.Depth ?? 0) + 1;

    /// <summary>Whether the head of the conversation is on it, among its own messages.</summary>
    public bool HasHead { get; init; }
}

/// <summary>How many conversations and messages a session has.</summary>
/// <param name="Conversations">The conversations.</param>
/// <param name="Messages">The messages of all their branches, each once.</param>
public readonly record struct ConversationTotals(long Conversations, long Messages);
