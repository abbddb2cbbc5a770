using System.Text.Json;
using System.Text.Json.Nodes;
using Dossier.Storage;

namespace Dossier;

/// <summary>Reads a cassette, strictly: what a hand has edited is either a cassette again or an error that says where. Used by one caller.</summary>
internal sealed class CassetteParser
{
    private readonly string _location;
    private readonly CassetteCursor _cursor;
    private readonly List<CassetteCall> _calls = [];
    private readonly Dictionary<ContentDigest, ReadOnlyMemory<byte>> _data = [];

    // What answers refer to, and where.
    private readonly List<(ContentDigest Digest, int Line)> _references = [];

    // Of each call: how many messages it was sent and answered, and the ids of their tool calls.
    private readonly List<(int Messages, IReadOnlyList<string> Ids)> _histories = [];
    private long _messages;

    private CassetteParser(string location, ReadOnlySpan<byte> utf8) =>
        (_location, _cursor) = (location, CassetteCursor.Of(location, utf8));

    /// <exception cref="CassetteException">It is no cassette, or one of a newer version.</exception>
    public static Cassette Parse(string location, ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > Cassette.MostBytes)
            throw CassetteException.TooLarge(location, $"more than the {Cassette.MostBytes / 1024 / 1024} MiB of a cassette");
        return new CassetteParser(location, utf8).Parse();
    }

    private Cassette Parse()
    {
        if (!_cursor.TryTake(Cassette.Head))
            throw _cursor.Unexpected($"'{Cassette.Head}{Cassette.Version}'");
        var version = _cursor.TakeNumber("the version of a cassette", int.MaxValue);
        if (version > Cassette.Version)
            throw new CassetteException(
                _location,
                1,
                $"version {Cassette.Version}",
                $"Cassette '{_location}' has version {version}; this version of Dossier reads up to {Cassette.Version}. Update Dossier, or record it anew."
            );
        _cursor.End("the version of a cassette");
        for (_cursor.SkipBlank(); !_cursor.IsAtEnd; _cursor.SkipBlank())
            ParseCall();
        foreach (var (digest, line) in _references)
            if (!_data.ContainsKey(digest))
                throw CassetteException.Unexpected(
                    _location,
                    line,
                    $"data whose bytes are in the file, under 'bytes {digest}'",
                    $"data {digest}"
                );
        return new(_location, _calls, _data);
    }

    private void ParseCall()
    {
        var line = _cursor.Line;
        if (!_cursor.TryTake("# "))
            throw _cursor.Unexpected("'# chat ' or '# embedding ' and a model");
        var operation =
            _cursor.TryTake("chat ") ? ResponseOperation.Chat
            : _cursor.TryTake("embedding ") ? ResponseOperation.Embedding
            : throw _cursor.Unexpected("'# chat ' or '# embedding ' and a model");
        var model = TakeModel();
        CassetteStep? step = null;
        if (_cursor.TryTake("step: "))
        {
            var name = _cursor.TakeWord("the name of the step");
            _cursor.Expect(" ");
            step = new(name, _cursor.TakeDigest());
            _cursor.End("the step");
        }
        var (back, ids, before) = (0, new List<string>(), 0);
        if (_cursor.TryTake("after: "))
        {
            back = _cursor.TakeNumber("how many calls back", _calls.Count);
            _cursor.End("how many calls back");
            if (!_calls[^back].HasAnswer)
                throw CassetteException.Unexpected(_location, _cursor.Line - 1, "a call that has an answer", $"after: {back}");
            (before, var known) = _histories[^back];
            ids.AddRange(known);
        }
        var options = ParseOptions();
        var request = ParseMessages('>', ids, isAnswer: false);
        var (answer, servings) = ParseAnswer(ids);
        var hasAnswer = !_cursor.Is("no answer");
        if (!hasAnswer)
            _cursor.Next();
        Check(answer, servings, hasAnswer);
        ParseData();
        _messages += before + request.Count + answer.Count;
        if (_messages > Cassette.MostMessages)
            throw CassetteException.TooLarge(_location, $"more than {Cassette.MostMessages:N0} messages");
        _histories.Add((before + request.Count + answer.Count, ids));
        _calls.Add(
            new()
            {
                Line = line,
                Operation = operation,
                Model = model,
                Step = step,
                Back = back,
                Options = options,
                Request = request,
                Answer = answer,
                Servings = servings,
                HasAnswer = hasAnswer,
            }
        );
    }

    private ModelReference TakeModel()
    {
        var name = _cursor.TakeWord("a model");
        if (name.IndexOf('/', StringComparison.Ordinal) is not (> 0 and var slash))
            throw _cursor.Unexpected("a model as provider/model");
        _cursor.End("a model");
        return new(name[..slash], name[(slash + 1)..]);
    }

    private ReadOnlyMemory<byte>? ParseOptions()
    {
        var options = new JsonObject();
        for (_cursor.SkipBlank(); _cursor.TryTake("option "); _cursor.SkipBlank())
        {
            var name = _cursor.TakeWord("the name of the option", isBeforeColon: true);
            if (name is "tools" or "additionalProperties" || options.ContainsKey(name))
                throw _cursor.Unexpected("another option");
            options[name] = TakeNode("its value");
        }
        var properties = new JsonObject();
        for (; _cursor.TryTake("property "); _cursor.SkipBlank())
        {
            var name = _cursor.TakeWord("the name of the property", isBeforeColon: true);
            if (properties.ContainsKey(name))
                throw _cursor.Unexpected("another property");
            properties[name] = TakeNode("its value");
        }
        var tools = new JsonArray();
        for (; _cursor.TryTake("tool"); _cursor.SkipBlank())
        {
            var line = _cursor.Line;
            if (TakeNode("the tool") is not JsonObject tool)
                throw CassetteException.Unexpected(_location, line, "a tool as a JSON object", "something else");
            tools.Add((JsonNode)tool);
        }
        if (properties.Count > 0)
            options["additionalProperties"] = properties;
        if (tools.Count > 0)
            options["tools"] = tools;
        ReadOnlyMemory<byte>? none = null;
        return options.Count > 0 ? CassetteMessages.Canonical(options) : none;
    }

    private JsonNode TakeNode(string what)
    {
        var line = _cursor.Line;
        return _cursor.TakeValue(what) is { } json && JsonNode.Parse(json.Span, documentOptions: RequestForm.Json) is { } node
            ? node
            : throw CassetteException.Unexpected(_location, line, $"{what} behind a colon", "nothing");
    }

    private (List<ReadOnlyMemory<byte>> Answer, List<CassetteServing> Servings) ParseAnswer(List<string> ids)
    {
        var (answer, servings) = (new List<ReadOnlyMemory<byte>>(), new List<CassetteServing>());
        while (true)
        {
            answer.AddRange(ParseMessages('<', ids, isAnswer: true));
            if (!_cursor.StartsWith("by: ") && !_cursor.StartsWith("model: "))
                return (answer, servings);
            var by = _cursor.TryTake("by: ") ? TakeModel() : null;
            _cursor.Expect("model: ");
            var model = _cursor.TakeWord("the model that answered");
            model = _cursor.StartsWith("model: -") && model is "-" ? null : model;
            _cursor.End("the model that answered");
            var usage = _cursor.TryTake("usage: ") ? CassetteUsage.Take(_cursor) : null;
            string? finish = null;
            if (_cursor.TryTake("finish: "))
            {
                finish = _cursor.TakeWord("why the model stopped");
                _cursor.End("why the model stopped");
            }
            servings.Add(new(answer.Count, by, model, usage, finish));
            _cursor.SkipBlank();
        }
    }

    private List<ReadOnlyMemory<byte>> ParseMessages(char direction, List<string> ids, bool isAnswer)
    {
        var messages = new List<ReadOnlyMemory<byte>>();
        for (_cursor.SkipBlank(); _cursor.TryTake(direction + " "); _cursor.SkipBlank())
        {
            var line = _cursor.Line;
            var role = _cursor.TakeWord("a role");
            var author = _cursor.TryTake(" ") && !_cursor.IsDone ? _cursor.TakeWord("an author") : null;
            _cursor.End(author is null ? "a role" : "an author");
            var message = new JsonObject();
            if (author is not null)
                message["authorName"] = author;
            message["role"] = role;
            message["contents"] = new CassetteContents(_location, _cursor, ids, $"call_{_calls.Count + 1}_", isAnswer).Parse();
            var json = CassetteMessages.Canonical(message);
            CheckReadable(json, line, isAnswer);
            messages.Add(json);
        }
        return messages;
    }

    /// <summary>What a replay does with it, it can do.</summary>
    private void CheckReadable(ReadOnlyMemory<byte> json, int line, bool isAnswer)
    {
        try
        {
            if (!isAnswer)
                return;
            var message = MessageEncoder.DecodeMessage(json);
            _references.AddRange(DataReference.DigestsIn(message.Contents).Select(digest => (digest, line)));
        }
        catch (Exception e)
            when (e is JsonException or NotSupportedException or FormatException or ArgumentException or InvalidOperationException)
        {
            throw CassetteException.Unexpected(_location, line, "a message whose contents can be read", "one whose contents cannot", e);
        }
    }

    private void Check(List<ReadOnlyMemory<byte>> answer, List<CassetteServing> servings, bool hasAnswer)
    {
        if (hasAnswer && (servings.Count == 0 || servings[^1].End != answer.Count))
            throw _cursor.Unexpected("an answer ('< assistant', and behind it 'model: ' and the model that gave it), or 'no answer'");
        var calls = ToolLoop.Split([.. answer.Select(IsOfTools)]);
        if (servings.Count > 1 && servings.Count != calls.Count)
            throw _cursor.Unexpected($"an answer with one 'model: ' at its end, or one for each of its {calls.Count} model calls");
        if (!hasAnswer && answer.Count > 0 && !IsOfTools(answer[^1]))
            throw CassetteException.Unexpected(_location, _cursor.Line - 1, "an answer, since messages of one came back", "no answer");
    }

    private static bool IsOfTools(ReadOnlyMemory<byte> message) => RequestForm.OfMessages(message)[0].IsOfTools;

    private void ParseData()
    {
        for (_cursor.SkipBlank(); _cursor.TryTake("bytes "); _cursor.SkipBlank())
        {
            var (line, digest) = (_cursor.Line, _cursor.TakeDigest());
            _cursor.End("a digest");
            var base64 = new System.Text.StringBuilder();
            for (; _cursor.TryTake(": "); _cursor.Next())
                base64.Append(_cursor.TakeWord("a line of base64"));
            var bytes = new byte[base64.Length / 4 * 3];
            if (
                !Convert.TryFromBase64String(base64.ToString(), bytes, out var length)
                || ContentDigest.Of(bytes.AsSpan(0, length)) != digest
            )
                throw CassetteException.Unexpected(_location, line, "a digest with its bytes in base64 below", "other bytes");
            _data[digest] = bytes.AsMemory(0, length);
        }
    }
}
