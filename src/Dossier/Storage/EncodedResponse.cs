namespace Dossier.Storage;

/// <summary>A response as its row keeps it.</summary>
internal readonly struct EncodedResponse
{
    // What is shorter is not worth a row of its own.
    private const int LeastCommon = 48;

    /// <param name="record">The response.</param>
    /// <param name="said">The messages that a conversation has of it, behind one another; null for none.</param>
    public EncodedResponse(TrackedResponse record, SaidMessages? said)
    {
        IsTurn = said is { } messages && messages.AreAllOf(record);
        (Record, Id) = (record, RecordId.Parse(record.Id));
        Body = RecordJson.EncodeBody(IsTurn ? WithoutMessages(record) : record, out var common);
        // An intent is soon written again, as its outcome.
        Common = record.Outcome is ResponseOutcome.InProgress || common < LeastCommon ? 0 : common;
        if (record.Outcome is not ResponseOutcome.InProgress)
            Row = RowHash.Of(in this, IsTurn ? said!.Value.Messages[^1].Hash : null);
    }

    public TrackedResponse Record { get; }
    public RecordId Id { get; }
    public byte[] Body { get; }

    /// <summary>How many bytes at the beginning of the body other calls have as well; 0 when it is kept whole.</summary>
    public int Common { get; }

    /// <summary>Whether the body leaves its messages to the conversation.</summary>
    public bool IsTurn { get; }

    /// <summary>What the chain of its session covers; null for a call in progress, which the chain takes up when it ends.</summary>
    public ContentDigest? Row { get; }

    /// <summary>A response of a commit, whose messages are in the same commit.</summary>
    public static EncodedResponse Of(TrackedResponse record, SessionCommit commit)
    {
        foreach (var change in commit.Conversations)
            if (change.Messages.Count > 0 && string.Equals(change.Conversation, record.Conversation?.Name, StringComparison.Ordinal))
                return new(record, new(change.ExpectedHead, change.Messages));
        return new(record, said: null);
    }

    private static TrackedResponse WithoutMessages(TrackedResponse record) =>
        record with
        {
            RequestMessages = [],
            ResponseMessages = [],
            Conversation = record.Conversation! with { ContinuedFrom = null },
        };
}

/// <summary>Messages of a conversation behind one another.</summary>
/// <param name="Parent">The message before them; null when they begin the conversation.</param>
/// <param name="Messages">The messages.</param>
internal readonly record struct SaidMessages(MessageId? Parent, IReadOnlyList<MessageRecord> Messages)
{
    /// <summary>Whether they are what a response says it sent and got, so that its record need not name them.</summary>
    public bool AreAllOf(TrackedResponse response)
    {
        var (asked, answered) = (response.RequestMessages, response.ResponseMessages);
        if (response.Conversation is not { } turn || turn.ContinuedFrom != Parent || Messages.Count != asked.Count + answered.Count)
            return false;
        for (var i = 0; i < Messages.Count; i++)
            if (Messages[i].ResponseId != response.Id || Messages[i].Content != (i < asked.Count ? asked[i] : answered[i - asked.Count]))
                return false;
        return true;
    }
}
