using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// The messages that a reducer is given: copies, since it may change them, and those of the history are sent again. As long as the history is
/// in memory it is given the same ones each time, because some note in a message what they have summarised up to there; but not of messages
/// with images and files, which are read anew for each turn. What it made of their contents is undone before: it would be changed twice.
/// </summary>
internal static class ReducerCopies
{
    private static readonly ConditionalWeakTable<IChatReducer, ConditionalWeakTable<ChatMessage, ChatMessage>> s_copies = [];

    /// <summary>What a reducer leaves of messages: the same objects where it has not changed them.</summary>
    public static async ValueTask<IReadOnlyList<ChatMessage>> ReduceAsync(
        IChatReducer reducer,
        IReadOnlyList<ChatMessage> messages,
        CancellationToken cancellationToken
    )
    {
        var known = s_copies.GetOrCreateValue(reducer);
        var copies = new ChatMessage[messages.Count];
        var originals = new Dictionary<ChatMessage, ChatMessage>(copies.Length, ReferenceEqualityComparer.Instance);
        for (var i = 0; i < copies.Length; i++)
        {
            copies[i] = known.GetValue(messages[i], Copy);
            if (!IsUnchanged(copies[i], messages[i]))
                Restore(copies[i], messages[i]);
            originals[copies[i]] = messages[i];
        }
        var reduced = await reducer.ReduceAsync(copies, cancellationToken).ConfigureAwait(false);
        return
        [
            .. reduced.Select(message =>
                originals.TryGetValue(message, out var original) && IsUnchanged(message, original) ? original : message
            ),
        ];
    }

    private static ChatMessage Copy(ChatMessage message)
    {
        var copy = message.Clone();
        Restore(copy, message);
        copy.AdditionalProperties = message.AdditionalProperties?.Clone();
        return copy;
    }

    /// <summary>Lets a copy say what its original does. What is noted beside that stays.</summary>
    private static void Restore(ChatMessage copy, ChatMessage original)
    {
        (copy.Role, copy.AuthorName) = (original.Role, original.AuthorName);
        copy.Contents = [.. original.Contents.Select(Copy)];
    }

    /// <summary>A copy of what is shortened where it stands.</summary>
    private static AIContent Copy(AIContent content) =>
        content switch
        {
            TextContent text => new TextContent(text.Text)
            {
                Annotations = text.Annotations,
                AdditionalProperties = text.AdditionalProperties,
            },
            FunctionResultContent result => new FunctionResultContent(result.CallId, result.Result)
            {
                Annotations = result.Annotations,
                AdditionalProperties = result.AdditionalProperties,
            },
            _ => content,
        };

    /// <summary>Whether it says the same. What a reducer notes beside that is its own.</summary>
    private static bool IsUnchanged(ChatMessage copy, ChatMessage original) =>
        copy.Role == original.Role
        && copy.AuthorName == original.AuthorName
        && copy.Contents.Count == original.Contents.Count
        && copy.Contents.Zip(original.Contents).All(pair => IsUnchanged(pair.First, pair.Second));

    private static bool IsUnchanged(AIContent copy, AIContent original) =>
        ReferenceEquals(copy, original)
        || (copy is TextContent text && original is TextContent said && text.Text == said.Text)
        || (
            copy is FunctionResultContent result
            && original is FunctionResultContent given
            && result.CallId == given.CallId
            && ReferenceEquals(result.Result, given.Result)
        );
}
