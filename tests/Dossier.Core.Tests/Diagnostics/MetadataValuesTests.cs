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
        masked.Should().Be(2);
    }

    [Fact]
    public void NumberThatContainsAKey_Stays()
    {
        ToJson("ids", new JsonObject { ["id"] = 123456789, ["key"] = "12345678" }, out var masked)
            .Should()
            .Be("""{"id":123456789,"key":"[masked]"}""");

        masked.Should().Be(1);
    }

    [Fact]
    public void KeyInAName_IsMaskedAndCounted()
    {
        var metadata = new Dictionary<string, object?> { ["of 12345678"] = 1 };

        var json = MetadataValues.ToJson(metadata, Masker, out var masked);

        json.Keys.Should().Equal("of [masked]");
        masked.Should().Be(1);
    }

    private static string ToJson(string name, object value, out int masked) =>
        MetadataValues.ToJson(new Dictionary<string, object?> { [name] = value }, Masker, out masked)[name].GetRawText();
}
