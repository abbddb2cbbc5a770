using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// Contents of kinds that this version of Microsoft.Extensions.AI does not know, because a newer one wrote them. They are read as
/// <see cref="AIContent"/> with their JSON among its properties, and written again as they were read.
/// </summary>
internal static class UnknownContent
{
    private const string Property = "dossier.unknown";
    private const string Contents = "contents";

    /// <summary>Decodes a message of which a content cannot be decoded.</summary>
    /// <exception cref="JsonException">It is no message at all.</exception>
    public static ChatMessage DecodeMessage(ReadOnlySpan<byte> json, JsonTypeInfo<ChatMessage> message, JsonTypeInfo<AIContent> content)
    {
        if (JsonNode.Parse(json) is not JsonObject node || node[Contents] is not JsonArray contents)
            throw new JsonException("This is not an encoded message.");
        node.Remove(Contents);
        var decoded = node.Deserialize(message)!;
        foreach (var item in contents)
            decoded.Contents.Add(Decode(item!, content));
        return decoded;
    }

    /// <summary>The JSON that such a content was read from; null for any other content, and for one that only says that it is.</summary>
    public static JsonElement? JsonOf(AIContent content, JsonTypeInfo<AIContent> known) =>
        content.GetType() == typeof(AIContent)
        && content.AdditionalProperties?.GetValueOrDefault(Property) is JsonElement json
        && !IsKnown(json, known)
            ? json
            : null;

    private static bool IsKnown(JsonElement json, JsonTypeInfo<AIContent> content)
    {
        try
        {
            json.Deserialize(content);
            return true;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or FormatException or ArgumentException)
        {
            // What has a kind, and not what that kind needs, is none that could be kept.
            return e is not JsonException and not NotSupportedException;
        }
    }

    private static AIContent Decode(JsonNode json, JsonTypeInfo<AIContent> content)
    {
        try
        {
            return json.Deserialize(content)!;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return new() { AdditionalProperties = new() { [Property] = JsonElement.Parse(json.ToJsonString(JsonText.Options)) } };
        }
    }
}
