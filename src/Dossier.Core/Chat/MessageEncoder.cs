using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// Encodes messages and options as JSON, the way Microsoft.Extensions.AI does, with keys and tokens masked. Images and
/// files are taken out and referred to by digest. What cannot be serialised is replaced by a note, since recording a call
/// must never fail it. Used for one request or one answer.
/// </summary>
internal sealed class MessageEncoder(SecretMasker masker)
{
    private static readonly JsonTypeInfo<ChatMessage> MessageInfo = TypeInfo<ChatMessage>();
    private static readonly JsonTypeInfo<IList<ChatMessage>> MessagesInfo = TypeInfo<IList<ChatMessage>>();
    private static readonly JsonTypeInfo<ChatOptions> OptionsInfo = TypeInfo<ChatOptions>();

    private List<ReadOnlyMemory<byte>>? _data;
    private List<string>? _artifacts;

    /// <summary>The images and files of what was encoded.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Data => (IReadOnlyList<ReadOnlyMemory<byte>>?)_data ?? [];

    /// <summary>The ids of the artifacts that were among the contents.</summary>
    public IReadOnlyList<string> Artifacts => (IReadOnlyList<string>?)_artifacts ?? [];

    /// <summary>How many keys and tokens were masked.</summary>
    public int MaskedSecrets { get; private set; }

    public ReadOnlyMemory<byte> Encode(ChatMessage message) => Mask(Serialize(Prepare(message), MessageInfo, Plain));

    public ReadOnlyMemory<byte> Encode(IList<ChatMessage> messages) =>
        Mask(Serialize([.. messages.Select(Prepare)], MessagesInfo, all => [.. all.Select(Plain)]));

    public ReadOnlyMemory<byte> Encode(ChatOptions options)
    {
        var json = JsonNode.Parse(Serialize(options, OptionsInfo, Plain))!.AsObject();
        if (options.Tools is { Count: > 0 } tools)
            json["tools"] = new JsonArray([.. tools.Select(Describe)]);
        return Mask(System.Text.Encoding.UTF8.GetBytes(json.ToJsonString(JsonText.Options)));
    }

    public static ChatMessage DecodeMessage(ReadOnlyMemory<byte> json) => JsonSerializer.Deserialize(json.Span, MessageInfo)!;

    public static IList<ChatMessage> DecodeMessages(ReadOnlyMemory<byte> json) => JsonSerializer.Deserialize(json.Span, MessagesInfo)!;

    private static JsonTypeInfo<T> TypeInfo<T>() => (JsonTypeInfo<T>)AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(T));

    private static byte[] Serialize<T>(T value, JsonTypeInfo<T> typeInfo, Func<T, T> plain)
    {
        try
        {
            return JsonSerializer.SerializeToUtf8Bytes(value, typeInfo);
        }
        catch (Exception e) when (e is NotSupportedException or JsonException or InvalidOperationException or ArgumentException)
        {
            return JsonSerializer.SerializeToUtf8Bytes(plain(value), typeInfo);
        }
    }

    /// <summary>The message with its images and files replaced by references, and its links to artifacts noted.</summary>
    private ChatMessage Prepare(ChatMessage message)
    {
        ChatMessage? copy = null;
        for (var i = 0; i < message.Contents.Count; i++)
        {
            var content = message.Contents[i];
            if (content.AdditionalProperties?.TryGetValue(Artifact.LinkProperty, out var link) == true && link is string id)
            {
                _artifacts ??= [];
                if (!_artifacts.Contains(id))
                    _artifacts.Add(id);
            }
            if (content is not DataContent data)
                continue;
            if (copy is null)
            {
                copy = message.Clone();
                copy.Contents = [.. message.Contents];
            }
            (_data ??= []).Add(data.Data);
            copy.Contents[i] = DataReference.To(data);
        }
        return copy ?? message;
    }

    /// <summary>The message with everything replaced that JSON cannot express.</summary>
    private static ChatMessage Plain(ChatMessage message)
    {
        var copy = message.Clone();
        copy.AdditionalProperties = null;
        copy.Contents =
        [
            .. message.Contents.Select(content =>
                IsSerialisable(content) ? content : new TextContent($"[{content.GetType().Name} that cannot be serialised]")
            ),
        ];
        return copy;
    }

    private static ChatOptions Plain(ChatOptions options)
    {
        var copy = options.Clone();
        copy.AdditionalProperties = null;
        return copy;
    }

    private static bool IsSerialisable(AIContent content)
    {
        try
        {
            JsonSerializer.SerializeToUtf8Bytes(content, TypeInfo<AIContent>());
            return true;
        }
        catch (Exception e) when (e is NotSupportedException or JsonException or InvalidOperationException or ArgumentException)
        {
            return false;
        }
    }

    private static JsonNode Describe(AITool tool)
    {
        var json = new JsonObject { ["name"] = tool.Name, ["description"] = tool.Description };
        if (tool is AIFunctionDeclaration function)
            json["schema"] = JsonNode.Parse(function.JsonSchema.GetRawText());
        return json;
    }

    private ReadOnlyMemory<byte> Mask(ReadOnlyMemory<byte> json)
    {
        var masked = masker.Apply(json, out var count);
        MaskedSecrets += count;
        return masked;
    }
}
