using System.Text.Json;
using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>Artifacts by their metadata: equality, and conditions of every kind.</summary>
public abstract class MetadataConformance<TFixture> : ArtifactQuerySuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    [Theory]
    [InlineData("text", "\"A'b\"", "exact")]
    [InlineData("text", "\"a'b\"", "")]
    [InlineData("number", "1", "exact")]
    [InlineData("number", "1.0", "exact")]
    [InlineData("number", "10e-1", "exact")]
    [InlineData("number", "\"1\"", "text")]
    [InlineData("number", "2", "")]
    [InlineData("big", "9007199254740993", "exact")]
    [InlineData("big", "9007199254740992", "")]
    [InlineData("flag", "true", "exact")]
    [InlineData("flag", "false", "text")]
    [InlineData("flag", "1", "")]
    [InlineData("nothing", "null", "exact")]
    [InlineData("absent", "null", "")]
    [InlineData("it's \"é\" $.x[0]", "0.1", "exact")]
    public async Task Metadata_IsComparedByKindAndValue(string name, string value, string expected)
    {
        await CreateSessionAsync();
        await StoreAsync(
            NewArtifact("exact") with
            {
                Metadata = Metadata(
                    """{"text":"A'b","number":1,"big":9007199254740993,"flag":true,"nothing":null,"it's \"é\" $.x[0]":0.10}"""
                ),
            },
            NewArtifact("text") with
            {
                Metadata = Metadata("""{"text":"","number":"1","flag":false,"nothing":"null"}"""),
            },
            NewArtifact("none")
        );

        var found = await FindAsync(new() { Metadata = new Dictionary<string, object?> { [name] = JsonElement.Parse(value) } });

        found.Should().Be(expected);
    }

    [Fact]
    public async Task SeveralMetadataValues_AllHaveToMatch()
    {
        await CreateSessionAsync();
        await StoreAsync(
            NewArtifact("a") with
            {
                Metadata = Metadata("""{"x":1,"y":2}"""),
            },
            NewArtifact("b") with
            {
                Metadata = Metadata("""{"x":1,"y":3}"""),
            }
        );

        var found = await FindAsync(
            new()
            {
                Metadata = new Dictionary<string, object?> { ["x"] = JsonElement.Parse("1"), ["y"] = JsonElement.Parse("3") },
            }
        );

        found.Should().Be("b");
    }

    [Theory]
    [InlineData(MetadataComparison.Equal, "pages", "[10]", "b")]
    [InlineData(MetadataComparison.NotEqual, "pages", "[10]", "a c d e")]
    [InlineData(MetadataComparison.In, "pages", "[10,9.5,\"10\"]", "a b c")]
    [InlineData(MetadataComparison.In, "pages", "[]", "")]
    [InlineData(MetadataComparison.In, "lang", "[\"en\",\"en\",null]", "a b e")]
    [InlineData(MetadataComparison.Exists, "pages", "[]", "a b c d")]
    [InlineData(MetadataComparison.NotExists, "lang", "[]", "d")]
    [InlineData(MetadataComparison.Less, "pages", "[10]", "a")]
    [InlineData(MetadataComparison.AtMost, "pages", "[10]", "a b")]
    [InlineData(MetadataComparison.Greater, "pages", "[-1]", "a b")]
    [InlineData(MetadataComparison.AtLeast, "pages", "[9.6]", "b")]
    [InlineData(MetadataComparison.Less, "due", "[\"2026-03-01\"]", "b")]
    [InlineData(MetadataComparison.AtMost, "due", "[\"2026-03-01\"]", "a b c")]
    [InlineData(MetadataComparison.AtLeast, "due", "[\"2026-03-01T00:00:00.000001Z\"]", "d")]
    [InlineData(MetadataComparison.Greater, "due", "[5]", "")]
    public async Task MetadataConditions_FindWhatTheyHoldFor(MetadataComparison comparison, string name, string values, string expected)
    {
        await CreateSessionAsync();
        await StoreAsync(
            NewArtifact("a") with
            {
                Metadata = Metadata("""{"pages":9.5,"lang":"en","due":"2026-03-01"}"""),
            },
            NewArtifact("b") with
            {
                Metadata = Metadata("""{"pages":10,"lang":"en","due":"2026-02-28T23:30:00Z"}"""),
            },
            NewArtifact("c") with
            {
                Metadata = Metadata("""{"pages":"10","lang":"de","due":"2026-03-01T01:00:00+01:00"}"""),
            },
            NewArtifact("d") with
            {
                Metadata = Metadata("""{"pages":[10],"due":"2026-03-01T00:00:00.0000011+00:00"}"""),
            },
            NewArtifact("e") with
            {
                Metadata = Metadata("""{"lang":null,"due":"soon"}"""),
            }
        );
        var condition = Condition(name, comparison, values);

        (await FindAsync(new() { Where = [condition] })).Should().Be(expected);
        (
            await FindAsync(
                new()
                {
                    Where = [condition],
                    Metadata = new Dictionary<string, object?> { ["none"] = null },
                }
            )
        ).Should().BeEmpty();
    }

    [Fact]
    public async Task ConditionsOfEveryKind_AllHaveToMatch()
    {
        await CreateSessionAsync();
        await StoreAsync([
            .. Enumerable
                .Range(0, 40)
                .Select(i =>
                    NewArtifact($"n{i}") with
                    {
                        Metadata = Metadata($$"""{"half":{{i % 2}},"fifth":{{i % 5}},"number":{{i}}}"""),
                        Role = i < 20 ? ArtifactRole.Input : ArtifactRole.Output,
                    }
                ),
        ]);
        var query = new ArtifactQuery
        {
            Where =
            [
                Condition("half", MetadataComparison.Equal, "[1]"),
                Condition("fifth", MetadataComparison.In, "[0,3]"),
                Condition("number", MetadataComparison.NotEqual, "[13]"),
                Condition("number", MetadataComparison.Greater, "[4]"),
            ],
            NameGlob = "n?*",
        };

        (await FindAsync(query)).Should().Be("n5 n15 n23 n25 n33 n35");
        (await FindAsync(query with { Order = ArtifactOrder.NewestFirst })).Should().Be("n35 n33 n25 n23 n15 n5");
        (await FindAsync(query with { Order = ArtifactOrder.Name })).Should().Be("n15 n23 n25 n33 n35 n5");
        (await FindAsync(query with { Role = ArtifactRole.Output })).Should().Be("n23 n25 n33 n35");
        (await FindAsync(query with { Name = "n25" })).Should().Be("n25");
        (await FindAsync(query with { Metadata = new Dictionary<string, object?> { ["half"] = JsonElement.Parse("0") } }))
            .Should()
            .BeEmpty();
    }
}
