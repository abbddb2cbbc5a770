using Microsoft.Extensions.AI;

namespace Dossier.Samples.ChatApi;

internal sealed record Question(string? Text)
{
    private const int MaxLength = 20_000;

    public string CheckedText =>
        Text is { Length: <= MaxLength } text && !string.IsNullOrWhiteSpace(text)
            ? text
            : throw new BadHttpRequestException($"'text' has to be 1 to {MaxLength} characters that are not all white space.");
}

internal sealed record Answer(string Text);

/// <summary>A message as the history shows it: text, and what the tools were asked and said.</summary>
internal sealed record Said(string Id, string Role, string Text, IEnumerable<ToolUse> Tools)
{
    public static Said Of(ConversationMessage message) =>
        new(message.Id.ToString(), message.Record.Role, message.Text, message.Message.Contents.Select(ToolUse.Of).OfType<ToolUse>());
}

internal sealed record ToolUse(string CallId, string? Name, object? Value)
{
    public static ToolUse? Of(AIContent content) =>
        content switch
        {
            FunctionCallContent call => new(call.CallId, call.Name, call.Arguments),
            FunctionResultContent result => new(result.CallId, null, result.Result),
            _ => null,
        };
}
