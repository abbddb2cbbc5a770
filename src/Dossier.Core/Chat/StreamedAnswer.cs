using System.Text;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// What a stream has brought so far. Runs of text, of which nearly all streams consist, are put together as they come, so that neither a
/// long stream is kept update by update nor its end takes long. Used by one call.
/// </summary>
internal sealed class StreamedAnswer
{
    private readonly List<ChatResponseUpdate> _updates = [];
    private readonly StringBuilder _text = new(1024);

    // The first of a run of text; the others say nothing else.
    private ChatResponseUpdate? _run;
    private bool _hasSeveral;

    /// <summary>Adds an update.</summary>
    public void Add(ChatResponseUpdate update)
    {
        if (TextOf(update) is not { } text)
        {
            EndRun();
            _updates.Add(update);
            return;
        }
        if (_run is { } run && Continues(run, update))
        {
            _hasSeveral = true;
        }
        else
        {
            EndRun();
            _run = update;
        }
        _text.Append(text);
    }

    /// <summary>The answer as <see cref="ChatResponseExtensions.ToChatResponse(IEnumerable{ChatResponseUpdate})"/> makes it of all updates.</summary>
    public ChatResponse ToChatResponse()
    {
        EndRun();
        return _updates.ToChatResponse();
    }

    /// <summary>The text of an update that has nothing else to say; null for others.</summary>
    private static string? TextOf(ChatResponseUpdate update) =>
        update
            is {
                FinishReason: null,
                AdditionalProperties: null,
                Contents: [TextContent { AdditionalProperties: null, Annotations: null } text]
            }
        && text.GetType() == typeof(TextContent)
            ? text.Text
            : null;

    private static bool Continues(ChatResponseUpdate run, ChatResponseUpdate update) =>
        run.Role == update.Role
        && run.CreatedAt == update.CreatedAt
        && IsSame(run.MessageId, update.MessageId)
        && IsSame(run.ResponseId, update.ResponseId)
        && IsSame(run.ModelId, update.ModelId)
        && IsSame(run.AuthorName, update.AuthorName)
        && IsSame(run.ConversationId, update.ConversationId);

    private static bool IsSame(string? left, string? right) => string.Equals(left, right, StringComparison.Ordinal);

    private void EndRun()
    {
        if (_run is not { } run)
            return;
        _updates.Add(
            !_hasSeveral
                ? run
                : new(run.Role, _text.ToString())
                {
                    MessageId = run.MessageId,
                    ResponseId = run.ResponseId,
                    ModelId = run.ModelId,
                    AuthorName = run.AuthorName,
                    ConversationId = run.ConversationId,
                    CreatedAt = run.CreatedAt,
                }
        );
        (_run, _hasSeveral) = (null, false);
        _text.Clear();
    }
}
