using System.Buffers;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// What a stream has brought so far. Runs of text, of which nearly all streams consist, are put together as they come, so that neither a
/// long stream is kept update by update nor its end takes long. Used by one call.
/// </summary>
internal sealed class StreamedAnswer
{
    private readonly List<ChatResponseUpdate> _updates = [];

    // What the updates of a run of text say beside it; null when the last one was something else.
    private ChatResponseUpdate? _run;
    private char[] _text = [];
    private int _length;

    /// <summary>Adds an update.</summary>
    public void Add(ChatResponseUpdate update)
    {
        if (TextOf(update) is not { } text)
        {
            EndRun();
            var own = update.Clone();
            own.Contents = [.. update.Contents];
            _updates.Add(own);
            return;
        }
        if (_run is not { } run || !Continues(run, update))
        {
            EndRun();
            _run = WithoutText(update);
        }
        if (!text.TryCopyTo(_text.AsSpan(_length)))
            Grow(text);
        _length += text.Length;
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
        IsSame(run.MessageId, update.MessageId)
        && IsSame(run.ResponseId, update.ResponseId)
        && IsSame(run.ModelId, update.ModelId)
        && IsSame(run.AuthorName, update.AuthorName)
        && IsSame(run.ConversationId, update.ConversationId)
        && IsSame(run.Role?.Value, update.Role?.Value)
        && run.CreatedAt == update.CreatedAt;

    // Most often they are the same instance.
    private static bool IsSame(string? left, string? right) =>
        ReferenceEquals(left, right) || string.Equals(left, right, StringComparison.Ordinal);

    private static ChatResponseUpdate WithoutText(ChatResponseUpdate update) =>
        new()
        {
            Role = update.Role,
            MessageId = update.MessageId,
            ResponseId = update.ResponseId,
            ModelId = update.ModelId,
            AuthorName = update.AuthorName,
            ConversationId = update.ConversationId,
            CreatedAt = update.CreatedAt,
        };

    private void Grow(string text)
    {
        var larger = ArrayPool<char>.Shared.Rent(Math.Max(1024, 2 * (_length + text.Length)));
        _text.AsSpan(0, _length).CopyTo(larger);
        text.CopyTo(larger.AsSpan(_length));
        Return();
        _text = larger;
    }

    private void EndRun()
    {
        if (_run is not { } run)
            return;
        run.Contents = [new TextContent(new string(_text, 0, _length))];
        _updates.Add(run);
        (_run, _length) = (null, 0);
        Return();
    }

    private void Return()
    {
        if (_text.Length > 0)
            ArrayPool<char>.Shared.Return(_text);
        _text = [];
    }
}
