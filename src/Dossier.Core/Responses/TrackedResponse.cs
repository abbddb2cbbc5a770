using System.Collections.ObjectModel;
using System.Globalization;
using System.Text.Json.Serialization;
using Dossier.Storage;

namespace Dossier;

/// <summary>
/// The record of one operation: what was asked of which model, what came back, what it took and how it ended.
/// Calls through a session's chat clients write it by themselves; <see cref="ResponseLog.TrackAsync"/> takes the caller's own.
/// </summary>
public sealed record TrackedResponse
{
    /// <summary>The id: 32 hex digits. Set when it is recorded.</summary>
    public string Id { get; init; } = "";

    /// <summary>The session that owns it. Set when it is recorded.</summary>
    public string SessionId { get; init; } = "";

    /// <summary>The key it was tracked under; null for a chat call. Set when it is recorded.</summary>
    public string? Key { get; init; }

    /// <summary>Its place in the order of everything that the session recorded. Allocated by the store.</summary>
    public long Sequence { get; init; }

    /// <summary>What kind of operation it was.</summary>
    /// <value><see cref="ResponseOperation.Chat"/> by default.</value>
    public ResponseOperation Operation { get; init; }

    /// <summary>How it ended.</summary>
    /// <value><see cref="ResponseOutcome.Succeeded"/> by default.</value>
    public ResponseOutcome Outcome { get; init; } = ResponseOutcome.Succeeded;

    /// <summary>Whether it ended well: <see cref="Outcome"/> in short. Setting false means <see cref="ResponseOutcome.Failed"/>.</summary>
    [JsonIgnore]
    public bool Success
    {
        get => Outcome == ResponseOutcome.Succeeded;
        init => Outcome = value ? ResponseOutcome.Succeeded : ResponseOutcome.Failed;
    }

    /// <summary>The provider that was called.</summary>
    public string? Provider { get; init; }

    /// <summary>The model that was asked for.</summary>
    public string? RequestedModel { get; init; }

    /// <summary>The model that answered, as the provider says; often a dated snapshot of the requested one.</summary>
    public string? ServedModel { get; init; }

    /// <summary>The provider that answered: that of a fallback where one had to answer; null when none did.</summary>
    [JsonIgnore]
    public string? ServedProvider =>
        Attempts.LastOrDefault(attempt => attempt.Outcome is AttemptOutcome.Succeeded)?.Provider ?? (Attempts.Count == 0 ? Provider : null);

    /// <summary>
    /// Every try of every model call, in the order in which they were made, with what was skipped between them. Empty for what
    /// did not go through a chat client, and for what earlier versions recorded.
    /// </summary>
    public IReadOnlyList<Attempt> Attempts { get; init; } = [];

    /// <summary>
    /// Every tool that was called between the model calls, in the order in which the calls began. Empty where tools are called by
    /// somebody that the session's client does not see.
    /// </summary>
    public IReadOnlyList<ToolCall> ToolCalls { get; init; } = [];

    /// <summary>Whether all of its model calls were answered from a record (<see cref="Attempt.ReplayedFrom"/>), so that it cost nothing.</summary>
    [JsonIgnore]
    public bool IsReplayed => Attempts.Count > 0 && Attempts.All(attempt => attempt.ReplayedFrom is not null);

    /// <summary>Whether it was asked for as a stream.</summary>
    public bool Streaming { get; init; }

    /// <summary>The tokens of all attempts, by class; null when no provider said. What was replayed used none.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>
    /// What all attempts cost; null when that is not known (unpriced), which is not the same as nothing. It is not known as soon
    /// as one attempt that brought something back is unpriced: what the others cost stands with them. Null as well of one that <see cref="IsReplayed"/>.
    /// </summary>
    public Cost? Cost { get; init; }

    /// <summary>The tokens of the attempts that did not answer; null when no provider said, or there were none.</summary>
    [JsonIgnore]
    public TokenUsage? WastedUsage => AttemptSums.Usage([.. Attempts.Where(attempt => attempt.IsWasted)]);

    /// <summary>What the attempts cost that did not answer; null when that is not known, or there were none.</summary>
    [JsonIgnore]
    public Cost? WastedCost => AttemptSums.Cost([.. Attempts.Where(attempt => attempt.IsWasted)]);

    /// <summary>When it began, UTC, in whole microseconds. Set when it is recorded, unless given.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>From the start to the end; null while it is in progress, and when it was interrupted.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>From the start to the first content of a stream.</summary>
    public TimeSpan? TimeToFirstToken { get; init; }

    /// <summary>
    /// The process that makes it, as <c>machine/process id/start of the process</c>, while it is in progress; of an interrupted one the
    /// process that ended. Null of all others.
    /// </summary>
    public string? Process { get; init; }

    /// <summary>The trace that it belongs to: 32 hex digits (W3C Trace Context); null when nobody traced it.</summary>
    public string? TraceId { get; init; }

    /// <summary>Its span: 16 hex digits; the caller's where the source <c>Dossier</c> was not listened to, null when nobody traced it.</summary>
    public string? SpanId { get; init; }

    /// <summary>Why the model stopped, for example <c>stop</c> or <c>length</c>.</summary>
    public string? FinishReason { get; init; }

    /// <summary>What went wrong; null when nothing did.</summary>
    public ResponseError? Error { get; init; }

    /// <summary>How many numbers each vector has that came back; null for all but embeddings.</summary>
    public int? Dimensions { get; init; }

    /// <summary>The conversation that it is a turn of; null when it is of none. Failed and cancelled turns are named here, and are not in the conversation.</summary>
    public ResponseConversation? Conversation { get; init; }

    /// <summary>Whether the texts are kept that the digests of its messages and options name.</summary>
    /// <value><see cref="Capture.Full"/> by default.</value>
    public Capture Capture { get; init; }

    /// <summary>
    /// The messages of the call, or the texts to embed, in order, each as content. In a conversation those before them were sent as well:
    /// <see cref="ResponseLog.ReadRequestAsync"/> reads everything that was sent.
    /// </summary>
    public IReadOnlyList<ContentDigest> RequestMessages { get; init; } = [];

    /// <summary>The options and tools that were sent with them, as content; read them with <see cref="ResponseLog.ReadOptionsAsync"/>. Null when there were none.</summary>
    public ContentDigest? RequestOptions { get; init; }

    /// <summary>
    /// The messages that came back, in order, each as content; read them with <see cref="ResponseLog.ReadMessagesAsync"/>. For a failed or
    /// cancelled stream they are the part that had arrived; empty when nothing came. Earlier versions kept all of them as one content.
    /// </summary>
    public IReadOnlyList<ContentDigest> ResponseMessages { get; init; } = [];

    /// <summary>The digest of the text of what came back, by which an artifact with the same text is known to come from here.</summary>
    public ContentDigest? TextDigest { get; init; }

    /// <summary>The ids of the artifacts that were sent.</summary>
    public IReadOnlyList<string> InputArtifacts { get; init; } = [];

    /// <summary>The ids of the artifacts that were made of the answer: those named here and those whose <see cref="ArtifactRecord.ProducedBy"/> says so.</summary>
    public IReadOnlyList<string> OutputArtifacts { get; init; } = [];

    /// <summary>The step that it was made in: the innermost one of this session; null outside of steps. Set when it is recorded.</summary>
    public ContentDigest? StepKey { get; init; }

    /// <summary>The number of the step's attempt that it was made in; 0 outside of steps. Set when it is recorded.</summary>
    public long StepAttempt { get; init; }

    /// <summary>
    /// The response that this is a copy of, when the session was forked and has it from there; null for one of its own. It was paid for there, and
    /// counts nowhere here.
    /// </summary>
    public ResponseOrigin? InheritedFrom { get; init; }

    /// <summary>What was taken out of what was kept, by kind and part; nothing for nearly all.</summary>
    public IReadOnlyList<Redaction> Redactions { get; init; } = [];

    /// <summary>The version of the application that made it.</summary>
    public string? ApplicationVersion { get; init; }

    /// <summary>The caller's own facts about it, by name. Values as for an artifact's metadata.</summary>
    public IReadOnlyDictionary<string, object?> Metadata { get; init; } = ReadOnlyDictionary<string, object?>.Empty;

    /// <summary>What it was, how it ended and what it took, in one line.</summary>
    public override string ToString()
    {
        var subject = Key ?? (Provider is null ? "response" : $"{Provider}/{RequestedModel}");
        var tokens = Usage is null ? "" : string.Create(CultureInfo.InvariantCulture, $", {Usage.Total:N0} tokens");
        var error = Error is null ? "" : $": {Error.Message}";
        return $"{subject} {Outcome}{tokens}{error}";
    }
}

/// <summary>What kind of operation a response is the record of.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ResponseOperation>))]
public enum ResponseOperation
{
    /// <summary>A model answered messages.</summary>
    Chat,

    /// <summary>A model turned texts into vectors. The vectors are kept with <see cref="SessionOptions.KeepVectors"/> only: they are large, stand in an index of the caller's, and can be had again from the texts.</summary>
    Embedding,
}

/// <summary>How an operation ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ResponseOutcome>))]
public enum ResponseOutcome
{
    /// <summary>It has begun, and nothing is known of its end.</summary>
    InProgress,

    /// <summary>It ended well.</summary>
    Succeeded,

    /// <summary>It ended with an error.</summary>
    Failed,

    /// <summary>It was cancelled by its caller, or its stream was left before the end.</summary>
    Cancelled,

    /// <summary>
    /// Its process ended before it did: what the model did is not known, and what a budget holds for it stays held until it is resolved.
    /// Found when the session is opened the next time.
    /// </summary>
    Interrupted,
}

/// <summary>What went wrong in an operation.</summary>
public sealed record ResponseError
{
    /// <summary>The full name of the exception's type; empty when there was none.</summary>
    public string Type { get; init; } = "";

    /// <summary>The exception's message; secrets are masked. With <see cref="Capture.DigestsOnly"/> a note that it is not kept.</summary>
    public required string Message { get; init; }

    /// <summary>What kind of failure it was, whichever vendor said so.</summary>
    public ProviderErrorKind Kind { get; init; }

    /// <summary>The HTTP status, where there was one.</summary>
    public int? StatusCode { get; init; }

    /// <summary>Whether the same call may succeed later.</summary>
    public bool IsTransient { get; init; }

    /// <summary>Makes one of an exception; its kind is known when it came from HTTP or from one of Dossier's own clients.</summary>
    public static ResponseError From(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return From(exception, ProviderFailure.Of(exception) ?? HttpFailures.Classify(exception));
    }

    /// <summary>Its kind, or the exception's type where the kind is not known, the HTTP status and the message, in one line.</summary>
    public override string ToString()
    {
        var name = Kind is ProviderErrorKind.Unknown && Type.Length > 0 ? Type : Kind.ToString();
        var status = StatusCode is { } code ? string.Create(CultureInfo.InvariantCulture, $" (HTTP {code})") : "";
        return $"{name}{status}: {SummaryTable.OneLine(Message)}";
    }

    /// <summary>The same instance when nothing in it is masked. Never fails: it is about to be told.</summary>
    internal ResponseError Masked(SecretMasker masker, RedactionTally? tally = null)
    {
        var (type, message) = (masker.ApplyToError(Type, tally), masker.ApplyToError(Message, tally));
        return ReferenceEquals(type, Type) && ReferenceEquals(message, Message) ? this : this with { Type = type, Message = message };
    }

    /// <summary>The error of what was cancelled: it comes as the exception that a limit of time comes as, and is no timeout.</summary>
    internal ResponseError OfCancellation() => this with { Kind = ProviderErrorKind.Unknown, IsTransient = false };

    /// <summary>
    /// The error of code of the caller's own, a step's body or a tool: what goes wrong there with a file is no answer that broke off, as which the same
    /// exception counts where a model was called.
    /// </summary>
    internal ResponseError OfOwnCode() =>
        Kind is ProviderErrorKind.StreamInterrupted && Type is "System.IO.IOException" or "System.IO.EndOfStreamException"
            ? this with
            {
                Kind = ProviderErrorKind.Unknown,
                IsTransient = false,
            }
            : this;

    /// <summary>What is kept of it: no text, where texts are not.</summary>
    internal ResponseError As(Capture capture) => capture is Capture.Full ? this : this with { Message = "[not kept]" };

    internal static ResponseError From(Exception exception, ProviderFailure? failure) =>
        new()
        {
            // What Dossier's own exception stands for is what happened.
            Type = (exception as ProviderException)?.VendorType ?? exception.GetType().FullName ?? exception.GetType().Name,
            // What was sent stands in the messages, and nowhere else.
            Message = (exception as ReplayMissException)?.WithoutContent ?? exception.Message,
            Kind = failure?.Kind ?? ProviderErrorKind.Unknown,
            StatusCode = failure?.StatusCode,
            IsTransient = failure?.IsTransient ?? (exception as DossierException)?.IsTransient ?? false,
        };
}

/// <summary>Which responses to list; everything that is set has to match.</summary>
public sealed record ResponseQuery
{
    /// <summary>The key that they were tracked under.</summary>
    public string? Key { get; init; }

    /// <summary>How they ended.</summary>
    public ResponseOutcome? Outcome { get; init; }

    /// <summary>The digest of the text that they answered with, as <see cref="TrackedResponse.TextDigest"/> has it; one page of size 1, the latest first, tells which response a text came from.</summary>
    public ContentDigest? TextDigest { get; init; }

    /// <summary>The step that they were made in.</summary>
    public ContentDigest? StepKey { get; init; }

    /// <summary>In which order.</summary>
    /// <value><see cref="RecordOrder.OldestFirst"/> by default.</value>
    public RecordOrder Order { get; init; }

    /// <summary>How many records are read at a time.</summary>
    /// <value>1 to 1,000; 100 by default.</value>
    public int PageSize { get; init; } = 100;
}
