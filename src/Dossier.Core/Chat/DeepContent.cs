using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// What tools are called with and what they return where it is nested too deep for a reader of the message: it is kept as the text of its JSON,
/// which is also how a model is told it. A result that has no JSON at all leaves a note, and stays the result of its call: a conversation goes on
/// with it as with any other.
/// </summary>
internal static class DeepContent
{
    /// <summary>Readers of JSON stop at 64 levels, of which a message takes two for itself and its list of contents.</summary>
    public const int MostLevels = 62;

    // An object that holds itself is no text either.
    private const int MostTextLevels = 1000;

    private static readonly JsonTypeInfo<object> s_asText = TypeInfo(MostTextLevels);
    private static readonly JsonTypeInfo<object> s_asArgument = TypeInfo(MostLevels - 2);

    /// <summary>The content with what is too deep as text; the same content when it is of another kind.</summary>
    /// <param name="content">The content.</param>
    /// <param name="mask">Masks JSON.</param>
    public static AIContent Flattened(AIContent content, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> mask) =>
        content switch
        {
            FunctionResultContent { Result: { } result } function => new FunctionResultContent(function.CallId, TextOrNote(result, mask))
            {
                Annotations = function.Annotations,
                AdditionalProperties = function.AdditionalProperties,
            },
            FunctionCallContent { Arguments: { } arguments } call => new FunctionCallContent(
                call.CallId,
                call.Name,
                arguments.ToDictionary(it => it.Key, it => IsDeep(it.Value) ? TextOf(it.Value!, mask) : it.Value)
            )
            {
                InformationalOnly = call.InformationalOnly,
                Annotations = call.Annotations,
                AdditionalProperties = call.AdditionalProperties,
            },
            _ => content,
        };

    private static bool IsDeep(object? argument)
    {
        try
        {
            JsonSerializer.SerializeToUtf8Bytes(argument, s_asArgument!);
            return false;
        }
        catch (JsonException)
        {
            return true;
        }
    }

    private static string TextOrNote(object result, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> mask)
    {
        try
        {
            return TextOf(result, mask);
        }
        // Getters and converters of the tool's author run here, and may throw anything.
        catch (Exception e) when (e is not OutOfMemoryException and not RedactionException)
        {
            return MessageEncoder.Note(result);
        }
    }

    private static string TextOf(object value, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> mask) =>
        Encoding.UTF8.GetString(mask(JsonSerializer.SerializeToUtf8Bytes(value, s_asText)).Span);

    private static JsonTypeInfo<object> TypeInfo(int mostLevels) =>
        (JsonTypeInfo<object>)
            new JsonSerializerOptions(AIJsonUtilities.DefaultOptions) { WriteIndented = false, MaxDepth = mostLevels }.GetTypeInfo(
                typeof(object)
            );
}
