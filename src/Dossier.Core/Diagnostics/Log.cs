using Microsoft.Extensions.Logging;

namespace Dossier;

/// <summary>Every message that Dossier logs. Content is never logged; names and texts of errors come masked.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "Session {SessionId} opened in {Location}")]
    public static partial void SessionOpened(ILogger logger, string sessionId, string location);

    [LoggerMessage(2, LogLevel.Debug, "Session {SessionId} is now {Status}")]
    public static partial void SessionStatusChanged(ILogger logger, string sessionId, SessionStatus status);

    [LoggerMessage(3, LogLevel.Debug, "Session {SessionId} went to the trash: {IsTrashed}")]
    public static partial void SessionTrashed(ILogger logger, string sessionId, bool isTrashed);

    [LoggerMessage(4, LogLevel.Information, "{Report} in {Location}")]
    public static partial void Maintained(ILogger logger, string location, object report);

    [LoggerMessage(10, LogLevel.Debug, "Artifact {Name} v{Version} stored in session {SessionId}: {Digest}, {Size} bytes")]
    public static partial void ArtifactStored(
        ILogger logger,
        string sessionId,
        string name,
        int version,
        Storage.ContentDigest digest,
        long size
    );

    /// <summary>Logs what was taken out of something; nothing when nothing was.</summary>
    public static void Redacted(ILogger logger, string sessionId, string subject, IReadOnlyList<Redaction> redactions)
    {
        if (redactions.Count > 0)
            TextRedacted(logger, sessionId, subject, string.Join(", ", redactions));
    }

    /// <summary>The same for a response.</summary>
    public static void Redacted(ILogger logger, TrackedResponse response)
    {
        if (response.Redactions.Count > 0)
            Redacted(logger, response.SessionId, $"response {response.Id}", response.Redactions);
    }

    [LoggerMessage(11, LogLevel.Warning, "Taken out of {Subject} of session {SessionId} before it was stored: {Redactions}")]
    private static partial void TextRedacted(ILogger logger, string sessionId, string subject, string redactions);

    [LoggerMessage(12, LogLevel.Debug, "Artifact {ArtifactId} of session {SessionId}: {Change}")]
    public static partial void ArtifactChanged(ILogger logger, string artifactId, string sessionId, Storage.ArtifactChangeKind change);

    [LoggerMessage(20, LogLevel.Debug, "Response {ResponseId} of session {SessionId} {Outcome}: {Model}, {Tokens} tokens")]
    public static partial void ResponseRecorded(
        ILogger logger,
        string sessionId,
        string responseId,
        ResponseOutcome outcome,
        string? model,
        long? tokens
    );

    [LoggerMessage(21, LogLevel.Warning, "Response {ResponseId} of session {SessionId} failed: {Model}, {Kind}, {Message}")]
    public static partial void ResponseFailed(
        ILogger logger,
        string sessionId,
        string responseId,
        string? model,
        ProviderErrorKind kind,
        string message
    );

    [LoggerMessage(
        22,
        LogLevel.Error,
        "The outcome {Outcome} of response {ResponseId} of session {SessionId} could not be recorded: {Message}"
    )]
    public static partial void ResponseNotRecorded(
        ILogger logger,
        string sessionId,
        string responseId,
        ResponseOutcome outcome,
        string message
    );

    [LoggerMessage(
        40,
        LogLevel.Warning,
        "Session {SessionId} has spent {Share:P0} of {Limit}: its budget is {Budget}, and {Settled} are settled"
    )]
    public static partial void BudgetWarning(ILogger logger, string sessionId, string limit, decimal share, string budget, string settled);

    [LoggerMessage(
        42,
        LogLevel.Warning,
        "Response {ResponseId} took more than was held for it: {Model} took {Spent}, and {Held} were held"
    )]
    public static partial void HoldOverrun(ILogger logger, string responseId, string model, string spent, string held);

    [LoggerMessage(
        41,
        LogLevel.Error,
        "Session {SessionId} could not settle the hold {HoldId}, which stays until its next call: {Message}"
    )]
    public static partial void NotSettled(ILogger logger, string sessionId, string? holdId, string message);

    [LoggerMessage(
        43,
        LogLevel.Error,
        "Session {SessionId} closed with the hold {HoldId} unsettled, whose call took {Spent}: {Message} It stays charged until SessionBudget.ReleaseAsync or ChargeAsync resolves it"
    )]
    public static partial void LeftUnsettled(ILogger logger, string sessionId, string? holdId, string spent, string message);

    [LoggerMessage(23, LogLevel.Warning, "{Model} failed ({Kind}); trying again in {Delay}")]
    public static partial void TryingAgain(ILogger logger, string model, ProviderErrorKind kind, TimeSpan delay);

    [LoggerMessage(24, LogLevel.Warning, "{Model} could not answer ({Kind}); asking {Fallback} instead")]
    public static partial void FallingBack(ILogger logger, string model, string fallback, ProviderErrorKind kind);

    [LoggerMessage(25, LogLevel.Warning, "The fallback {Model} was skipped: {Reason}")]
    public static partial void FallbackSkipped(ILogger logger, string model, string reason);

    [LoggerMessage(
        26,
        LogLevel.Warning,
        "Response {ResponseId} of session {SessionId} was interrupted: {Model}, the process {Process} ended before it did"
    )]
    public static partial void ResponseInterrupted(ILogger logger, string sessionId, string responseId, string? model, string? process);

    [LoggerMessage(28, LogLevel.Warning, "{Model} does not take {Options}; calls of it are sent without")]
    public static partial void OptionsUnsent(ILogger logger, string model, string options);

    [LoggerMessage(
        29,
        LogLevel.Warning,
        "{Model} ended an answer with the reason '{Reason}', which is not known or not said; such answers are taken for whole ones"
    )]
    public static partial void FinishReasonUnknown(ILogger logger, string model, string reason);

    [LoggerMessage(
        27,
        LogLevel.Warning,
        "Conversation {Conversation} of session {SessionId} was continued by somebody else: response {ResponseId} is kept as the branch that ends with message {Leaf}, and the head is {Head}"
    )]
    public static partial void TurnBranched(
        ILogger logger,
        string sessionId,
        string conversation,
        string responseId,
        MessageId leaf,
        MessageId? head
    );

    [LoggerMessage(
        30,
        LogLevel.Warning,
        "Nothing is known of model {Model}: its capabilities are unknown and its calls unpriced. Say what you know in Dossier:Models or with ModelRegistry.OverrideFacts"
    )]
    public static partial void ModelUnknown(ILogger logger, string model);

    [LoggerMessage(32, LogLevel.Warning, "{Warning}")]
    public static partial void ModelRetiring(ILogger logger, string warning);

    [LoggerMessage(31, LogLevel.Warning, "The synced catalogue of models {Path} cannot be read and is passed over: {Message}")]
    public static partial void SnapshotUnreadable(ILogger logger, string path, string message);

    [LoggerMessage(50, LogLevel.Information, "Attempt {Attempt} of step {Name} ({Key}) of session {SessionId} begins: {Reason}")]
    public static partial void StepRerun(
        ILogger logger,
        string name,
        Storage.ContentDigest key,
        string sessionId,
        long attempt,
        StepReason reason
    );

    [LoggerMessage(
        51,
        LogLevel.Warning,
        "The result of step {Name} ({Key}) of session {SessionId} was reused, although what it read has changed: {Artifact}, of which it read version {Version}"
    )]
    public static partial void StepReadChanged(
        ILogger logger,
        string name,
        Storage.ContentDigest key,
        string sessionId,
        string artifact,
        int version
    );

    [LoggerMessage(52, LogLevel.Warning, "Attempt {Attempt} of step {Name} ({Key}) of session {SessionId} failed: {Message}")]
    public static partial void StepFailed(
        ILogger logger,
        string name,
        Storage.ContentDigest key,
        string sessionId,
        long attempt,
        string message
    );

    [LoggerMessage(
        53,
        LogLevel.Warning,
        "Step {Name} ({Key}) of session {SessionId} failed {Attempts} of {MaxAttempts} times; trying again in {Delay}"
    )]
    public static partial void StepTriedAgain(
        ILogger logger,
        string name,
        Storage.ContentDigest key,
        string sessionId,
        int attempts,
        int maxAttempts,
        TimeSpan delay
    );

    [LoggerMessage(
        54,
        LogLevel.Error,
        "Attempt {Attempt} of step {Name} ({Key}) of session {SessionId} could not renew its lease, and is cancelled"
    )]
    public static partial void StepLeaseLost(ILogger logger, string name, Storage.ContentDigest key, string sessionId, long attempt);

    [LoggerMessage(55, LogLevel.Warning, "The lease of step {Name} ({Key}) of session {SessionId} was not renewed this time: {Message}")]
    public static partial void StepNotRenewed(ILogger logger, string name, Storage.ContentDigest key, string sessionId, string message);

    [LoggerMessage(
        56,
        LogLevel.Error,
        "The end of step {Name} ({Key}) of session {SessionId}, {Outcome}, could not be recorded: {Message}"
    )]
    public static partial void StepEndNotRecorded(
        ILogger logger,
        string name,
        Storage.ContentDigest key,
        string sessionId,
        StepOutcome outcome,
        string message
    );

    [LoggerMessage(57, LogLevel.Debug, "Session {SessionId} was forked at {Point} as session {ForkId}")]
    public static partial void SessionForked(ILogger logger, string sessionId, ForkPoint point, string forkId);
}
