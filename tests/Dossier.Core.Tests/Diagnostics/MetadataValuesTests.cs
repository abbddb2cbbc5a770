using System.Text.Json.Nodes;

namespace Dossier.Core.Tests.Diagnostics;

public sealed class MetadataValuesTests
{
    private static readonly SecretMasker Masker = new(["12345678"]);

    [Fact]
    public void KeyAfterALineBreak_IsMasked()
    {
        var json = ToJson("note", "my keys:\nsk-proj-abcDEF123456\nand\t12345678", out var masked);

        json.Should().Be("\"my keys:\\n[masked]\\nand\\t[masked]\"");
        masked
            .Should()
            .BeEquivalentTo([
                new Redaction("api-key", RedactedPart.Metadata, 1),
                new Redaction("configured-key", RedactedPart.Metadata, 1),
            ]);
    }

    [Fact]
    public void NumberThatContainsAKey_Stays()
    {
        ToJson("ids", new JsonObject { ["id"] = 123456789, ["key"] = "12345678" }, out var masked)
            .Should()
            .Be("""{"id":123456789,"key":"[masked]"}""");

        masked.Should().Equal(new Redaction("configured-key", RedactedPart.Metadata, 1));
    }

    [Fact]
    public void KeyInAName_IsMaskedAndCounted()
    {
        var metadata = new Dictionary<string, object?> { ["of 12345678"] = 1 };

        var tally = new RedactionTally();

        var json = MetadataValues.ToJson(metadata, Masker, tally);

        json.Keys.Should().Equal("of [masked]");
        tally.Redactions.Should().Equal(new Redaction("configured-key", RedactedPart.Metadata, 1));
    }

    private static string ToJson(string name, object value, out IReadOnlyList<Redaction> masked)
    {
        var tally = new RedactionTally();
        var json = MetadataValues.ToJson(new Dictionary<string, object?> { [name] = value }, Masker, tally)[name].GetRawText();
        masked = tally.Redactions;
        return json;
    }
}
