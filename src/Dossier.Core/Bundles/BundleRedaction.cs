using System.Diagnostics.CodeAnalysis;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// Takes out of the records of a bundle every text that people, models or machines have put there. Names get stand-ins, the same for the same name, so that what
/// belongs together can still be seen to; other texts get a note, or are left out. Ids, digests, times, numbers, models, and the names of types stay.
/// </summary>
internal sealed class BundleRedaction
{
    private const string LeftOut = "[left out]";

    private readonly Dictionary<string, string> _names = [];

    /// <summary>The records without their texts. The same records make the same ones.</summary>
    public static BundleRecords Apply(BundleRecords records) => new BundleRedaction().Redact(records);

    /// <summary>Whether the hash of a message in a redacted bundle is still that of what is there: nothing in it had a stand-in.</summary>
    public static bool IsWhole(MessageRecord message) => message.Author is null && IsPlain(message.Role);

    private BundleRecords Redact(BundleRecords records) =>
        records with
        {
            Session = Redact(records.Session),
            Artifacts = [.. records.Artifacts.Select(Redact)],
            Responses = [.. records.Responses.Select(Redact)],
            Steps = [.. records.Steps.Select(Redact)],
            Conversations = [.. records.Conversations.Select(Redact)],
        };

    private SessionInfo Redact(SessionInfo session) =>
        session with
        {
            Name = NameOf(session.Name),
            Owner = null,
            StatusReason = session.StatusReason is null ? null : LeftOut,
            Tags = [.. session.Tags.Select(tag => NameOf(tag))],
            ApplicationVersion = null,
        };

    private ArtifactRecord Redact(ArtifactRecord artifact) =>
        artifact with
        {
            Name = NameOf(artifact.Name),
            Metadata = ArtifactRecord.EmptyMetadata,
        };

    private TrackedResponse Redact(TrackedResponse response) =>
        response with
        {
            Key = NameOf(response.Key),
            Attempts = [.. response.Attempts.Select(Redact)],
            ToolCalls = [.. response.ToolCalls.Select(Redact)],
            Process = null,
            Error = Redact(response.Error),
            Conversation = response.Conversation is { } conversation ? conversation with { Name = NameOf(conversation.Name) } : null,
            ApplicationVersion = null,
            Metadata = new TrackedResponse().Metadata,
        };

    private Attempt Redact(Attempt attempt) =>
        attempt with
        {
            Cause = Redact(attempt.Cause),
            Error = Redact(attempt.Error),
            // Of a cassette it is the name of its file.
            ReplayedFrom = attempt.ReplayedFrom is { } origin ? origin with { SessionId = NameOf(origin.SessionId) } : null,
        };

    private ToolCall Redact(ToolCall call) =>
        call with
        {
            CallId = NameOf(call.CallId),
            Name = NameOf(call.Name),
            Error = Redact(call.Error),
        };

    private StepRecord Redact(StepRecord step) =>
        step with
        {
            Name = NameOf(step.Name),
            Version = NameOf(step.Version),
            Attempts = [.. step.Attempts.Select(attempt => attempt with { Owner = NameOf(attempt.Owner), Error = Redact(attempt.Error) })],
            Reads = [.. step.Reads.Select(read => read with { Name = NameOf(read.Name) })],
        };

    private ConversationCopy Redact(ConversationCopy conversation) =>
        new(
            conversation.Info with
            {
                Name = NameOf(conversation.Info.Name),
            },
            [.. conversation.Runs.Select(run => (IReadOnlyList<MessageRecord>)[.. run.Select(Redact)])]
        );

    private MessageRecord Redact(MessageRecord message) =>
        message with
        {
            Role = IsPlain(message.Role) ? message.Role : NameOf(message.Role),
            Author = NameOf(message.Author),
        };

    private static ResponseError? Redact(ResponseError? error) => error is null ? null : error with { Message = LeftOut };

    private static bool IsPlain(string role) =>
        role == ChatRole.System.Value || role == ChatRole.User.Value || role == ChatRole.Assistant.Value || role == ChatRole.Tool.Value;

    /// <summary>A number, and not a digest, which whoever guesses the name could try.</summary>
    [return: NotNullIfNotNull(nameof(name))]
    private string? NameOf(string? name)
    {
        if (name is null)
            return null;
        if (!_names.TryGetValue(name, out var standIn))
            _names.Add(name, standIn = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"redacted-{_names.Count + 1}"));
        return standIn;
    }
}
