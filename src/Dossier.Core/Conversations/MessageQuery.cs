namespace Dossier;

/// <summary>Which messages of a conversation to read: all from its beginning to a message, or a range of them.</summary>
public sealed record MessageQuery
{
    /// <summary>The last message of the branch that is read; null for the head of the conversation.</summary>
    public MessageId? Leaf { get; init; }

    /// <summary>The depth of the first message.</summary>
    /// <value>1 or more; 1, the beginning, by default.</value>
    public int FromDepth { get; init; } = 1;

    /// <summary>The depth of the last message; null for that of the leaf.</summary>
    public int? ToDepth { get; init; }

    /// <summary>In which order.</summary>
    /// <value><see cref="RecordOrder.OldestFirst"/> by default.</value>
    public RecordOrder Order { get; init; }

    /// <summary>How many records are read at a time.</summary>
    /// <value>1 to 1,000; 100 by default.</value>
    public int PageSize { get; init; } = 100;
}
