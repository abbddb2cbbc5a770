namespace Dossier.Core.Tests.Artifacts;

public sealed class ArtifactQueryTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Conditions_CompareWhatTheCallerWrote()
    {
        await using var test = await TestSession.OpenAsync();
        await StoreAsync(
            test,
            "old",
            new()
            {
                ["due"] = new DateOnly(2026, 1, 31),
                ["pages"] = 3,
                ["lang"] = "en",
            }
        );
        await StoreAsync(
            test,
            "new",
            new() { ["due"] = new DateTimeOffset(2026, 2, 1, 1, 0, 0, TimeSpan.FromHours(1)), ["pages"] = 10.5m }
        );

        (await NamesAsync(MetadataCondition.AtLeast("due", new DateOnly(2026, 2, 1)))).Should().Equal("new");
        (await NamesAsync(MetadataCondition.LessThan("due", new DateTime(2026, 2, 1, 0, 0, 0, DateTimeKind.Utc)))).Should().Equal("old");
        (await NamesAsync(MetadataCondition.GreaterThan("pages", 10))).Should().Equal("new");
        (await NamesAsync(MetadataCondition.AtMost("pages", 10.5))).Should().Equal("old", "new");
        (await NamesAsync(MetadataCondition.In("pages", 3, 4L))).Should().Equal("old");
        (await NamesAsync(MetadataCondition.EqualTo("lang", "en"), MetadataCondition.Exists("due"))).Should().Equal("old");
        (await NamesAsync(MetadataCondition.NotEqualTo("lang", "en"))).Should().Equal("new");
        (await NamesAsync(MetadataCondition.NotExists("lang"))).Should().Equal("new");

        async Task<List<string>> NamesAsync(params MetadataCondition[] where) =>
            await test.Session.ListArtifactsAsync(new() { Where = where }, Token).Select(artifact => artifact.Name).ToListAsync(Token);
    }

    [Fact]
    public async Task SecretInACondition_IsLookedForAsItWasStored()
    {
        await using var test = await TestSession.OpenAsync();
        await StoreAsync(test, "a", new() { ["text"] = $"key {TestSession.Key}" });
        var query = new ArtifactQuery { Where = [MetadataCondition.EqualTo("text", $"key {TestSession.Key}")] };

        (await test.Session.ListArtifactsAsync(query, Token).CountAsync(Token)).Should().Be(1);
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("12")]
    [InlineData(true)]
    public void RangeOfWhatHasNoOrder_IsRefused(object value)
    {
        var make = () => MetadataCondition.LessThan("due", value);

        make.Should().Throw<ArgumentException>().WithMessage("*due*neither a number nor a date*");
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public void ConditionWithoutAName_IsRefused(string name)
    {
        var make = () => MetadataCondition.Exists(name);

        make.Should().Throw<ArgumentException>();
    }

    [Fact]
    public async Task Count_SumsWhatMatches()
    {
        await using var test = await TestSession.OpenAsync();
        await StoreAsync(test, "a", []);
        await StoreAsync(test, "a", []);
        await test.Session.StoreArtifactAsync("b", "{}", "json", cancellationToken: Token);

        var all = await test.Session.CountArtifactsAsync(cancellationToken: Token);
        var json = await test.Store.CountArtifactsAsync(new() { ContentType = "json" }, Token);

        (all.Count, all.Bytes).Should().Be((3, 10));
        all.ByContentType.Select(totals => totals.ContentType).Should().Equal("text/plain", "application/json");
        (json.Count, json.Bytes).Should().Be((1, 2));
    }

    private static Task<Artifact> StoreAsync(TestSession test, string name, Dictionary<string, object?> metadata) =>
        test.Session.StoreArtifactAsync(name, "text", "text", metadata, cancellationToken: Token);
}
