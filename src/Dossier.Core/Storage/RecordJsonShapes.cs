using System.Collections.ObjectModel;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dossier.Storage;

// The stored forms. They are classes of their own because System.Text.Json's source generation drops the initial values of
// init-only members that are absent from the text, and because a stored form must not change when a public type does.

[JsonSerializable(typeof(ResponseShape))]
[JsonSerializable(typeof(ArtifactShape))]
[JsonSerializable(typeof(SessionShape))]
[JsonSerializable(typeof(HoldShape))]
[JsonSerializable(typeof(TokenUsage))]
[JsonSerializable(typeof(CostShape))]
[JsonSerializable(typeof(FactSource))]
[JsonSerializable(typeof(IReadOnlyList<HistoryPart>))]
[JsonSerializable(typeof(ReplayOrigin))]
[JsonSerializable(typeof(StepShape))]
[JsonSerializable(typeof(StepReadShape[]))]
[JsonSerializable(typeof(BundleManifest))]
[JsonSerializable(typeof(ConversationShape))]
[JsonSerializable(typeof(MessageShape))]
[JsonSerializable(typeof(IReadOnlyList<Redaction>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, JsonElement>))]
internal sealed partial class RecordJsonContext : JsonSerializerContext;

/// <summary>What a table of responses has columns for.</summary>
internal readonly struct ResponseColumns
{
    public required string SessionId { get; init; }
    public required string Id { get; init; }
    public required long Sequence { get; init; }
    public required string? Key { get; init; }
    public required ResponseOutcome Outcome { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public required ContentDigest? TextDigest { get; init; }
    public required ContentDigest? StepKey { get; init; }
}

/// <summary>What <see cref="ResponseWriter"/> writes.</summary>
internal sealed class ResponseShape
{
    public string? Id { get; set; }
    public string? SessionId { get; set; }
    public string? Key { get; set; }
    public long Sequence { get; set; }
    public ResponseOperation Operation { get; set; }
    public ResponseOutcome? Outcome { get; set; }
    public string? Provider { get; set; }
    public string? RequestedModel { get; set; }
    public string? ServedModel { get; set; }
    public bool Streaming { get; set; }

    /// <summary>Of the cost, where that is an amount only.</summary>
    public string? Currency { get; set; }

    /// <inheritdoc cref="Currency"/>
    public FactSource? PriceSource { get; set; }

    [JsonConverter(typeof(UsageConverter))]
    public TokenUsage? Usage { get; set; }

    [JsonConverter(typeof(CostConverter))]
    public CostShape? Cost { get; set; }
    public DateTimeOffset StartedAt { get; set; }
    public TimeSpan? Duration { get; set; }
    public TimeSpan? TimeToFirstToken { get; set; }
    public string? Process { get; set; }
    public string? TraceId { get; set; }
    public string? SpanId { get; set; }
    public int? Dimensions { get; set; }
    public string? FinishReason { get; set; }
    public ResponseError? Error { get; set; }
    public AttemptShape[]? Attempts { get; set; }
    public ToolCallShape[]? ToolCalls { get; set; }
    public ResponseConversation? Conversation { get; set; }

    /// <summary>Of the conversation, as are <see cref="Sent"/>; earlier versions wrote both into it.</summary>
    public MessageId? ContinuedFrom { get; set; }
    public IReadOnlyList<HistoryPart>? Sent { get; set; }
    public Capture Capture { get; set; }
    public IReadOnlyList<ContentDigest>? RequestMessages { get; set; }
    public ContentDigest? RequestOptions { get; set; }

    /// <summary>A single one is written without a list, which is also how earlier versions wrote all messages as one content.</summary>
    [JsonConverter(typeof(DigestsConverter))]
    public IReadOnlyList<ContentDigest>? ResponseMessages { get; set; }

    public ContentDigest? TextDigest { get; set; }
    public IReadOnlyList<string>? InputArtifacts { get; set; }
    public IReadOnlyList<string>? OutputArtifacts { get; set; }
    public ContentDigest? StepKey { get; set; }
    public long StepAttempt { get; set; }

    /// <summary>Its session; the id is the same.</summary>
    public string? InheritedFrom { get; set; }
    public IReadOnlyList<Redaction>? Redactions { get; set; }

    /// <summary>What earlier versions wrote instead.</summary>
    public int MaskedSecrets { get; set; }
    public string? ApplicationVersion { get; set; }
    public IReadOnlyDictionary<string, object?>? Metadata { get; set; }

    public void Set(in ResponseColumns columns)
    {
        (SessionId, Id, Sequence, Key) = (columns.SessionId, columns.Id, columns.Sequence, columns.Key);
        (Outcome, StartedAt, TextDigest, StepKey) = (columns.Outcome, columns.StartedAt, columns.TextDigest, columns.StepKey);
    }

    public TrackedResponse ToRecord()
    {
        var record = new TrackedResponse
        {
            Id = Id ?? "",
            SessionId = SessionId ?? "",
            Key = Key,
            Sequence = Sequence,
            Operation = Operation,
            Outcome = Outcome ?? ResponseOutcome.Succeeded,
            Provider = Provider,
            RequestedModel = RequestedModel,
            ServedModel = ServedModel,
            Streaming = Streaming,
            Usage = Usage,
            Cost = Cost?.ToRecord(Currency, PriceSource),
            StartedAt = StartedAt,
            Duration = Duration,
            TimeToFirstToken = TimeToFirstToken,
            Process = Process,
            TraceId = TraceId,
            SpanId = SpanId,
            Dimensions = Dimensions,
            FinishReason = FinishReason,
            Error = Error,
            ToolCalls = ToolCalls is null ? [] : [.. ToolCalls.Select(tool => tool.ToRecord())],
            Conversation =
                ContinuedFrom is null && Sent is null || Conversation is null
                    ? Conversation
                    : Conversation with
                    {
                        ContinuedFrom = ContinuedFrom,
                        Sent = Sent,
                    },
            Capture = Capture,
            RequestMessages = RequestMessages ?? [],
            RequestOptions = RequestOptions,
            ResponseMessages = ResponseMessages ?? [],
            TextDigest = TextDigest,
            InputArtifacts = InputArtifacts ?? [],
            OutputArtifacts = OutputArtifacts ?? [],
            StepKey = StepKey,
            StepAttempt = StepAttempt,
            InheritedFrom = InheritedFrom is null ? null : new(InheritedFrom, Id ?? ""),
            Redactions = Redactions ?? Redaction.OfCount(MaskedSecrets),
            ApplicationVersion = ApplicationVersion,
            Metadata = Metadata ?? ReadOnlyDictionary<string, object?>.Empty,
        };
        return Attempts is null ? record : record with { Attempts = AttemptShape.ToRecords(Attempts, record) };
    }
}

internal sealed class CostShape
{
    public decimal Amount { get; set; }
    public string? Currency { get; set; }
    public FactSource? PriceSource { get; set; }

    /// <param name="currency">The currency of an amount that has no price of its own; null for US dollars.</param>
    /// <param name="source">Where the price of such an amount came from.</param>
    public Cost ToRecord(string? currency, FactSource? source) =>
        new()
        {
            Amount = Amount,
            Currency = (PriceSource is null ? currency : Currency) ?? "USD",
            PriceSource = PriceSource ?? source ?? throw new JsonException("A cost names the source of its price."),
        };
}

internal sealed class ArtifactShape
{
    public string? SessionId { get; set; }
    public string? Id { get; set; }
    public string? Name { get; set; }
    public int Version { get; set; }
    public long Sequence { get; set; }
    public string? ContentType { get; set; }
    public ArtifactRole Role { get; set; }
    public ContentDigest Digest { get; set; }
    public long Size { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public string? ProducedBy { get; set; }
    public ContentDigest? StepKey { get; set; }
    public IReadOnlyList<Redaction>? Redactions { get; set; }

    /// <summary>What earlier versions wrote instead.</summary>
    public int MaskedSecrets { get; set; }
    public IReadOnlyDictionary<string, JsonElement>? Metadata { get; set; }
    public DateTimeOffset? TrashedAt { get; set; }
    public bool IsPinned { get; set; }

    public static ArtifactShape Of(ArtifactRecord record) =>
        new()
        {
            SessionId = record.SessionId,
            Id = record.Id,
            Name = record.Name,
            Version = record.Version,
            Sequence = record.Sequence,
            ContentType = record.ContentType,
            Role = record.Role,
            Digest = record.Digest,
            Size = record.Size,
            CreatedAt = record.CreatedAt,
            ProducedBy = record.ProducedBy,
            StepKey = record.StepKey,
            Redactions = record.Redactions is { Count: > 0 } ? record.Redactions : null,
            Metadata = record.Metadata is { Count: > 0 } ? record.Metadata : null,
            TrashedAt = record.TrashedAt,
            IsPinned = record.IsPinned,
        };

    public ArtifactRecord ToRecord() =>
        new()
        {
            SessionId = SessionId ?? "",
            Id = Id ?? "",
            Name = Name ?? "",
            Version = Version,
            Sequence = Sequence,
            ContentType = ContentType ?? "",
            Role = Role,
            Digest = Digest,
            Size = Size,
            CreatedAt = CreatedAt,
            ProducedBy = ProducedBy,
            StepKey = StepKey,
            Redactions = Redactions ?? Redaction.OfCount(MaskedSecrets),
            Metadata = Metadata ?? ArtifactRecord.EmptyMetadata,
            TrashedAt = TrashedAt,
            IsPinned = IsPinned,
        };
}

internal sealed class SessionShape
{
    public string? Id { get; set; }
    public string? Name { get; set; }
    public string? Owner { get; set; }
    public SessionStatus Status { get; set; }
    public string? StatusReason { get; set; }
    public IReadOnlyList<string>? Tags { get; set; }
    public Budget? Budget { get; set; }
    public string? ApplicationVersion { get; set; }
    public ForkOrigin? ForkedFrom { get; set; }
    public IReadOnlyList<Redaction>? Redactions { get; set; }
    public DateTimeOffset? TrashedAt { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset UpdatedAt { get; set; }
    public long Revision { get; set; }

    public static SessionShape Of(SessionInfo record) =>
        new()
        {
            Id = record.Id is "" ? null : record.Id,
            Name = record.Name,
            Owner = record.Owner,
            Status = record.Status,
            StatusReason = record.StatusReason,
            Tags = record.Tags is { Count: > 0 } ? record.Tags : null,
            Budget = record.Budget,
            ApplicationVersion = record.ApplicationVersion,
            ForkedFrom = record.ForkedFrom,
            Redactions = record.Redactions is { Count: > 0 } ? record.Redactions : null,
            TrashedAt = record.TrashedAt,
            CreatedAt = record.CreatedAt,
            UpdatedAt = record.UpdatedAt,
            Revision = record.Revision,
        };

    public SessionInfo ToRecord() =>
        new()
        {
            Id = Id ?? "",
            Name = Name,
            Owner = Owner,
            Status = Status,
            StatusReason = StatusReason,
            Tags = Tags ?? [],
            Budget = Budget,
            ApplicationVersion = ApplicationVersion,
            ForkedFrom = ForkedFrom,
            Redactions = Redactions ?? [],
            TrashedAt = TrashedAt,
            CreatedAt = CreatedAt,
            UpdatedAt = UpdatedAt,
            Revision = Revision,
        };
}

internal sealed class HoldShape
{
    public string? Id { get; set; }
    public BudgetAmount? Amount { get; set; }
    public DateTimeOffset TakenAt { get; set; }
    public string? Owner { get; set; }
    public string? ResponseId { get; set; }
    public string? Model { get; set; }
    public BudgetAmount? Charged { get; set; }

    public static HoldShape Of(BudgetHold record) =>
        new()
        {
            Id = record.Id,
            Amount = record.Amount,
            TakenAt = record.TakenAt,
            Owner = record.Owner,
            ResponseId = record.ResponseId,
            Model = record.Model,
            Charged = record.Charged,
        };

    public BudgetHold ToRecord() =>
        new()
        {
            Id = Id ?? throw new JsonException("A hold has an id."),
            Amount = Amount ?? throw new JsonException("A hold has an amount."),
            TakenAt = TakenAt,
            Owner = Owner ?? "",
            ResponseId = ResponseId,
            Model = Model,
            Charged = Charged,
        };
}
