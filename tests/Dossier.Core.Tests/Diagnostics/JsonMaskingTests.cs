using System.Text;
using System.Text.Json;

namespace Dossier.Core.Tests.Diagnostics;

public sealed class JsonMaskingTests
{
    private const string Shaped = "sk-proj-abcDEF123456_7890";

    private static readonly SecretMasker Masker = new(["my+base64/key==", "12345678", "contents", "pass\"word\\1", "schlüssel-4711"]);

    [Theory]
    [InlineData("\\n")]
    [InlineData("\\t")]
    [InlineData("\\r\\n")]
    [InlineData("\\\"")]
    [InlineData("\\\\")]
    [InlineData("\\u0020")]
    [InlineData("\\u00A0")]
    [InlineData("\\uD83D\\uDE00")]
    [InlineData("\\uD83D")]
    public void KeyAfterAnEscape_IsMasked(string escape)
    {
        Apply($$"""{"text":"my keys:{{escape}}{{Shaped}}{{escape}}"}""").Should().NotContain(Shaped).And.Contain("[masked]");
    }

    [Theory]
    [InlineData("""["my+base64/key=="]""", 1)]
    [InlineData("""["my\u002Bbase64/key=="]""", 1)]
    [InlineData("""["my\u002bbase64\/key\u003D="]""", 1)]
    [InlineData("""["\u0073k-proj-abcDEF123456_7890"]""", 1)]
    [InlineData("""["Bearer abc\/def\/ghi\/jkl\/mno"]""", 1)]
    [InlineData("""["pass\"word\\1"]""", 1)]
    [InlineData("""["pass\u0022word\u005C1"]""", 1)]
    [InlineData("""["schl\u00FCssel-4711"]""", 1)]
    [InlineData("""["{\"inner\":\"pass\\\"word\\\\1\"}"]""", 1)]
    [InlineData("""[{"a":[{"b":"12345678"}],"c":["12345678","x"]}]""", 2)]
    public void KeyWithEscapesInIt_IsMasked(string json, int expected)
    {
        var tally = new RedactionTally();

        var masked = Masker.ApplyJson(Encoding.UTF8.GetBytes(json), tally, RedactedPart.Content);

        tally.Redactions.Sum(redaction => redaction.Count).Should().Be(expected);
        JsonElement.Parse(masked.Span).GetRawText().Should().Contain("[masked]").And.NotContain("word").And.NotContain("4711");
    }

    [Theory]
    [InlineData("""{"id":123456789,"text":"a"}""")]
    [InlineData("""{"id":12345678}""")]
    [InlineData("""{"contents":[{"$type":"contents"}]}""")]
    [InlineData("""{"thecontents":1.2345678e10}""")]
    [InlineData("""  { "a" : "task-based\n", "b" : null }  """)]
    public void NumbersStructureAndWordsThatAreNames_Stay(string json)
    {
        ReadOnlyMemory<byte> utf8 = Encoding.UTF8.GetBytes(json);

        var tally = new RedactionTally();

        Masker.ApplyJson(utf8, tally).Equals(utf8).Should().BeTrue();

        tally.Redactions.Should().BeEmpty();
    }

    [Fact]
    public void WhatIsBesideASecret_StaysByteForByte()
    {
        Apply("""{ "n": 1.00,  "a":"é\u00e9 \"12345678\" \/","b":[12345678, {"contents":"contents"}] }""")
            .Should()
            .Be("""{ "n": 1.00,  "a":"éé \"[masked]\" /","b":[12345678, {"contents":"[masked]"}] }""");
    }

    [Theory]
    [InlineData("""{"sk-proj-abcDEF123456_7890":1}""", """{"[masked]":1}""")]
    [InlineData("""{"AKIAIOSFODNNSEXAMPLE":1}""", """{"[masked]":1}""")]
    [InlineData("""{"id 12345678":1}""", """{"id [masked]":1}""")]
    public void KeyThatIsAPropertyName_IsMasked(string json, string expected)
    {
        Apply(json).Should().Be(expected);
    }

    [Fact]
    public void DeepJson_IsMasked()
    {
        var json = new string('[', 2000) + "\"12345678\"" + new string(']', 2000);

        Apply(json).Should().Be(new string('[', 2000) + "\"[masked]\"" + new string(']', 2000));
    }

    [Fact]
    public void InvalidJson_IsMaskedAsText()
    {
        Apply("""{"a":"12345678",oops""").Should().Be("""{"a":"[masked]",oops""");
    }

    [Fact]
    public void ManySecrets_AreMaskedInOnePass()
    {
        var json = "[" + string.Join(',', Enumerable.Repeat("\"12345678\"", 100_000)) + "]";

        var tally = new RedactionTally();

        var masked = Masker.ApplyJson(Encoding.UTF8.GetBytes(json), tally, RedactedPart.Content);

        tally.Redactions.Should().Equal(new Redaction("configured-key", RedactedPart.Content, 100_000));
        masked.Length.Should().Be(json.Length);
    }

    private static string Apply(string json) => Encoding.UTF8.GetString(Masker.ApplyJson(Encoding.UTF8.GetBytes(json)).Span);
}
