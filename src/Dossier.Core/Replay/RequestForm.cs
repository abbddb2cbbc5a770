using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Dossier.Storage;

namespace Dossier;

/// <summary>
/// The canonical form of what a model is sent, version 1: made of messages and options as they are stored, so that a store of any version can be
/// replayed. What counts is documented in docs/replay.md; to change it takes another version.
/// </summary>
internal static class RequestForm
{
    private const string ResultProperty = "dossier.result";
    private const string NameProperty = "dossier.name";

    /// <summary>How stored JSON is read: what tools take and return may be deep.</summary>
    public static readonly JsonDocumentOptions Json = new() { MaxDepth = 512 };

    /// <summary>Of a stored content: a message, or the list of messages that an earlier version kept an answer as.</summary>
    public static IReadOnlyList<CanonicalMessage> OfMessages(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(MessageEncoder.ToJson(json), Json);
        return document.RootElement.ValueKind is JsonValueKind.Array
            ? [.. document.RootElement.EnumerateArray().Select(OfMessage)]
            : [OfMessage(document.RootElement)];
    }

    /// <summary>The digest of what counts of options; null when nothing does.</summary>
    /// <param name="json">The options as they are stored.</param>
    /// <param name="isFollowUp">Whether they are of a model call after the first: what makes a model use a tool holds for that one only.</param>
    public static ContentDigest? OfOptions(ReadOnlyMemory<byte> json, bool isFollowUp)
    {
        var output = new ArrayBufferWriter<byte>();
        var isFirst = true;
        foreach (var (name, value) in OptionsOf(json, isFollowUp))
        {
            output.Write(isFirst ? "{"u8 : ","u8);
            CanonicalJson.Write(name, output);
            output.Write(":"u8);
            output.Write(value.Span);
            isFirst = false;
        }
        if (isFirst)
            return null;
        output.Write("}"u8);
        return ContentDigest.Of(output.WrittenSpan);
    }

    /// <summary>What counts of options, by name; a tool stands under <c>tool 'NAME'</c>.</summary>
    public static IReadOnlyList<(string Name, ReadOnlyMemory<byte> Value)> OptionsOf(ReadOnlyMemory<byte> json, bool isFollowUp)
    {
        using var document = JsonDocument.Parse(json, Json);
        var options = new List<(string Name, ReadOnlyMemory<byte> Value)>();
        foreach (var member in document.RootElement.EnumerateObject())
        {
            if (member.Value.ValueKind is JsonValueKind.Null || member.Name is "conversationId" or "modelId" or "continuationToken")
                continue;
            if (member.Name is "toolMode" && isFollowUp && TypeOf(member.Value) is "required")
                continue;
            if (member.Name is "tools" && member.Value.ValueKind is JsonValueKind.Array)
                options.AddRange(member.Value.EnumerateArray().Select(tool => ($"tool '{Text(tool, "name")}'", CanonicalJson.Write(tool))));
            else if (member.Name is "additionalProperties" && member.Value.ValueKind is JsonValueKind.Object)
                options.AddRange(
                    member
                        .Value.EnumerateObject()
                        .Where(property => !property.Name.StartsWith("dossier.", StringComparison.Ordinal))
                        .Select(property => ($"property '{property.Name}'", CanonicalJson.Write(property.Value)))
                );
            else
                options.Add((member.Name, CanonicalJson.Write(member.Value)));
        }
        options.Sort(static (left, right) => string.CompareOrdinal(left.Name, right.Name));
        return options;
    }

    /// <summary>Whether a message is an answer without contents, as which a stream may end that brings nothing but usage: it does not count.</summary>
    public static bool SaysNothing(JsonElement message, IReadOnlyList<ReadOnlyMemory<byte>> parts) =>
        parts.Count == 1 && Text(message, "role") is "assistant";

    /// <summary>The contents of a message, each in its canonical form, behind its role and author.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> PartsOf(JsonElement message, List<string> callIds)
    {
        var isAnswer = Text(message, "role") is "assistant";
        var head = new ArrayBufferWriter<byte>();
        head.Write("{"u8);
        if (Text(message, "authorName") is { } author)
        {
            head.Write("\"author\":"u8);
            CanonicalJson.Write(author, head);
            head.Write(","u8);
        }
        head.Write("\"role\":"u8);
        CanonicalJson.Write(Text(message, "role") ?? "", head);
        head.Write("}"u8);
        var parts = new List<ReadOnlyMemory<byte>> { head.WrittenMemory };
        (string Type, StringBuilder Text)? whole = null;
        if (message.TryGetProperty("contents", out var contents) && contents.ValueKind is JsonValueKind.Array)
            foreach (var content in contents.EnumerateArray())
            {
                var type = TypeOf(content);
                if (type is "usage")
                    continue;
                // In how many pieces an answer came does not matter.
                if (isAnswer && type is "text" or "reasoning")
                {
                    if (Text(content, "text") is not { Length: > 0 } piece)
                        continue;
                    if (whole is { } other && other.Type != type)
                        EndText();
                    whole ??= (type, new());
                    whole.Value.Text.Append(piece);
                    continue;
                }
                EndText();
                var output = new ArrayBufferWriter<byte>();
                WriteContent(content, output, callIds);
                parts.Add(output.WrittenMemory);
            }
        EndText();
        return parts;

        void EndText()
        {
            if (whole is { } it)
            {
                var output = new ArrayBufferWriter<byte>();
                WriteText(it.Type, it.Text.ToString(), output);
                parts.Add(output.WrittenMemory);
            }
            whole = null;
        }
    }

    private static CanonicalMessage OfMessage(JsonElement message)
    {
        var callIds = new List<string>();
        var output = new ArrayBufferWriter<byte>();
        var parts = PartsOf(message, callIds);
        foreach (var part in parts)
        {
            output.Write(part.Span);
            output.Write("\n"u8);
        }
        return new(ContentDigest.Of(output.WrittenSpan).ToString(), callIds, Text(message, "role") is "tool", SaysNothing(message, parts));
    }

    private static void WriteText(string type, string text, ArrayBufferWriter<byte> output)
    {
        output.Write("{\"$type\":"u8);
        CanonicalJson.Write(type, output);
        output.Write(",\"text\":"u8);
        CanonicalJson.Write(text, output);
        output.Write("}"u8);
    }

    private static void WriteContent(JsonElement content, ArrayBufferWriter<byte> output, List<string> callIds)
    {
        if (content.ValueKind is not JsonValueKind.Object)
        {
            output.Write(CanonicalJson.Write(content).Span);
            return;
        }
        var type = TypeOf(content);
        if (type is "text" or "reasoning")
        {
            WriteText(type, Text(content, "text") ?? "", output);
            return;
        }
        var holdsContents = Property(content, ResultProperty) is not null;
        var members = content.EnumerateObject().Where(member => Counts(type, member.Name)).ToList();
        members.Sort(static (left, right) => string.CompareOrdinal(left.Name, right.Name));
        var isFirst = true;
        foreach (var member in members)
        {
            if (member.Value.ValueKind is JsonValueKind.Null)
                continue;
            Begin(member.Name);
            if (member.Name is "callId" or "requestId" && member.Value.ValueKind is JsonValueKind.String)
                output.Write(Encoding.ASCII.GetBytes(NumberOf(member.Value.GetString()!).ToString(CultureInfo.InvariantCulture)));
            else if (type is "functionCall" or "functionResult" && !(holdsContents && member.Name is "result"))
                output.Write(CanonicalJson.Write(member.Value).Span);
            else
                WriteWithin(member.Value);
        }
        if (Property(content, NameProperty) is { } name)
        {
            Begin("~name");
            CanonicalJson.Write(name, output);
        }
        output.Write(isFirst ? "{}"u8 : "}"u8);

        void Begin(string name)
        {
            output.Write(isFirst ? "{"u8 : ","u8);
            CanonicalJson.Write(name, output);
            output.Write(":"u8);
            isFirst = false;
        }

        void WriteWithin(JsonElement value)
        {
            if (value.ValueKind is JsonValueKind.Array)
            {
                output.Write("["u8);
                var isFirstItem = true;
                foreach (var item in value.EnumerateArray())
                {
                    output.Write(isFirstItem ? ""u8 : ","u8);
                    WriteWithin(item);
                    isFirstItem = false;
                }
                output.Write("]"u8);
            }
            else if (TypeOf(value) is not null)
                WriteContent(value, output, callIds);
            else
                output.Write(CanonicalJson.Write(value).Span);
        }

        int NumberOf(string id)
        {
            var at = callIds.IndexOf(id);
            if (at >= 0)
                return at + 1;
            callIds.Add(id);
            return callIds.Count;
        }
    }

    /// <summary>What says nothing to the model does not count.</summary>
    private static bool Counts(string? type, string member) =>
        type switch
        {
            "functionCall" => member is "$type" or "callId" or "name" or "arguments",
            "functionResult" => member is "$type" or "callId" or "result",
            _ => member is not ("additionalProperties" or "annotations" or "protectedData" or "createdAt"),
        };

    private static string? TypeOf(JsonElement value) => value.ValueKind is JsonValueKind.Object ? Text(value, "$type") : null;

    private static string? Property(JsonElement content, string name) =>
        content.TryGetProperty("additionalProperties", out var properties) && properties.ValueKind is JsonValueKind.Object
            ? Text(properties, name)
            : null;

    private static string? Text(JsonElement value, string name) =>
        value.TryGetProperty(name, out var text) && text.ValueKind is JsonValueKind.String ? text.GetString() : null;
}

/// <summary>A message as far as it counts.</summary>
/// <param name="Digest">The digest of its canonical form, in which the ids of tool calls are numbered by their order within it.</param>
/// <param name="CallIds">Those ids, in that order.</param>
/// <param name="IsOfTools">Whether it brings results of tools.</param>
/// <param name="SaysNothing">Whether it does not count.</param>
internal sealed record CanonicalMessage(string Digest, IReadOnlyList<string> CallIds, bool IsOfTools, bool SaysNothing);
