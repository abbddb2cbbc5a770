using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// Encodes messages and options as JSON, the way Microsoft.Extensions.AI does, with keys and tokens masked. Images and
/// files are taken out and referred to by digest. What cannot be serialised is replaced by a note, since recording a call
/// must never fail it. Used for one request or one answer.
/// </summary>
internal sealed class MessageEncoder(SecretMasker masker)
{
    // As Microsoft.Extensions.AI writes them, without its indentation.
    private static readonly JsonSerializerOptions Options = new(AIJsonUtilities.DefaultOptions) { WriteIndented = false };

    private static readonly JsonTypeInfo<ChatMessage> MessageInfo = TypeInfo<ChatMessage>();
    private static readonly JsonTypeInfo<IList<ChatMessage>> MessagesInfo = TypeInfo<IList<ChatMessage>>();
    private static readonly JsonTypeInfo<AIContent> ContentInfo = TypeInfo<AIContent>();
    private static readonly JsonTypeInfo<ChatOptions> OptionsInfo = TypeInfo<ChatOptions>();

    private readonly Dictionary<ContentDigest, ReadOnlyMemory<byte>> _data = [];
    private readonly List<string> _artifacts = [];

    /// <summary>The images and files of what was encoded, each once.</summary>
    public IReadOnlyCollection<ReadOnlyMemory<byte>> Data => _data.Values;

    /// <summary>The ids of the artifacts that were among the contents.</summary>
    public IReadOnlyList<string> Artifacts => _artifacts;

    /// <summary>How many keys and tokens were masked.</summary>
    public int MaskedSecrets { get; private set; }

    public ReadOnlyMemory<byte> Encode(ChatMessage message) =>
        Encode(
            () => Mask(Prepare(message), MessageInfo),
            () => Mask(Plain(message), MessageInfo),
            () => Mask(new(message.Role, Note(message)), MessageInfo)
        );

    public ReadOnlyMemory<byte> Encode(ChatOptions options) =>
        Encode(
            () => Mask(options),
            () => Mask(Plain(options)),
            () => (Encoding.UTF8.GetBytes(new JsonObject { ["note"] = Note(options) }.ToJsonString(JsonText.Options)), 0)
        );

    public static ChatMessage DecodeMessage(ReadOnlyMemory<byte> json) => JsonSerializer.Deserialize(json.Span, MessageInfo)!;

    /// <summary>The message that a content is; several where an earlier version kept an answer as one content.</summary>
    public static IList<ChatMessage> DecodeMessages(ReadOnlyMemory<byte> json) =>
        json.Span is [(byte)'[', ..] ? JsonSerializer.Deserialize(json.Span, MessagesInfo)! : [DecodeMessage(json)];

    /// <summary>The contents that an encoded message, or a list of them, refers to; most refer to none, and are not decoded to find that out.</summary>
    /// <exception cref="JsonException">It refers to some and cannot be decoded.</exception>
    public static IEnumerable<ContentDigest> ReferencesIn(ReadOnlyMemory<byte> json) =>
        !DataReference.MayBeIn(json.Span) ? [] : DecodeMessages(json).SelectMany(message => DataReference.DigestsIn(message.Contents));

    private static JsonTypeInfo<T> TypeInfo<T>() => (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));

    private static string Note(object value) => $"[{value.GetType().Name} that cannot be serialised]";

    /// <summary>The first form that can be had.</summary>
    private ReadOnlyMemory<byte> Encode(params ReadOnlySpan<Func<(ReadOnlyMemory<byte> Json, int Masked)>> forms)
    {
        foreach (var form in forms[..^1])
        {
            try
            {
                return Counted(form());
            }
            // Getters, converters and lists of the caller run here, and may throw anything.
            catch (Exception e) when (e is not OutOfMemoryException) { }
        }
        return Counted(forms[^1]());
    }

    private ReadOnlyMemory<byte> Counted((ReadOnlyMemory<byte> Json, int Masked) form)
    {
        MaskedSecrets += form.Masked;
        return form.Json;
    }

    private (ReadOnlyMemory<byte> Json, int Masked) Mask<T>(T value, JsonTypeInfo<T> typeInfo)
    {
        var json = masker.ApplyJson(JsonSerializer.SerializeToUtf8Bytes(value, typeInfo), out var count);
        // What is kept can be read again, whatever was masked: a host in a URI, say, is none any more.
        if (count > 0)
            JsonSerializer.Deserialize(json.Span, typeInfo);
        return (json, count);
    }

    private (ReadOnlyMemory<byte> Json, int Masked) Mask(ChatOptions options)
    {
        var json = JsonSerializer.SerializeToNode(options, OptionsInfo)!.AsObject();
        if (options.Tools is { Count: > 0 } tools)
            json["tools"] = new JsonArray([.. tools.Select(Describe)]);
        return (masker.ApplyJson(Encoding.UTF8.GetBytes(json.ToJsonString(JsonText.Options)), out var count), count);
    }

    /// <summary>The message with its images and files replaced by references, and its links to artifacts noted.</summary>
    private ChatMessage Prepare(ChatMessage message)
    {
        ChatMessage? copy = null;
        for (var i = 0; i < message.Contents.Count; i++)
        {
            var content = message.Contents[i];
            var prepared = Prepare(content);
            if (ReferenceEquals(prepared, content))
                continue;
            if (copy is null)
            {
                copy = message.Clone();
                copy.Contents = [.. message.Contents];
            }
            copy.Contents[i] = prepared;
        }
        return copy ?? message;
    }

    private AIContent Prepare(AIContent content)
    {
        if (content.AdditionalProperties?.TryGetValue(Artifact.LinkProperty, out var link) == true && link is string id)
        {
            if (!_artifacts.Contains(id))
                _artifacts.Add(id);
        }
        switch (content)
        {
            case DataContent data:
                var digest = ContentDigest.Of(data.Data.Span);
                _data[digest] = data.Data;
                return DataReference.To(data, digest);
            case FunctionResultContent { Result: AIContent result } function:
                var prepared = Prepare(result);
                return ReferenceEquals(prepared, result) ? function : DataReference.InResult(function, prepared);
            case FunctionResultContent { Result: IEnumerable<AIContent> results } function:
                AIContent[] given = [.. results];
                AIContent[] all = [.. given.Select(Prepare)];
                return all.SequenceEqual(given) ? function : DataReference.InResult(function, all);
            default:
                return content;
        }
    }

    /// <summary>The message with everything replaced that JSON cannot express.</summary>
    private ChatMessage Plain(ChatMessage message)
    {
        var copy = message.Clone();
        copy.AdditionalProperties = null;
        copy.Contents = [.. message.Contents.Select(Plain)];
        return copy;
    }

    private AIContent Plain(AIContent content)
    {
        try
        {
            var prepared = Prepare(content);
            Mask(prepared, ContentInfo);
            return prepared;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A text is kept without its properties.
            return new TextContent(content.GetType() == typeof(TextContent) ? ((TextContent)content).Text : Note(content));
        }
    }

    private static ChatOptions Plain(ChatOptions options)
    {
        var copy = options.Clone();
        copy.AdditionalProperties = null;
        return copy;
    }

    private static JsonNode Describe(AITool tool)
    {
        try
        {
            var json = new JsonObject { ["name"] = tool.Name, ["description"] = tool.Description };
            if (tool is AIFunctionDeclaration function)
                json["schema"] = JsonNode.Parse(function.JsonSchema.GetRawText());
            return json;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return new JsonObject { ["name"] = Note(tool) };
        }
    }
}
