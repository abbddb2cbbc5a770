using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>The contents that others hold: what tools on the vendor's side were given and what they returned.</summary>
internal static class NestedContents
{
    /// <summary>What a content holds; null for one that holds none.</summary>
    public static IList<AIContent>? In(AIContent content) =>
        content switch
        {
            CodeInterpreterToolCallContent call => call.Inputs,
            CodeInterpreterToolResultContent result => result.Outputs,
            ImageGenerationToolResultContent result => result.Outputs,
            McpServerToolResultContent result => result.Outputs,
            WebSearchToolResultContent result => result.Outputs,
            _ => null,
        };

    /// <summary>A copy of such a content that holds others.</summary>
    public static AIContent With(AIContent content, IList<AIContent> nested)
    {
        AIContent copy = content switch
        {
            CodeInterpreterToolCallContent call => new CodeInterpreterToolCallContent(call.CallId) { Inputs = nested },
            CodeInterpreterToolResultContent result => new CodeInterpreterToolResultContent(result.CallId) { Outputs = nested },
            ImageGenerationToolResultContent result => new ImageGenerationToolResultContent(result.CallId) { Outputs = nested },
            McpServerToolResultContent result => new McpServerToolResultContent(result.CallId) { Outputs = nested },
            WebSearchToolResultContent result => new WebSearchToolResultContent(result.CallId) { Outputs = nested },
            _ => throw new ArgumentException($"{content.GetType().Name} holds no contents.", nameof(content)),
        };
        (copy.Annotations, copy.AdditionalProperties) = (content.Annotations, content.AdditionalProperties);
        return copy;
    }
}
