using System.Text.Json.Nodes;

namespace Dossier;

/// <summary>Reads the contents of one message of a cassette into the form in which they are stored.</summary>
/// <param name="location">Where the cassette is.</param>
/// <param name="cursor">Where it is read.</param>
/// <param name="ids">The ids of tool calls so far, which those of the message are added to.</param>
/// <param name="prefix">What an id begins with: no two answers may have the same.</param>
/// <param name="isAnswer">Whether the message came back.</param>
internal sealed class CassetteContents(string location, CassetteCursor cursor, List<string> ids, string prefix, bool isAnswer)
{
    public JsonArray Parse()
    {
        var contents = new JsonArray();
        if (cursor.StartsWith("|"))
            AddText(contents, cursor.TakeText());
        for (cursor.SkipBlank(); TryTake(contents); cursor.SkipBlank()) { }
        return contents;
    }

    private bool TryTake(JsonArray contents)
    {
        if (cursor.Is("text:"))
        {
            cursor.Next();
            AddText(contents, cursor.TakeText());
        }
        else if (cursor.Is("reasoning:"))
        {
            cursor.Next();
            contents.Add((JsonNode)new JsonObject { ["$type"] = "reasoning", ["text"] = cursor.TakeText() });
        }
        else if (cursor.TryTake("call "))
            contents.Add((JsonNode)Call());
        else if (cursor.TryTake("result "))
            contents.Add((JsonNode)Result());
        else if (cursor.TryTake("data "))
            contents.Add((JsonNode)Data());
        else if (cursor.TryTake("content"))
            contents.Add((JsonNode)Other());
        else
            return false;
        return true;
    }

    private void AddText(JsonArray contents, string text)
    {
        var content = new JsonObject { ["$type"] = "text", ["text"] = text };
        var line = cursor.Line;
        if (isAnswer && cursor.TryTake("annotations"))
            content["annotations"] = Node("annotations") is JsonArray list ? list : throw Unexpected(line, "annotations as a JSON array");
        contents.Add((JsonNode)content);
    }

    private JsonObject Call()
    {
        var id = Id();
        cursor.Expect(" ");
        var (line, name) = (cursor.Line, cursor.TakeWord("the name of a tool", isBeforeColon: true));
        var call = new JsonObject
        {
            ["$type"] = "functionCall",
            ["callId"] = id,
            ["name"] = name,
        };
        if (cursor.TakeValue("arguments") is { } arguments)
            call["arguments"] = NodeOf(arguments) is JsonObject members ? members : throw Unexpected(line, "arguments as a JSON object");
        return call;
    }

    private JsonObject Result()
    {
        var result = new JsonObject { ["$type"] = "functionResult", ["callId"] = Id() };
        if (cursor.TakeValue("a result") is { } value)
            result["result"] = NodeOf(value);
        return result;
    }

    private JsonObject Data()
    {
        var type = cursor.TakeWord("a media type");
        cursor.Expect(" ");
        var data = new JsonObject
        {
            ["$type"] = "uri",
            ["uri"] = CassetteMessages.Scheme + cursor.TakeDigest(),
            ["mediaType"] = type,
        };
        if (cursor.TryTake(" ") && !cursor.IsDone)
            data["additionalProperties"] = new JsonObject { ["dossier.name"] = cursor.TakeWord("a name") };
        cursor.End("a media type, a digest and a name");
        return data;
    }

    private JsonObject Other()
    {
        var line = cursor.Line;
        if (Node("a content") is not JsonObject content || CassetteMessages.TypeOf(content) is null)
            throw Unexpected(line, "a content as a JSON object with a \"$type\"");
        Restore(content, line);
        return content;
    }

    /// <summary>Puts ids where numbers stand for them, in the places that <see cref="CassetteMessages"/> took them from.</summary>
    private void Restore(JsonObject content, int line)
    {
        var type = CassetteMessages.TypeOf(content);
        var holdsContents = CassetteMessages.StringOf((content["additionalProperties"] as JsonObject)?["dossier.result"]) is not null;
        foreach (var name in content.Select(static member => member.Key).ToList())
        {
            if (name is "callId" or "requestId" && content[name] is JsonValue value && value.TryGetValue<int>(out var number))
                content[name] = IdOf(number) ?? throw Unexpected(line, $"a number of a tool call from 1 to {ids.Count + 1} as its {name}");
            else if (type is not ("functionCall" or "functionResult") || (holdsContents && name is "result"))
                CassetteMessages.ForContents(content[name], nested => Restore(nested, line));
        }
    }

    private string Id()
    {
        var number = cursor.TakeNumber("the number of a tool call", ids.Count + 1);
        return IdOf(number)!;
    }

    private string? IdOf(int number)
    {
        if (number < 1 || number > ids.Count + 1)
            return null;
        if (number == ids.Count + 1)
            ids.Add(prefix + number.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return ids[number - 1];
    }

    private JsonNode? Node(string what)
    {
        var line = cursor.Line;
        return cursor.TakeValue(what) is { } json ? NodeOf(json) : throw Unexpected(line, $"{what} behind a colon");
    }

    private static JsonNode? NodeOf(ReadOnlyMemory<byte> json) => JsonNode.Parse(json.Span, documentOptions: RequestForm.Json);

    private CassetteException Unexpected(int line, string expected) =>
        CassetteException.Unexpected(location, line, expected, "something else");
}
