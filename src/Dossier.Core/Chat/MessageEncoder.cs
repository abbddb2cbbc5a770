using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// Encodes messages and options as JSON, the way Microsoft.Extensions.AI does, and messages of one text as <see cref="PlainMessage"/>, with keys
/// and tokens masked. Images and files are taken out and referred to by digest. What cannot be serialised is replaced by a note, since recording
/// a call must never fail it; only a redactor that fails does. Used for one request or one answer.
/// </summary>
/// <remarks>Text, which is nearly everything, is written by hand; contents of other kinds go through their serialiser one by one.</remarks>
/// <param name="masker">What is masked.</param>
/// <param name="part">As what it is counted what is masked in messages.</param>
/// <param name="redactions">Where that is counted; null not to count it.</param>
internal sealed class MessageEncoder(SecretMasker masker, RedactedPart part = RedactedPart.Request, RedactionTally? redactions = null)
{
    // As Microsoft.Extensions.AI writes them, without its indentation.
    private static readonly JsonSerializerOptions Options = new(AIJsonUtilities.DefaultOptions) { WriteIndented = false };

    // What is written can be read as part of a message.
    private static readonly JsonSerializerOptions Parts = new(Options) { MaxDepth = DeepContent.MostLevels };

    private static readonly JsonTypeInfo<ChatMessage> MessageInfo = TypeInfo<ChatMessage>();
    private static readonly JsonTypeInfo<IList<ChatMessage>> MessagesInfo = TypeInfo<IList<ChatMessage>>();
    private static readonly JsonTypeInfo<AIContent> ContentInfo = (JsonTypeInfo<AIContent>)Parts.GetTypeInfo(typeof(AIContent));
    private static readonly JsonTypeInfo<AdditionalPropertiesDictionary> PropertiesInfo =
        (JsonTypeInfo<AdditionalPropertiesDictionary>)Parts.GetTypeInfo(typeof(AdditionalPropertiesDictionary));
    private static readonly JsonTypeInfo<ChatOptions> OptionsInfo = TypeInfo<ChatOptions>();

    private static readonly JsonEncodedText TypeName = JsonEncodedText.Encode("$type");
    private static readonly JsonEncodedText TextName = JsonEncodedText.Encode("text");
    private static readonly JsonEncodedText ReasoningName = JsonEncodedText.Encode("reasoning");
    private static readonly JsonEncodedText ProtectedDataName = JsonEncodedText.Encode("protectedData");
    private static readonly JsonEncodedText AuthorName = JsonEncodedText.Encode("authorName");
    private static readonly JsonEncodedText CreatedAtName = JsonEncodedText.Encode("createdAt");
    private static readonly JsonEncodedText RoleName = JsonEncodedText.Encode("role");
    private static readonly JsonEncodedText ContentsName = JsonEncodedText.Encode("contents");
    private static readonly JsonEncodedText MessageIdName = JsonEncodedText.Encode("messageId");
    private static readonly JsonEncodedText PropertiesName = JsonEncodedText.Encode("additionalProperties");

    private Dictionary<ContentDigest, ReadOnlyMemory<byte>>? _data;
    private List<string>? _artifacts;

    /// <summary>The images and files of what was encoded, each once.</summary>
    public IReadOnlyCollection<ReadOnlyMemory<byte>> Data => _data is null ? [] : _data.Values;

    /// <summary>The ids of the artifacts that were among the contents.</summary>
    public IReadOnlyList<string> Artifacts => (IReadOnlyList<string>?)_artifacts ?? [];

    public ReadOnlyMemory<byte> Encode(ChatMessage message)
    {
        if (message.AdditionalProperties is null && PlainMessage.HasRole(message) && OnlyContentOf(message) is { } only && IsPlain(only))
            return PlainMessage.Encode(message.Role.Value, EncodeProperties(message), Mask(((TextContent)only).Text));
        using var buffer = JsonBuffer.Rent();
        Write(buffer.Writer, message);
        return buffer.ToArray();
    }

    public ReadOnlyMemory<byte> Encode(ChatOptions options) =>
        TryMask(options, static (self, it, tally) => self.Mask(it, tally))
        ?? TryMask(options, static (self, it, tally) => self.Mask(Plain(it), tally))
        ?? Encoding.UTF8.GetBytes(new JsonObject { ["note"] = Note(options) }.ToJsonString(JsonText.Options));

    /// <summary>The digest of a text as an artifact would keep it.</summary>
    public ContentDigest DigestOf(string text)
    {
        var masked = masker.Apply(text);
        var utf8 = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(masked.Length));
        try
        {
            return ContentDigest.Of(utf8.AsSpan(0, Encoding.UTF8.GetBytes(masked, utf8)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(utf8);
        }
    }

    /// <exception cref="JsonException">It is not an encoded message.</exception>
    public static ChatMessage DecodeMessage(ReadOnlyMemory<byte> json)
    {
        if (PlainMessage.Is(json.Span))
            return PlainMessage.Decode(json.Span, MessageInfo);
        try
        {
            return JsonSerializer.Deserialize(json.Span, MessageInfo)!;
        }
        catch (JsonException)
        {
            return UnknownContent.DecodeMessage(json.Span, MessageInfo, ContentInfo);
        }
    }

    /// <summary>The message that a content is; several where an earlier version kept an answer as one content.</summary>
    public static IList<ChatMessage> DecodeMessages(ReadOnlyMemory<byte> json) =>
        json.Span is [(byte)'[', ..] ? JsonSerializer.Deserialize(json.Span, MessagesInfo)! : [DecodeMessage(json)];

    /// <summary>An encoded message, or a list of them, as JSON whatever it is kept as.</summary>
    /// <exception cref="JsonException">It is not an encoded message.</exception>
    public static ReadOnlyMemory<byte> ToJson(ReadOnlyMemory<byte> encoded) =>
        PlainMessage.Is(encoded.Span) ? JsonSerializer.SerializeToUtf8Bytes(DecodeMessage(encoded), MessageInfo) : encoded;

    /// <summary>The contents that an encoded message, or a list of them, refers to; most refer to none, and are not decoded to find that out.</summary>
    /// <exception cref="JsonException">It refers to some and cannot be decoded.</exception>
    public static IEnumerable<ContentDigest> ReferencesIn(ReadOnlyMemory<byte> json) =>
        !DataReference.MayBeIn(json.Span) ? [] : DecodeMessages(json).SelectMany(message => DataReference.DigestsIn(message.Contents));

    private static JsonTypeInfo<T> TypeInfo<T>() => (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));

    /// <summary>What stands for what has no JSON.</summary>
    public static string Note(object value) => $"[{value.GetType().Name} that cannot be serialised]";

    /// <summary>What is known of a message of one text beside its role; nothing for nearly all.</summary>
    private byte[] EncodeProperties(ChatMessage message)
    {
        if (message is { AuthorName: null, CreatedAt: null, MessageId: null })
            return [];
        using var buffer = JsonBuffer.Rent();
        buffer.Writer.WriteStartObject();
        WriteOrigin(buffer.Writer, message);
        WriteId(buffer.Writer, message);
        buffer.Writer.WriteEndObject();
        return buffer.ToArray();
    }

    private void WriteOrigin(Utf8JsonWriter json, ChatMessage message)
    {
        if (message.AuthorName is { } author)
            json.WriteString(AuthorName, Mask(author));
        if (message.CreatedAt is { } at)
            json.WriteString(CreatedAtName, at);
    }

    private void WriteId(Utf8JsonWriter json, ChatMessage message)
    {
        if (message.MessageId is { } id)
            json.WriteString(MessageIdName, Mask(id));
    }

    private void Write(Utf8JsonWriter json, ChatMessage message)
    {
        json.WriteStartObject();
        WriteOrigin(json, message);
        if (message.Role.Value is { } role)
            json.WriteString(RoleName, MaskRole(role));
        json.WriteStartArray(ContentsName);
        if (OnlyContentOf(message) is { } only)
            Write(json, only);
        else
            WriteContents(json, message);
        json.WriteEndArray();
        WriteId(json, message);
        if (
            message.AdditionalProperties is { } properties
            && TryMask(properties, static (self, it, tally) => self.Mask(it, PropertiesInfo, tally)) is { } masked
        )
        {
            json.WritePropertyName(PropertiesName);
            json.WriteRawValue(masked.Span, skipInputValidation: true);
        }
        json.WriteEndObject();
    }

    private void Write(Utf8JsonWriter json, AIContent content)
    {
        if (IsPlain(content))
            WriteText(json, ((TextContent)content).Text);
        else if (content is { Annotations: null, AdditionalProperties: null } && content.GetType() == typeof(TextReasoningContent))
            WriteReasoning(json, (TextReasoningContent)content);
        else if (
            UnknownContent.JsonOf(content, ContentInfo) is { } unknown
            && TryMask(unknown, static (self, it, tally) => self.MaskUnknown(it, tally)) is { } known
        )
            json.WriteRawValue(known.Span, skipInputValidation: true);
        else if (TryMask(content, static (self, it, tally) => self.Mask(self.Prepare(it), ContentInfo, tally)) is { } masked)
            json.WriteRawValue(masked.Span, skipInputValidation: true);
        else if (TryMask(content, static (self, it, tally) => self.Mask(self.Flattened(it, tally), ContentInfo, tally)) is { } flat)
            json.WriteRawValue(flat.Span, skipInputValidation: true);
        else // A text is kept without its properties.
            WriteText(json, content.GetType() == typeof(TextContent) ? ((TextContent)content).Text : Note(content));
    }

    /// <summary>Whether a content is a text and nothing else.</summary>
    private static bool IsPlain(AIContent content) =>
        content is { Annotations: null, AdditionalProperties: null } && content.GetType() == typeof(TextContent);

    private void WriteText(Utf8JsonWriter json, string text)
    {
        json.WriteStartObject();
        json.WriteString(TypeName, TextName);
        json.WriteString(TextName, Mask(text));
        json.WriteEndObject();
    }

    private void WriteReasoning(Utf8JsonWriter json, TextReasoningContent content)
    {
        json.WriteStartObject();
        json.WriteString(TypeName, ReasoningName);
        json.WriteString(TextName, Mask(content.Text));
        if (content.ProtectedData is { } data)
            json.WriteString(ProtectedDataName, Mask(data));
        json.WriteEndObject();
    }

    /// <summary>Null when there are several, or none that can be had.</summary>
    private static AIContent? OnlyContentOf(ChatMessage message)
    {
        try
        {
            return message.Contents is [var only] ? only : null;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return null;
        }
    }

    private void WriteContents(Utf8JsonWriter json, ChatMessage message)
    {
        AIContent?[] contents;
        try
        {
            contents = [.. message.Contents];
        }
        // A list of the caller's own may throw anything.
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            contents = [new TextContent(Note(message))];
        }
        foreach (var content in contents)
        {
            if (content is not null)
                Write(json, content);
        }
    }

    /// <summary>The role as it is kept: those that everybody has stay, whatever a redactor would make of the word.</summary>
    private string MaskRole(string role) => RoleOf(role, masker, redactions, part);

    /// <inheritdoc cref="MaskRole"/>
    public static string RoleOf(string role, SecretMasker masker, RedactionTally? tally = null, RedactedPart part = default) =>
        role is "user" or "assistant" or "system" or "tool" ? role : masker.Apply(role, tally, part);

    private string Mask(string text) => masker.Apply(text, redactions, part);

    /// <summary>Null when it cannot be serialised.</summary>
    private ReadOnlyMemory<byte>? TryMask<T>(T value, Func<MessageEncoder, T, RedactionTally?, ReadOnlyMemory<byte>> serialise)
    {
        try
        {
            var tally = redactions is null ? null : new RedactionTally();
            var json = serialise(this, value, tally);
            if (tally is not null)
                redactions!.Add(tally.Redactions);
            return json;
        }
        // Getters, converters and lists of the caller run here, and may throw anything.
        catch (Exception e) when (e is not OutOfMemoryException and not RedactionException)
        {
            return null;
        }
    }

    private ReadOnlyMemory<byte> Mask<T>(T value, JsonTypeInfo<T> typeInfo, RedactionTally? tally)
    {
        ReadOnlyMemory<byte> json = JsonSerializer.SerializeToUtf8Bytes(value, typeInfo);
        var masked = masker.ApplyJson(json, tally, part);
        // What is kept can be read again, whatever was masked: a host in a URI, say, is none any more.
        if (!masked.Equals(json))
            JsonSerializer.Deserialize(masked.Span, typeInfo);
        return masked;
    }

    private ReadOnlyMemory<byte> MaskUnknown(JsonElement content, RedactionTally? tally) =>
        masker.ApplyJson(Encoding.UTF8.GetBytes(content.GetRawText()), tally, part);

    private ReadOnlyMemory<byte> Mask(ChatOptions options, RedactionTally? tally)
    {
        var json = JsonSerializer.SerializeToNode(options, OptionsInfo)!.AsObject();
        if (options.Tools is { Count: > 0 } tools)
            json["tools"] = new JsonArray([.. tools.Select(Describe)]);
        return masker.ApplyJson(Encoding.UTF8.GetBytes(json.ToJsonString(JsonText.Options)), tally, RedactedPart.Options);
    }

    /// <summary>The content with images and files replaced by references, and its link to an artifact noted.</summary>
    private AIContent Prepare(AIContent content)
    {
        if (content.AdditionalProperties?.TryGetValue(Artifact.LinkProperty, out var link) == true && link is string id)
        {
            _artifacts ??= [];
            if (!_artifacts.Contains(id))
                _artifacts.Add(id);
        }
        switch (content)
        {
            case DataContent data:
                var digest = ContentDigest.Of(data.Data.Span);
                (_data ??= [])[digest] = data.Data;
                return DataReference.To(data, digest);
            case FunctionResultContent { Result: AIContent result } function:
                var prepared = Prepare(result);
                return ReferenceEquals(prepared, result) ? DataReference.Foreigner(function) : DataReference.InResult(function, prepared);
            case FunctionResultContent { Result: IEnumerable<AIContent> results } function:
                AIContent[] given = [.. results];
                AIContent[] all = [.. given.Select(Prepare)];
                return all.SequenceEqual(given) ? DataReference.Foreigner(function) : DataReference.InResult(function, all);
            default:
                if (NestedContents.In(content) is not { } within)
                    return DataReference.Foreigner(content);
                AIContent[] nested = [.. within.Select(Prepare)];
                return nested.SequenceEqual(within) ? content : NestedContents.With(content, nested);
        }
    }

    private AIContent Flattened(AIContent content, RedactionTally? tally) =>
        DeepContent.Flattened(Prepare(content), json => masker.ApplyJson(json, tally, part));

    /// <summary>The options without what JSON may not be able to express.</summary>
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
