using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>How many tokens a call sends.</summary>
/// <param name="Tokens">The count, as near as it is known.</param>
/// <param name="AtMost">The count that is not expected to be exceeded.</param>
/// <param name="Method">How text was counted.</param>
/// <param name="HasAudio">Whether there is sound in it, which has a price of its own.</param>
internal readonly record struct InputCount(long Tokens, long AtMost, string Method, bool HasAudio = false)
{
    // Chat formats wrap every message in a few tokens and open the answer with a few more: 3 and 3 for OpenAI
    // (https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken), others are near.
    private const int PerMessage = 4;
    private const int PerCall = 3;
    private const int PerTool = 12;

    // The largest that Anthropic scales an image to (https://docs.anthropic.com/en/docs/build-with-claude/vision: width × height / 750, at most
    // about 1,600); an image in high detail is 765 for OpenAI at 1024 × 1024, and 258 for each tile of Gemini's.
    private const int PerImage = 1600;

    // OpenAI's newer models take an image in its original detail as up to 10,000 patches (https://platform.openai.com/docs/guides/images-vision), Gemini's older
    // ones a large one as 36 tiles and more, Anthropic's newer ones as up to three times what the older took.
    private const int MostPerImage = 10_000;

    // What a document or sound takes depends on its pages or seconds, which only the vendor knows.
    private const int BytesPerToken = 50;

    // The instructions that a vendor adds when there are tools are not known either.
    private const int ToolInstructions = 350;

    /// <summary>Counts what would be sent.</summary>
    public static InputCount Of(IEnumerable<ChatMessage> messages, ChatOptions? options, ITokenCounter counter)
    {
        long text = PerCall;
        long estimated = 0;
        long images = 0;
        var hasAudio = false;
        foreach (var message in messages)
        {
            text += PerMessage + Text(message.AuthorName);
            foreach (var content in message.Contents)
                Add(content);
        }
        text += Text(options?.Instructions);
        if (options?.Tools is { Count: > 0 } tools)
        {
            estimated += ToolInstructions;
            foreach (var tool in tools)
                text += PerTool + Text(tool.Name) + Text(tool.Description) + Text((tool as AIFunctionDeclaration)?.JsonSchema);
        }
        if (options?.ResponseFormat is ChatResponseFormatJson { Schema: { } schema })
            text += Text(schema);
        // Other files may be twice what their size suggests.
        var atMost = text + (long)decimal.Ceiling(text * counter.Margin) + estimated * 2 + images * MostPerImage;
        return new(text + estimated + images * PerImage, atMost, counter.Method, hasAudio);

        void Add(AIContent content)
        {
            switch (content)
            {
                case TextContent it:
                    text += Text(it.Text);
                    break;
                case TextReasoningContent it:
                    text += Text(it.Text);
                    break;
                case FunctionCallContent it:
                    text += PerTool + Text(it.Name) + Arguments(it);
                    break;
                case FunctionResultContent it:
                    text += PerTool + Text(Json(it.Result));
                    break;
                case DataContent it when it.HasTopLevelMediaType("text"):
                    text += Text(System.Text.Encoding.UTF8.GetString(it.Data.Span));
                    break;
                case DataContent it when it.HasTopLevelMediaType("image"):
                    images++;
                    break;
                case DataContent it:
                    estimated += Math.Max(PerImage, it.Data.Length / BytesPerToken);
                    hasAudio |= it.HasTopLevelMediaType("audio");
                    break;
                case UriContent it:
                    // What is there is not known here, and counts as an image.
                    images++;
                    hasAudio |= it.HasTopLevelMediaType("audio");
                    break;
            }
        }

        long Arguments(FunctionCallContent call)
        {
            long tokens = 0;
            foreach (var (name, value) in call.Arguments ?? new Dictionary<string, object?>())
                tokens += Text(name) + Text(Json(value)) + 2;
            return tokens;
        }

        long Text(object? value) =>
            value switch
            {
                null => 0,
                string it => it.Length == 0 ? 0 : counter.Count(it),
                JsonElement it => counter.Count(it.GetRawText()),
                _ => counter.Count(value.ToString() ?? ""),
            };
    }

    /// <summary>A value as the vendor will get it, without reflection on types that may have been trimmed.</summary>
    private static object? Json(object? value)
    {
        if (value is null or string or JsonElement)
            return value;
        try
        {
            return AIJsonUtilities.DefaultOptions.TryGetTypeInfo(value.GetType(), out var shape)
                ? JsonSerializer.Serialize(value, shape)
                : value.ToString();
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            return value.ToString();
        }
    }
}
