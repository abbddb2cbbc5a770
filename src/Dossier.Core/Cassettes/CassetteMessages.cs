using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dossier.Storage;

namespace Dossier;

/// <summary>Writes stored messages as a cassette has them: what counts, and of an answer its annotations. The ids of tool calls become numbers.</summary>
internal static class CassetteMessages
{
    /// <summary>The lines of a message.</summary>
    /// <param name="message">The message as it is stored.</param>
    /// <param name="ids">The ids of tool calls so far, which those of the message are added to.</param>
    /// <param name="isAnswer">Whether it came back.</param>
    public static string Write(JsonElement message, List<string> ids, bool isAnswer)
    {
        var lines = new CassetteLines();
        var role = Text(message, "role") ?? "";
        var author = Text(message, "authorName") is { } name ? " " + CassetteLines.Word(name) : "";
        lines.Add($"{(isAnswer ? '<' : '>')} {CassetteLines.Word(role)}{author}");
        var isFirst = true;
        foreach (var content in Joined(message, role is "assistant", isAnswer))
        {
            Write(content, isFirst, ids, isAnswer, lines);
            isFirst = false;
        }
        return lines.ToString();
    }

    /// <summary>The contents; those of an answer joined that came in pieces.</summary>
    private static List<JsonObject> Joined(JsonElement message, bool join, bool isAnswer)
    {
        var joined = new List<JsonObject>();
        if (!message.TryGetProperty("contents", out var contents) || contents.ValueKind is not JsonValueKind.Array)
            return joined;
        foreach (var content in contents.EnumerateArray())
        {
            if (JsonNode.Parse(CanonicalJson.Write(content).Span, documentOptions: RequestForm.Json) is not JsonObject node)
                continue;
            var type = TypeOf(node);
            if (type is "usage")
                continue;
            if (type is not ("text" or "reasoning"))
            {
                joined.Add(node);
                continue;
            }
            var text = new JsonObject { ["$type"] = type, ["text"] = StringOf(node["text"]) ?? "" };
            if (isAnswer && node["annotations"] is JsonArray { Count: > 0 } annotations)
                text["annotations"] = annotations.DeepClone();
            var isPlain = text.Count == 2;
            if (join && isPlain && text["text"]!.GetValue<string>().Length == 0)
                continue;
            if (join && isPlain && joined.LastOrDefault() is { Count: 2 } last && TypeOf(last) == type)
                last["text"] = last["text"]!.GetValue<string>() + text["text"]!.GetValue<string>();
            else
                joined.Add(text);
        }
        return joined;
    }

    private static void Write(JsonObject content, bool isFirst, List<string> ids, bool isAnswer, CassetteLines lines)
    {
        switch (TypeOf(content))
        {
            case "text":
                if (!isFirst)
                    lines.Add("text:");
                lines.AddText(content["text"]!.GetValue<string>());
                if (content["annotations"] is { } annotations)
                    lines.AddValue("annotations", Canonical(annotations));
                return;
            case "reasoning" when content["annotations"] is null:
                lines.Add("reasoning:");
                lines.AddText(content["text"]!.GetValue<string>());
                return;
            case "functionCall"
                when StringOf(content["callId"]) is { } id
                    && StringOf(content["name"]) is { } name
                    && content["arguments"] is null or JsonObject:
                lines.AddValue($"call {NumberOf(id, ids)} {CassetteLines.Name(name)}", CanonicalOrNull(content["arguments"]));
                return;
            case "functionResult"
                when StringOf(content["callId"]) is { } id
                    && StringOf((content["additionalProperties"] as JsonObject)?["dossier.result"]) is null:
                lines.AddValue($"result {NumberOf(id, ids)}", CanonicalOrNull(content["result"]));
                return;
            case "uri"
                when StringOf(content["uri"]) is { } uri
                    && StringOf(content["mediaType"]) is { } type
                    && uri.StartsWith(Scheme, StringComparison.Ordinal)
                    && ContentDigest.TryParse(uri[Scheme.Length..], null, out var digest):
                var name2 = StringOf((content["additionalProperties"] as JsonObject)?["dossier.name"]) is { } file
                    ? " " + CassetteLines.Word(file)
                    : "";
                lines.Add($"data {CassetteLines.Word(type)} {digest}{name2}");
                return;
            default:
                Reduce(content, ids, isAnswer);
                lines.AddValue("content", Canonical(content));
                return;
        }
    }

    /// <summary>The scheme by which stored contents refer to data.</summary>
    public const string Scheme = "dossier-content:";

    /// <summary>Takes out of a content what does not count, and puts numbers in the place of ids.</summary>
    private static void Reduce(JsonObject content, List<string> ids, bool isAnswer)
    {
        var type = TypeOf(content);
        var holdsContents = StringOf((content["additionalProperties"] as JsonObject)?["dossier.result"]) is not null;
        foreach (var name in content.Select(static member => member.Key).ToList())
        {
            var value = content[name];
            if (value is null || name is "protectedData" or "createdAt" || (name is "annotations" && !isAnswer))
                content.Remove(name);
            else if (name is "additionalProperties")
                ReduceProperties(content, value);
            else if (name is "callId" or "requestId" && StringOf(value) is { } id)
                content[name] = NumberOf(id, ids);
            else if (type is not ("functionCall" or "functionResult") || (holdsContents && name is "result"))
                ForContents(value, nested => Reduce(nested, ids, isAnswer));
        }
    }

    private static void ReduceProperties(JsonObject content, JsonNode value)
    {
        if (value is JsonObject properties)
            foreach (
                var other in properties
                    .Select(static it => it.Key)
                    .Where(static it => !it.StartsWith("dossier.", StringComparison.Ordinal))
                    .ToList()
            )
                properties.Remove(other);
        if (value is not JsonObject { Count: > 0 })
            content.Remove("additionalProperties");
    }

    /// <summary>Does something with every content that a value is or holds.</summary>
    public static void ForContents(JsonNode? value, Action<JsonObject> action)
    {
        if (value is JsonArray items)
            foreach (var item in items)
                ForContents(item, action);
        else if (value is JsonObject content && TypeOf(content) is not null)
            action(content);
    }

    public static string? TypeOf(JsonObject content) => StringOf(content["$type"]);

    public static string? StringOf(JsonNode? node) =>
        node is JsonValue value && value.GetValueKind() is JsonValueKind.String ? value.GetValue<string>() : null;

    private static ReadOnlyMemory<byte>? CanonicalOrNull(JsonNode? node)
    {
        if (node is null)
            return null;
        return Canonical(node);
    }

    public static ReadOnlyMemory<byte> Canonical(JsonNode node)
    {
        using var document = JsonDocument.Parse(Encoding.UTF8.GetBytes(node.ToJsonString(s_deep)), RequestForm.Json);
        return CanonicalJson.Write(document.RootElement);
    }

    private static readonly JsonSerializerOptions s_deep = new(JsonText.Options) { MaxDepth = 512 };

    private static string? Text(JsonElement value, string name) =>
        value.TryGetProperty(name, out var text) && text.ValueKind is JsonValueKind.String ? text.GetString() : null;

    private static int NumberOf(string id, List<string> ids)
    {
        var at = ids.IndexOf(id);
        if (at >= 0)
            return at + 1;
        ids.Add(id);
        return ids.Count;
    }
}
