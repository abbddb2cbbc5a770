namespace Dossier;

/// <summary>
/// What a session holds, what it took and what went wrong. Serialisable with System.Text.Json; <see cref="ToString"/> is
/// the table that a person reads.
/// </summary>
public sealed record SessionSummary
{
    /// <summary>The session's record.</summary>
    public required SessionInfo Session { get; init; }

    /// <summary>From its creation to now.</summary>
    public required TimeSpan Age { get; init; }

    /// <summary>The model that <c>GetChatClient()</c> opens, and what is known of it; null when there is no default.</summary>
    public ModelDescriptor? DefaultModel { get; init; }

    /// <summary>The models that were called, the most tokens first.</summary>
    public required IReadOnlyList<ModelTotals> Models { get; init; }

    /// <summary>The artifacts, by content type, the most bytes first.</summary>
    public required IReadOnlyList<ArtifactTotals> Artifacts { get; init; }

    /// <summary>How many conversations there are, and how many messages in all their branches.</summary>
    public ConversationTotals Conversations { get; init; }

    /// <summary>The responses, by outcome.</summary>
    public required IReadOnlyDictionary<ResponseOutcome, int> Responses { get; init; }

    /// <summary>All tokens, by class.</summary>
    public required TokenUsage Tokens { get; init; }

    /// <summary>What all of it cost, by currency (ISO 4217), as far as it is priced.</summary>
    public required IReadOnlyDictionary<string, decimal> Costs { get; init; }

    /// <summary>How many attempts brought something back and have no known cost; they are not in <see cref="Costs"/>.</summary>
    public required int Unpriced { get; init; }

    /// <summary>What a fork has from the session that it was forked from; null for none. It is in none of the other figures of responses.</summary>
    public InheritedTotals? Inherited { get; init; }

    /// <summary>How many model calls were answered from the record of another session, for nothing.</summary>
    public int Replayed { get; init; }

    /// <summary>What the attempts took that answered, together; what was tracked without attempts counts as one that did.</summary>
    public required AttemptTotals Useful { get; init; }

    /// <summary>What the attempts took that did not answer, together: failed, cancelled and interrupted ones.</summary>
    public required AttemptTotals Wasted { get; init; }

    /// <summary>The steps, by name, in the order in which the first of each began.</summary>
    public required IReadOnlyList<StepTotals> Steps { get; init; }

    /// <summary>What the session may spend, has spent, and has set aside.</summary>
    public required BudgetStatus Budget { get; init; }

    /// <summary>What went wrong, by kind, model and step.</summary>
    public required ErrorReport Errors { get; init; }

    /// <summary>What was taken out of responses and steps before they were kept, the most first; an artifact has its own list.</summary>
    public IReadOnlyList<Redaction> Redactions { get; init; } = [];

    /// <summary>The slowest responses, up to 3, the slowest first.</summary>
    public required IReadOnlyList<ResponseSummary> Slowest { get; init; }

    /// <summary>The failed, cancelled and interrupted responses, the latest 5, the latest first.</summary>
    public required IReadOnlyList<ResponseSummary> Failed { get; init; }

    /// <summary>The table that a person reads.</summary>
    public override string ToString() => SummaryTable.Format(this);
}

/// <summary>What was called of one model.</summary>
public sealed record ModelTotals
{
    /// <summary>The model, as <c>provider/model</c>.</summary>
    public required string Model { get; init; }

    /// <summary>How many responses called it.</summary>
    public required int Responses { get; init; }

    /// <summary>Its tokens, by class.</summary>
    public required TokenUsage Tokens { get; init; }

    /// <summary>What it cost, by currency (ISO 4217), as far as it is priced.</summary>
    public required IReadOnlyDictionary<string, decimal> Costs { get; init; }

    /// <summary>How many of its calls brought something back and have no known cost.</summary>
    public required int Unpriced { get; init; }
}

/// <summary>The responses that a fork has from elsewhere.</summary>
/// <param name="Responses">How many there are.</param>
/// <param name="Spent">What they took, where they were made.</param>
public sealed record InheritedTotals(int Responses, AttemptTotals Spent);

/// <summary>What several attempts took together.</summary>
public sealed record AttemptTotals
{
    /// <summary>How many there were.</summary>
    public required int Attempts { get; init; }

    /// <summary>Their tokens, by class.</summary>
    public required TokenUsage Tokens { get; init; }

    /// <summary>What they cost, by currency (ISO 4217), as far as it is priced.</summary>
    public required IReadOnlyDictionary<string, decimal> Costs { get; init; }

    /// <summary>How many of them brought something back and have no known cost.</summary>
    public required int Unpriced { get; init; }
}

/// <summary>The artifacts of one content type.</summary>
public sealed record ArtifactTotals
{
    /// <summary>The MIME type.</summary>
    public required string ContentType { get; init; }

    /// <summary>How many artifact versions there are.</summary>
    public required int Count { get; init; }

    /// <summary>The sum of their sizes, in bytes; content that several share counts each time.</summary>
    public required long Bytes { get; init; }
}

/// <summary>A response in one line.</summary>
public sealed record ResponseSummary
{
    /// <summary>The response's id.</summary>
    public required string Id { get; init; }

    /// <summary>The key it was tracked under, or the model that was called.</summary>
    public required string Subject { get; init; }

    /// <summary>How it ended.</summary>
    public required ResponseOutcome Outcome { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>What went wrong; secrets are masked.</summary>
    public string? Error { get; init; }
}
