using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>Tells what a stream begins with from what it says, and whether an answer says anything.</summary>
internal static class FirstContent
{
    /// <summary>Whether an update has text, a tool call, reasoning or anything else that a model said: its role alone and usage do not count.</summary>
    public static bool HasContent(this ChatResponseUpdate update)
    {
        foreach (var content in update.Contents)
        {
            var isEmpty = content switch
            {
                UsageContent => true,
                TextContent text => string.IsNullOrEmpty(text.Text),
                TextReasoningContent reasoning => string.IsNullOrEmpty(reasoning.Text) && reasoning.ProtectedData is null,
                _ => false,
            };
            if (!isEmpty)
                return true;
        }
        return false;
    }

    /// <summary>Whether an answer has anything in it at all.</summary>
    public static bool HasContents(this ChatResponse response)
    {
        foreach (var message in response.Messages)
        {
            if (message.Contents.Count > 0)
                return true;
        }
        return false;
    }
}
