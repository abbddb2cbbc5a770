using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>Reads from a call what a model needs to answer it.</summary>
internal static class CallRequirements
{
    // No usual tokenizer takes so many characters of ordinary text together: what fails by this measure does not fit.
    private const int MostCharactersPerToken = 8;

    /// <summary>The requirements; what is unknown of a model does not speak against it.</summary>
    public static TaskRequirements Of(IEnumerable<ChatMessage> messages, ChatOptions? options, bool streaming)
    {
        var characters = 0L;
        var (images, sound, documents) = (false, false, false);
        foreach (var content in messages.SelectMany(message => message.Contents))
        {
            if (content is TextContent text)
                characters += text.Text.Length;
            images |= HasType(content, "image");
            sound |= HasType(content, "audio");
            documents |= MediaType(content) is "application/pdf";
        }
        var json = options?.ResponseFormat as ChatResponseFormatJson;
        return new()
        {
            UnknownIsSuitable = true,
            Tools = options?.Tools is { Count: > 0 },
            StructuredOutput = json?.Schema is not null,
            JsonMode = json is { Schema: null },
            Vision = images,
            AudioInput = sound,
            PdfInput = documents,
            Streaming = streaming,
            MinContextTokens = characters / MostCharactersPerToken,
            MinOutputTokens = options?.MaxOutputTokens is > 0 and var most ? most : null,
        };
    }

    private static bool HasType(AIContent content, string type) =>
        content switch
        {
            DataContent data => data.HasTopLevelMediaType(type),
            UriContent uri => uri.HasTopLevelMediaType(type),
            _ => false,
        };

    private static string? MediaType(AIContent content) =>
        content switch
        {
            DataContent data => data.MediaType,
            UriContent uri => uri.MediaType,
            _ => null,
        };
}
