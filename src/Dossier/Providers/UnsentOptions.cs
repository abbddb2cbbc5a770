using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>Names the options of a call that a client does not send.</summary>
internal static class UnsentOptions
{
    /// <summary>Those of a client's own, and those that no client here sends: they belong to an API with a memory of conversations.</summary>
    public static IEnumerable<string> In(ChatOptions options, params IEnumerable<(string Name, bool IsUnsent)> own)
    {
        IEnumerable<(string Name, bool IsUnsent)> all =
        [
            .. own,
            (nameof(ChatOptions.ConversationId), options.ConversationId is not null),
#pragma warning disable MEAI001 // experimental, and not sent
            (nameof(ChatOptions.AllowBackgroundResponses), options.AllowBackgroundResponses is not null),
            (nameof(ChatOptions.ContinuationToken), options.ContinuationToken is not null),
#pragma warning restore MEAI001
        ];
        return all.Where(option => option.IsUnsent).Select(option => option.Name);
    }

    /// <summary>Whether there are tools beside functions that the client does not know.</summary>
    public static bool HasOther(ChatOptions options, Func<AITool, bool> isKnown) =>
        options.Tools?.Any(tool => tool is not AIFunctionDeclaration && !isKnown(tool)) is true;
}
