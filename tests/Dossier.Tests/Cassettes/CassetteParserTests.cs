using System.Text;
using CsCheck;

namespace Dossier.Tests.Cassettes;

/// <summary>What is no cassette is refused by its line; nothing else comes of it.</summary>
public sealed class CassetteParserTests
{
    private static readonly string s_valid = """
        dossier cassette 1

        # chat first/large
        step: "ask it" sha256:0000000000000000000000000000000000000000000000000000000000000000
        option temperature: 0.2
        property seed: 7
        tool: {"name":"weather"}

        > system
        | You are brief.
        |"You keep names. "

        > user Ada
        | How is it?
        text:
        |
        data image/png sha256:0000000000000000000000000000000000000000000000000000000000000000 cat.png

        < assistant
        reasoning:
        | Let me see.
        call 1 weather: {"city":"Rome"}
        by: second/small
        model: -
        usage: input 7, output 3

        < tool
        result 1:
          {
            "sky": "clear"
          }

        < assistant
        | It is sunny.
        annotations: []
        content: {"$type":"mcpServerToolCall","callId":2,"name":"x"}
        data text/plain sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
        model: large-2026
        usage: input 10, cached-input 2, output 4
        finish: stop

        bytes sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
        : aGVsbG8=

        # chat first/large
        after: 1

        > user
        | And?

        < assistant
        | Well.
        model: large-2026

        # embedding first/vector

        > user
        | Me

        no answer

        """.ReplaceLineEndings("\n");

    [Fact]
    public void Cassette_IsRead()
    {
        var cassette = Parse(s_valid);

        cassette
            .Calls.Select(call => (call.Line, call.HasAnswer, call.Request.Count, call.Answer.Count, call.Servings.Count))
            .Should()
            .Equal((3, true, 2, 3, 2), (45, true, 1, 1, 1), (55, false, 1, 0, 0));
        cassette.Data.Should().ContainSingle();
    }

    [Fact]
    public void LineEndsOfAnotherSystemAndAMark_ChangeNothing()
    {
        var cassette = Parse("\uFEFF" + s_valid.Replace("\n", "\r\n", StringComparison.Ordinal));

        cassette
            .Calls[0]
            .Request.Select(it => Encoding.UTF8.GetString(it.Span))
            .Should()
            .Equal(Parse(s_valid).Calls[0].Request.Select(it => Encoding.UTF8.GetString(it.Span)));
    }

    [Theory]
    [InlineData("dossier cassette 1", "{}", 1, "'dossier cassette 1'")]
    [InlineData("dossier cassette 1", "dossier cassette one", 1, "the version of a cassette from 1")]
    [InlineData("# chat first/large", "# talk first/large", 3, "'# chat ' or '# embedding '")]
    [InlineData("# chat first/large", "# chat large", 3, "provider/model")]
    [InlineData("step: \"ask it\" sha256:00", "step: \"ask it\" sha256:zz", 4, "64 hex digits")]
    [InlineData("step: \"ask it\"", "step: \"ask it", 4, "the name of the step")]
    [InlineData("0.2", "0,2", 5, "JSON")]
    [InlineData("property seed: 7", "property seed", 6, "its value behind a colon")]
    [InlineData("tool: {\"name\":\"weather\"}", "tool: 7", 7, "a JSON object")]
    [InlineData("option temperature: 0.2", "option tools: []", 5, "another option")]
    [InlineData("| You are brief.", "You are brief.", 10, "an answer")]
    [InlineData("|\"You keep names. \"", "|\"You keep names. ", 11, "in quotes")]
    [InlineData("|\"You keep names. \"", "|You keep names.", 11, "'| ' and a line of text")]
    [InlineData("text:\n|\n", "text:\n", 16, "'| ' and a line of text")]
    [InlineData("call 1 weather", "call 2 weather", 22, "from 1 to 1")]
    [InlineData("call 1 weather: {\"city\":\"Rome\"}", "call 1 weather: [1]", 22, "a JSON object")]
    [InlineData("by: second/small\n", "by: second/small\nby: second/small\n", 24, "'model:'")]
    [InlineData("usage: input 7, output 3", "usage: output 3, input 7", 25, "in the order of")]
    [InlineData("usage: input 7, output 3", "usage: input -7", 25, "a number of tokens")]
    [InlineData("    \"sky\": \"clear\"", "    \"sky\": clear", 30, "JSON")]
    [InlineData("    \"sky\": \"clear\"", "    \"sky\": 1, \"sky\": 2", 29, "JSON")]
    [InlineData("\"callId\":2", "\"callId\":9", 36, "from 1 to 2")]
    [InlineData("{\"$type\":\"mcpServerToolCall\",\"callId\":2,\"name\":\"x\"}", "{}", 36, "\"$type\"")]
    [InlineData(": aGVsbG8=", ": aGVsbGw=", 42, "its bytes in base64")]
    [InlineData(
        "bytes sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\n: aGVsbG8=\n",
        "",
        33,
        "bytes sha256:2cf24"
    )]
    [InlineData("after: 1", "after: 2", 46, "how many calls back from 1 to 1")]
    [InlineData("model: large-2026\n\n# embedding", "# embedding", 53, "an answer")]
    [InlineData("no answer", "< assistant\n| x\nno answer", 62, "an answer, since messages")]
    [InlineData("no answer\n", "", 60, "'no answer'")]
    [InlineData("no answer\n", "no answer\nsurely\n", 61, "'# chat '")]
    public void EditedIntoNonsense_SaysWhereAndWhat(string text, string edited, int line, string expected)
    {
        s_valid.Should().Contain(text);
        var at = s_valid.IndexOf(text, StringComparison.Ordinal);
        var parse = () => Parse(s_valid[..at] + edited + s_valid[(at + text.Length)..]);

        var refused = parse.Should().Throw<CassetteException>().Which;
        refused.Expected.Should().Contain(expected);
        refused.Line.Should().Be(line);
        refused.Cassette.Should().Be("test.cassette");
        refused
            .Message.Should()
            .StartWith($"Cassette 'test.cassette' cannot be read: line {line} should be ")
            .And.EndWith("set to record.");
    }

    [Fact]
    public void NewerVersion_IsRefusedByName()
    {
        var parse = () => Parse("dossier cassette 2\nanything\n");

        parse
            .Should()
            .Throw<CassetteException>()
            .WithMessage(
                "Cassette 'test.cassette' has version 2; this version of Dossier reads up to 1. Update Dossier, or record it anew."
            );
    }

    [Fact]
    public void WhatIsNoText_IsRefused()
    {
        var parse = () => CassetteParser.Parse("x", [.. "dossier cassette 1\n\n"u8, 0xFF, 0xFE]);

        parse.Should().Throw<CassetteException>().Which.Line.Should().Be(3);
    }

    [Fact]
    public void TooLarge_IsRefused()
    {
        var parse = () => CassetteParser.Parse("x", new byte[Cassette.MostBytes + 1]);

        parse.Should().Throw<CassetteException>().WithMessage("*more than the 64 MiB*");
    }

    [Fact]
    public void HistoriesThatGrowWithoutEnd_AreRefused()
    {
        var text = new StringBuilder("dossier cassette 1\n");
        for (var i = 0; i < 1_500; i++)
            text.Append("# chat a/b\n").Append(i == 0 ? "" : "after: 1\n").Append("> user\n| x\n< assistant\n| y\nmodel: -\n");
        var parse = () => Parse(text.ToString());

        parse.Should().Throw<CassetteException>().WithMessage("*more than 1,000,000 messages*");
    }

    [Fact]
    public void AnyEdit_IsACassetteOrATypedError()
    {
        string[] pieces =
        [
            .. s_valid.Split('\n'),
            "",
            " ",
            ":",
            "\"",
            "\\",
            "{",
            "[",
            "1",
            "-1",
            "99999999999",
            "\0",
            "\uFFFF",
            "after: 1",
            "text:",
        ];
        var edit = Gen.Select(Gen.Int[0, s_valid.Length], Gen.Int[0, 40], Gen.Int[0, pieces.Length - 1], Gen.Bool);

        edit.Array[1, 6]
            .Sample(
                edits =>
                {
                    var text = s_valid;
                    foreach (var (place, length, index, isLine) in edits)
                    {
                        var at = Math.Min(place, text.Length);
                        text = text[..at] + (isLine ? $"\n{pieces[index]}\n" : pieces[index]) + text[Math.Min(text.Length, at + length)..];
                    }
                    try
                    {
                        Parse(text);
                    }
                    catch (CassetteException e)
                    {
                        e.Line.Should().BeInRange(0, text.Split('\n').Length);
                    }
                },
                iter: 5_000
            );
    }

    private static Cassette Parse(string text) => CassetteParser.Parse("test.cassette", Encoding.UTF8.GetBytes(text));
}
