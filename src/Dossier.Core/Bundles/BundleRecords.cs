using System.Buffers;
using System.Text;
using System.Text.Json;
using Dossier.Storage;

namespace Dossier;

/// <summary>The records of one session, as a bundle carries them.</summary>
internal sealed record BundleRecords
{
    public required SessionInfo Session { get; init; }
    public BudgetAmount Settled { get; init; } = BudgetAmount.Nothing;
    public IReadOnlyList<ArtifactRecord> Artifacts { get; init; } = [];
    public IReadOnlyList<TrackedResponse> Responses { get; init; } = [];
    public IReadOnlyList<StepRecord> Steps { get; init; } = [];
    public IReadOnlyList<ConversationCopy> Conversations { get; init; } = [];

    public BundleCounts Counts =>
        new()
        {
            Artifacts = Artifacts.Count,
            Responses = Responses.Count,
            Steps = Steps.Count,
            Conversations = Conversations.Count,
            Messages = Conversations.Sum(conversation => conversation.Runs.Sum(run => (long)run.Count)),
        };

    /// <summary>The content that they name.</summary>
    public IEnumerable<NamedContent> Names => ContentNames.Of(ToCopy());

    /// <summary>What a new session begins with.</summary>
    public SessionCopy ToCopy() =>
        new()
        {
            Artifacts = Artifacts,
            Responses = Responses,
            Steps = Steps,
            Conversations = Conversations,
        };

    /// <summary>The same session under another id.</summary>
    public BundleRecords Under(string id) =>
        this with
        {
            Session = Session with { Id = id },
            Artifacts = [.. Artifacts.Select(artifact => artifact with { SessionId = id })],
            Responses = [.. Responses.Select(response => response with { SessionId = id })],
            Steps =
            [
                .. Steps.Select(step =>
                    step with
                    {
                        SessionId = id,
                        Reads = [.. step.Reads.Select(read => read.SessionId == Session.Id ? read with { SessionId = id } : read)],
                    }
                ),
            ],
        };

    /// <summary>As JSON lines: one object a line, with one property, whose name says what it is.</summary>
    /// <exception cref="BundleException">They are more than is held in memory.</exception>
    public ReadOnlyMemory<byte> Encode(BundleLimits limits)
    {
        var lines = new ArrayBufferWriter<byte>();
        Add(BundleLines.Session, RecordJson.Encode(Session));
        Add(BundleLines.Spent, JsonSerializer.SerializeToUtf8Bytes(Settled, RecordJson.Shapes.BudgetAmount));
        foreach (var artifact in Artifacts)
            Add(BundleLines.Artifact, RecordJson.Encode(artifact));
        foreach (var response in Responses)
            Add(BundleLines.Response, RecordJson.Encode(response));
        foreach (var step in Steps)
            Add(BundleLines.Step, RecordJson.Encode(step));
        foreach (var (info, runs) in Conversations)
        {
            Add(
                BundleLines.Conversation,
                JsonSerializer.SerializeToUtf8Bytes(ConversationShape.Of(info), RecordJson.Shapes.ConversationShape)
            );
            foreach (var message in runs.SelectMany(run => run))
                Add(BundleLines.Message, JsonSerializer.SerializeToUtf8Bytes(MessageShape.Of(message), RecordJson.Shapes.MessageShape));
        }
        return lines.WrittenMemory;

        void Add(string kind, byte[] json)
        {
            BundleLimits.Check(BundleLayout.RecordsName, lines.WrittenCount + (long)kind.Length + json.Length + 6, limits.Records);
            lines.Write(Encoding.ASCII.GetBytes(BundleLines.Before(kind)));
            lines.Write(json);
            lines.Write("}\n"u8);
        }
    }
}

/// <summary>The kinds of lines, in their order; messages follow their conversation.</summary>
internal static class BundleLines
{
    public const string Session = "session";
    public const string Spent = "spent";
    public const string Artifact = "artifact";
    public const string Response = "response";
    public const string Step = "step";
    public const string Conversation = "conversation";
    public const string Message = "message";

    public static readonly string[] All = [Session, Spent, Artifact, Response, Step, Conversation, Message];

    public static string Before(string kind) => $"{{\"{kind}\":";
}

/// <summary>A conversation without its messages.</summary>
internal sealed class ConversationShape
{
    public string? Name { get; set; }
    public MessageId? Head { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset UpdatedAt { get; set; }

    public static ConversationShape Of(ConversationInfo info) =>
        new()
        {
            Name = info.Name,
            Head = info.Head,
            CreatedAt = info.CreatedAt,
            UpdatedAt = info.UpdatedAt,
        };

    public ConversationInfo ToRecord() =>
        new()
        {
            Name = Name ?? throw new JsonException("A conversation has a name."),
            Head = Head,
            CreatedAt = CreatedAt,
            UpdatedAt = UpdatedAt,
        };
}

/// <summary>A message of a conversation.</summary>
internal sealed class MessageShape
{
    public MessageId Id { get; set; }
    public MessageId? Parent { get; set; }
    public string? Role { get; set; }
    public string? Author { get; set; }
    public ContentDigest Content { get; set; }
    public IReadOnlyList<ContentDigest>? Data { get; set; }
    public string? ResponseId { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public ContentDigest Hash { get; set; }

    public static MessageShape Of(MessageRecord message) =>
        new()
        {
            Id = message.Id,
            Parent = message.Parent,
            Role = message.Role,
            Author = message.Author,
            Content = message.Content,
            Data = message.Data.Count == 0 ? null : message.Data,
            ResponseId = message.ResponseId,
            CreatedAt = message.CreatedAt,
            Hash = message.Hash,
        };

    public MessageRecord ToRecord() =>
        new()
        {
            Id = Id,
            Parent = Parent,
            Role = Role ?? throw new JsonException("A message has a role."),
            Author = Author,
            Content = Content,
            Data = Data ?? [],
            ResponseId = ResponseId,
            CreatedAt = CreatedAt,
            Hash = Hash,
        };
}
