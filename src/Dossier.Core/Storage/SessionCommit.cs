namespace Dossier.Storage;

/// <summary>Everything that one write changes in one session.</summary>
public sealed record SessionCommit
{
    /// <summary>
    /// Made by the caller; a repeated id makes a repeated commit harmless. A time-ordered UUID (RFC 9562, version 7; <c>Guid.CreateVersion7</c>):
    /// a store remembers it for at least 7 days from the time that it bears, and may take it for a new one after that.
    /// </summary>
    public required Guid CommitId { get; init; }

    /// <summary>The session that all of it belongs to.</summary>
    public required string SessionId { get; init; }

    /// <summary>When the caller made it; becomes the session's <see cref="SessionInfo.UpdatedAt"/>. UTC, whole microseconds.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>
    /// The session's new record; null leaves it as it is. Its revision and times of update are set by the store. With a
    /// <see cref="SessionInfo.TrashedAt"/> the session goes to the trash (guard <c>artifact.pinned</c>: it holds nothing pinned), and then
    /// only a commit that brings a record without one is accepted, or one that only settles and says how calls have ended whose
    /// responses exist (guard <c>session.trashed</c>).
    /// </summary>
    public SessionInfo? Session { get; init; }

    /// <summary>
    /// Guard <c>session.created_at</c>: when the session was created (<see cref="SessionInfo.CreatedAt"/>) that the writer means. The id of a
    /// session that was purged may have been given again, and what is meant for the one must not land in the other. Null does not look.
    /// </summary>
    public DateTimeOffset? SessionCreatedAt { get; init; }

    /// <summary>Guard <c>session.revision</c>: what the session's revision has to be, 0 for a session that must not exist yet; null does not look.</summary>
    public long? ExpectedRevision { get; init; }

    /// <summary>
    /// All content that the records below name, messages' images and files included: with its bytes to be kept inline, or without when
    /// <see cref="IContentStore"/> already has it. What the record that is replaced names already need not be repeated. A purge goes by
    /// this: content that a commit carries is in use from that commit on, even where it was about to be deleted. Guard <c>content.exists</c>:
    /// what this storage's content store was given before the commit has not been deleted since, by a purge or for another commit that was refused.
    /// </summary>
    public IReadOnlyList<ContentEntry> Contents { get; init; } = [];

    /// <summary>New artifacts. The store gives each the next version of its name and the next sequence of its session, in this order.</summary>
    public IReadOnlyList<ArtifactRecord> Artifacts { get; init; } = [];

    /// <summary>Changes of artifacts, of those above as well; in this order. One whose artifact does not exist fails the commit.</summary>
    public IReadOnlyList<ArtifactChange> ArtifactChanges { get; init; } = [];

    /// <summary>Responses, new or (with the id of one that exists) replaced. A new one is given the next sequence; a replaced one keeps its own.
    /// Guard <c>response.in_progress</c>: one that is <see cref="ResponseOutcome.Interrupted"/> replaces none that has ended otherwise, because
    /// whoever believed its process dead may have been too late.</summary>
    public IReadOnlyList<TrackedResponse> Responses { get; init; } = [];

    /// <summary>
    /// What is said in conversations, and moves of their heads, in this order. A head that is not where a change expects it refuses nothing
    /// of the commit: see <see cref="ConversationResult.HeadMoved"/>. The message that messages are to follow, or that a head is to move to,
    /// has to be in that conversation (<see cref="NotFoundException"/>).
    /// </summary>
    public IReadOnlyList<ConversationChange> Conversations { get; init; } = [];

    /// <summary>What calls took, and which holds that ends. Applied before <see cref="Holds"/>.</summary>
    public IReadOnlyList<BudgetSettlement> Settlements { get; init; } = [];

    /// <summary>
    /// What is set aside for calls that begin. Guard <c>budget</c>: what is settled and held, with these, is within
    /// <see cref="Budget.MaxCost"/>, <see cref="Budget.MaxTokens"/> and <see cref="Budget.MaxCalls"/> of the session's record.
    /// A limit is not looked at by a hold that takes nothing of its kind. Guard <c>budget.hold</c>: the id is not taken.
    /// </summary>
    public IReadOnlyList<BudgetHold> Holds { get; init; } = [];

    /// <summary>
    /// Attempts of steps that begin, go on or end; in this order. Each says what its guards are. Leases are judged and set by the clock of
    /// the store when it takes the commit, which all processes that use it share; <see cref="At"/> does not count.
    /// </summary>
    public IReadOnlyList<StepChange> Steps { get; init; } = [];

    /// <summary>
    /// What the session begins with: only a commit that creates its session has it (guard <c>session.revision</c>). It is written before the
    /// lists above; nothing of it is in the result. Null for none.
    /// </summary>
    public SessionCopy? Copied { get; init; }
}

/// <summary>What the store allocated for a commit, each list in the commit's order.</summary>
public sealed record CommitResult
{
    /// <summary>The session's revision after the commit: it grows by one whenever the session's own record is written.</summary>
    public required long Revision { get; init; }

    /// <summary>The artifacts' versions, from 1 for the first of a name.</summary>
    public IReadOnlyList<int> ArtifactVersions { get; init; } = [];

    /// <summary>The artifacts' sequences.</summary>
    public IReadOnlyList<long> ArtifactSequences { get; init; } = [];

    /// <summary>The responses' sequences.</summary>
    public IReadOnlyList<long> ResponseSequences { get; init; } = [];

    /// <summary>What became of the changes of conversations.</summary>
    public IReadOnlyList<ConversationResult> Conversations { get; init; } = [];
}

/// <summary>Content as the record store knows it.</summary>
/// <param name="Digest">Its address.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Inline">Its bytes, when they are kept with the records; null when the content store has them.</param>
public sealed record ContentEntry(ContentDigest Digest, long Size, ReadOnlyMemory<byte>? Inline = null)
{
    /// <summary>The content store that was given the bytes, where the record store beside it can tell whether they are still there.</summary>
    internal IContentStore? KeptIn { get; init; }

    /// <summary>Whether the bytes were made for this and nobody will write to them, so that they can be kept without a copy.</summary>
    internal bool NeverChanges { get; init; }
}
