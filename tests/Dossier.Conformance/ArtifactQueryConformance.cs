using System.Text.Json;
using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>Lists of artifacts: order, pages, every filter.</summary>
public abstract class ArtifactQueryConformance<TFixture> : StorageSuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    [Theory]
    [InlineData(RecordOrder.OldestFirst, "a b,c d,e")]
    [InlineData(RecordOrder.NewestFirst, "e d,c b,a")]
    public async Task Pages_FollowTheOrder(RecordOrder order, string expected)
    {
        await CreateSessionAsync();
        await StoreAsync([.. "abcde".Select(name => NewArtifact(name.ToString()))]);

        var pages = await ReadPagesAsync(next => Records.QueryArtifactsAsync(SessionId, new() { Order = order, PageSize = 2 }, next));

        Names(pages).Should().Be(expected);
    }

    [Fact]
    public async Task LastPage_HasNoContinuation()
    {
        await CreateSessionAsync();
        await StoreAsync(NewArtifact("a"), NewArtifact("b"));

        (await Records.QueryArtifactsAsync(SessionId, new() { PageSize = 2 })).Continuation.Should().BeNull();
    }

    [Fact]
    public async Task RecordsThatComeWhileAListIsRead_ComeAtItsEnd()
    {
        await CreateSessionAsync();
        await StoreAsync(NewArtifact("a"), NewArtifact("b"), NewArtifact("c"));
        var first = await Records.QueryArtifactsAsync(SessionId, new() { PageSize = 2 });
        await StoreAsync(NewArtifact("d"));

        var second = await Records.QueryArtifactsAsync(SessionId, new() { PageSize = 2 }, first.Continuation);

        Names([first.Items, second.Items]).Should().Be("a b,c d");
    }

    [Theory]
    [InlineData(RecordOrder.OldestFirst, "a b,c d,e")]
    [InlineData(RecordOrder.NewestFirst, "e d,c b,a")]
    public async Task AllSessions_AreListedInTheOrderOfRecording(RecordOrder order, string expected)
    {
        await CreateSessionAsync();
        await CreateSessionAsync("s-2");
        foreach (var (session, name) in new[] { (SessionId, "a"), ("s-2", "b"), (SessionId, "c"), (SessionId, "d"), ("s-2", "e") })
            await Records.CommitAsync(NewCommit(session) with { Artifacts = [NewArtifact(name) with { SessionId = session }] });

        var pages = await ReadPagesAsync(next => Records.QueryArtifactsAsync(null, new() { Order = order, PageSize = 2 }, next));

        Names(pages).Should().Be(expected);
        pages.SelectMany(page => page).Select(artifact => artifact.SessionId).Distinct().Should().BeEquivalentTo(SessionId, "s-2");
    }

    [Fact]
    public async Task UnknownSession_HasAnEmptyPage()
    {
        var page = await Records.QueryArtifactsAsync("nobody", new());

        page.Items.Should().BeEmpty();
        page.Continuation.Should().BeNull();
    }

    [Theory]
    [InlineData("*", "a[1].txt a%b a_b ab it's é😀x")]
    [InlineData("a*", "a[1].txt a%b a_b ab")]
    [InlineData("a[1]*", "a[1].txt")]
    [InlineData("a?b", "a%b a_b")]
    [InlineData("a%b", "a%b")]
    [InlineData("a_b", "a_b")]
    [InlineData("it's", "it's")]
    [InlineData("*.txt", "a[1].txt")]
    [InlineData("é?x", "é😀x")]
    [InlineData("A*", "")]
    [InlineData("a", "")]
    [InlineData("", "")]
    public async Task NameGlob_HasTwoSpecialCharactersOnly(string glob, string expected)
    {
        await CreateSessionAsync();
        await StoreAsync([.. new[] { "a[1].txt", "a%b", "a_b", "ab", "it's", "é😀x" }.Select(name => NewArtifact(name))]);

        (await FindAsync(new() { NameGlob = glob })).Should().Be(expected);
    }

    [Fact]
    public async Task EachFilter_FindsWhatMatchesIt()
    {
        var producer = NewId();
        await CreateSessionAsync();
        await StoreAsync(
            NewArtifact("png") with
            {
                ContentType = "image/png",
                Role = ArtifactRole.Input,
            },
            NewArtifact("svg") with
            {
                ContentType = "image/svg+xml",
                ProducedBy = producer,
            },
            NewArtifact("late") with
            {
                ContentType = "imagery/x",
                CreatedAt = Time.AddSeconds(1),
            },
            NewArtifact("png")
        );

        (await FindAsync(new() { Name = "png" })).Should().Be("png png");
        (await FindAsync(new() { Name = "pn*" })).Should().BeEmpty();
        (await FindAsync(new() { ContentType = "image/png" })).Should().Be("png");
        (await FindAsync(new() { ContentType = "image/*" })).Should().Be("png svg");
        (await FindAsync(new() { ContentType = "image/svg*" })).Should().BeEmpty();
        (await FindAsync(new() { Role = ArtifactRole.Input })).Should().Be("png");
        (await FindAsync(new() { Role = ArtifactRole.Intermediate })).Should().Be("svg late png");
        (await FindAsync(new() { CreatedFrom = Time.AddSeconds(1) })).Should().Be("late");
        (await FindAsync(new() { CreatedBefore = Time.AddSeconds(1) })).Should().Be("png svg png");
        (await FindAsync(new() { ProducedBy = producer })).Should().Be("svg");
        (await FindAsync(new() { ProducedBy = "no id" })).Should().BeEmpty();
        (await FindAsync(new() { Name = "png", Role = ArtifactRole.Intermediate })).Should().Be("png");
        (
            await FindAsync(
                new()
                {
                    Name = "png",
                    Order = RecordOrder.NewestFirst,
                    PageSize = 1,
                }
            )
        ).Should().Be("png");
    }

    [Theory]
    [InlineData("text/plain", "plain utf8 tight")]
    [InlineData("TEXT/Plain", "plain utf8 tight")]
    [InlineData("text/plain; charset=utf-8", "utf8")]
    [InlineData("text/plain; charset=ascii", "")]
    [InlineData("text/*", "plain utf8 tight longer")]
    [InlineData("text/pla", "")]
    public async Task ContentTypeWithoutParameters_IgnoresThoseThatAreStored(string contentType, string expected)
    {
        await CreateSessionAsync();
        await StoreAsync(
            NewArtifact("plain"),
            NewArtifact("utf8") with
            {
                ContentType = "text/plain; charset=utf-8",
            },
            NewArtifact("tight") with
            {
                ContentType = "text/plain;format=flowed",
            },
            NewArtifact("longer") with
            {
                ContentType = "text/plain2",
            }
        );

        (await FindAsync(new() { ContentType = contentType })).Should().Be(expected);
    }

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

    private static Dictionary<string, JsonElement> Metadata(string json) =>
        JsonElement.Parse(json).EnumerateObject().ToDictionary(property => property.Name, property => property.Value);

    private static string Names(IEnumerable<IReadOnlyList<ArtifactRecord>> pages) =>
        string.Join(',', pages.Select(page => string.Join(' ', page.Select(artifact => artifact.Name))));

    private async Task<string> FindAsync(ArtifactQuery query) => Names([(await Records.QueryArtifactsAsync(SessionId, query)).Items]);
}
