namespace Dossier.Storage;

/// <summary>
/// Records that a session begins with, as they were recorded in another one: with the sequences, versions, ids and times that they had there.
/// What is recorded later follows the last of them. Runs of messages get numbers of their own; what names a message, in responses as well, is
/// changed accordingly.
/// </summary>
public sealed record SessionCopy
{
    /// <summary>
    /// Guard <c>session.created_at</c>: the session that the records were read from, if it is in the same store. As long as it is there, no purge
    /// takes what its records name. Null does not look.
    /// </summary>
    public SessionInfo? Source { get; init; }

    /// <summary>
    /// All content that the records name and that the store has already. It is in use from the commit on, also where it was about to be deleted.
    /// Guard <c>content.exists</c>: none of it has been purged.
    /// </summary>
    public IReadOnlyList<ContentDigest> Contents { get; init; } = [];

    /// <summary>Artifacts, in the order of their sequences. None of them is in the trash afterwards; those are pinned that say so.</summary>
    public IReadOnlyList<ArtifactRecord> Artifacts { get; init; } = [];

    /// <summary>Responses that have ended, in the order of their sequences.</summary>
    public IReadOnlyList<TrackedResponse> Responses { get; init; } = [];

    /// <summary>Steps that have ended, in the order of their sequences.</summary>
    public IReadOnlyList<StepRecord> Steps { get; init; } = [];

    /// <summary>Conversations, each with its messages.</summary>
    public IReadOnlyList<ConversationCopy> Conversations { get; init; } = [];

    /// <summary>The sequence of the last of the records; 0 when there is none.</summary>
    internal long LastSequence =>
        Artifacts
            .Select(artifact => artifact.Sequence)
            .Concat(Responses.Select(response => response.Sequence))
            .Concat(Steps.Select(step => step.Sequence))
            .DefaultIfEmpty()
            .Max();

    /// <summary>A response whose turn continues from where its message is now.</summary>
    /// <param name="response">The response.</param>
    /// <param name="runs">The new number of each run, by the one that it had.</param>
    internal static TrackedResponse Renumbered(TrackedResponse response, IReadOnlyDictionary<long, long> runs) =>
        response.Conversation is { ContinuedFrom: { } from } turn && Renumbered(from, runs) is var now && now != from
            ? response with
            {
                Conversation = turn with { ContinuedFrom = now },
            }
            : response;

    /// <summary>The id that a message has now.</summary>
    internal static MessageId Renumbered(MessageId message, IReadOnlyDictionary<long, long> runs) =>
        message with
        {
            Run = runs.GetValueOrDefault(message.Run, message.Run),
        };
}

/// <summary>A conversation with its messages, as it was recorded elsewhere.</summary>
/// <param name="Info">Its name, its times, and its head, which is one of the messages or null.</param>
/// <param name="Runs">
/// The messages, run by run in the order in which the runs began, each run without a gap from its first message on. A run names the message that
/// it branched off by the <see cref="MessageRecord.Parent"/> of its first one, and that message is of an earlier run.
/// </param>
public sealed record ConversationCopy(ConversationInfo Info, IReadOnlyList<IReadOnlyList<MessageRecord>> Runs);
