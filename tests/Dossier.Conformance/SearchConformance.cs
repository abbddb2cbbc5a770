using System.Text;
using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>What a search finds, whether an index stands behind it or not.</summary>
public abstract class SearchConformance<TFixture> : StorageSuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    [Theory]
    [InlineData("fox", "fox")]
    [InlineData("FOX", "fox")]
    [InlineData("cafe", "menu")]
    [InlineData("CAFÉ", "menu")]
    [InlineData("quick dog", "fox")]
    [InlineData("dog quick", "fox")]
    [InlineData("\"quick brown\"", "fox")]
    [InlineData("quick-brown", "fox")]
    [InlineData("bro*", "fox")]
    [InlineData("\"quick bro\"*", "fox")]
    [InlineData("the -fox", "menu")]
    [InlineData("the -\"quick brown\"", "menu")]
    [InlineData("Привет", "greeting")]
    [InlineData("12", "greeting")]
    public async Task Text_FindsWhatMatches(string text, string name)
    {
        await StoreSamplesAsync();

        (await SearchAsync(text)).Should().Equal(name);
    }

    [Theory]
    [InlineData("quick menu")]
    [InlineData("\"brown quick\"")]
    [InlineData("bro")]
    [InlineData("-fox")]
    [InlineData("")]
    [InlineData("  * \" - () ")]
    [InlineData("name:fox")]
    [InlineData("fox AND missing")]
    [InlineData("fox OR menu")]
    [InlineData("NEAR(fox dog)")]
    [InlineData("fox\" OR \"menu")]
    [InlineData("s1")]
    [InlineData("fox\0menu")]
    public async Task TextThatNothingMatches_FindsNothing(string text)
    {
        await StoreSamplesAsync();

        (await SearchAsync(text)).Should().BeEmpty();
    }

    [Theory]
    [InlineData("fox^ (dog)")]
    [InlineData("\"quick brown")]
    [InlineData("fox'")]
    [InlineData("{fox} + dog")]
    public async Task SignsBetweenWords_MeanNothing(string text)
    {
        await StoreSamplesAsync();

        (await SearchAsync(text)).Should().Equal("fox");
    }

    [Fact]
    public async Task Json_IsSearchedByItsNamesAndValues()
    {
        await CreateSessionAsync();
        await StoreTextAsync("record", """{"title":"line\nbreak","author":{"name":"J\u00f6rg"},"n":[12,true]}""", "application/json");
        await StoreTextAsync("lines", "{\"a\":\"first\"}\n{\"a\":\"second\"}\n", "application/jsonl");
        await StoreTextAsync("broken", "{\"a\": certainly not json", "application/json");

        (await SearchAsync("break author jorg 12")).Should().Equal("record");
        (await SearchAsync("second")).Should().Equal("lines");
        (await SearchAsync("certainly")).Should().Equal("broken");
    }

    [Fact]
    public async Task OtherEncodings_AreReadByTheirMark()
    {
        await CreateSessionAsync();
        byte[] bytes = [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes("wide words")];
        var content = new ContentEntry(ContentDigest.Of(bytes), bytes.Length, bytes);
        await Records.CommitAsync(
            NewCommit() with
            {
                Artifacts = [NewArtifact("utf-16") with { Digest = content.Digest, Size = content.Size }],
                Contents = [content],
            }
        );

        (await SearchAsync("wide")).Should().Equal("utf-16");
    }

    [Fact]
    public async Task ContentThatIsNoText_IsFoundByNameOnly()
    {
        await CreateSessionAsync();
        await StoreTextAsync("holiday picture.png", "pixels", "image/png");

        (await SearchAsync("pixels")).Should().BeEmpty();
        (await SearchAsync("picture")).Should().Equal("holiday picture.png");
    }

    [Fact]
    public async Task LargeContent_IsSearched()
    {
        await CreateSessionAsync();
        var text = string.Concat(Enumerable.Repeat("hay ", 20_000)) + "needle";
        var content = await Storage.Contents.WriteAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)));
        await Records.CommitAsync(
            NewCommit() with
            {
                Artifacts = [NewArtifact("stack") with { Digest = content.Digest, Size = content.Size }],
                Contents = [content],
            }
        );

        (await SearchAsync("needle")).Should().Equal("stack");
    }

    [Fact]
    public async Task NameAndFrequency_DecideTheOrder()
    {
        await CreateSessionAsync();
        await StoreTextAsync("once", "apple and a good deal of other words to make it long enough");
        await StoreTextAsync("often", "apple apple apple and a good deal of other words to make it");
        await StoreTextAsync("apple", "and a good deal of other words to make it as long as others");
        for (var i = 0; i < 10; i++)
            await StoreTextAsync($"filler {i}", $"nothing of the kind {i}");

        var page = await FindAsync("apple", new());

        page.Matches.Select(match => match.Artifact.Name).Should().Equal("apple", "often", "once");
        page.Matches.Select(match => match.Score).Should().BeInDescendingOrder();
    }

    [Fact]
    public async Task OfEquals_TheNewestIsFirst()
    {
        await CreateSessionAsync();
        await StoreTextAsync("a", "same words");
        await StoreTextAsync("b", "same words");

        (await SearchAsync("same")).Should().Equal("b", "a");
    }

    [Fact]
    public async Task Session_NarrowsTheSearch()
    {
        await StoreSamplesAsync();
        await CreateSessionAsync("s-2");
        var other = NewArtifact("other fox", "fox");
        await Records.CommitAsync(NewCommit("s-2") with { Artifacts = [other with { SessionId = "s-2" }], Contents = [Inline("fox")] });

        (await SearchAsync("fox")).Should().HaveCount(2);
        (await SearchAsync("fox", new() { SessionId = "s-2" })).Should().Equal("other fox");
        (await SearchAsync("fox", new() { SessionId = SessionId })).Should().Equal("fox");
        (await SearchAsync("fox", new() { SessionId = "s-3" })).Should().BeEmpty();
    }

    [Theory]
    [InlineData("text/*", "b", "a")]
    [InlineData("text/plain", "a")]
    [InlineData("text/html", "b")]
    [InlineData("text/html; charset=utf-8", "b")]
    [InlineData("text/html; charset=latin1")]
    [InlineData("*/*", "c", "b", "a")]
    public async Task ContentType_NarrowsTheSearch(string contentType, params string[] names)
    {
        await CreateSessionAsync();
        await StoreTextAsync("a", "same");
        await StoreTextAsync("b", "same", "text/html; charset=utf-8");
        await StoreTextAsync("c", "\"same\"", "application/json");

        (await SearchAsync("same", new() { ContentType = contentType })).Should().Equal(names);
    }

    [Fact]
    public async Task Pages_ComeInOrderAndWithoutRepetition()
    {
        await CreateSessionAsync();
        for (var i = 0; i < 7; i++)
            await StoreTextAsync($"{i}", "same");

        var names = new List<string>();
        var sizes = new List<int>();
        string? continuation = null;
        do
        {
            var page = await FindAsync("same", new() { PageSize = 3, Continuation = continuation });
            names.AddRange(page.Matches.Select(match => match.Artifact.Name));
            sizes.Add(page.Matches.Count);
            continuation = page.Continuation;
        } while (continuation is not null);

        names.Should().Equal("6", "5", "4", "3", "2", "1", "0");
        sizes.Should().Equal(3, 3, 1);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("-1")]
    public async Task ForeignContinuation_IsRefused(string continuation)
    {
        await StoreSamplesAsync();

        await this.Invoking(it => it.FindAsync("fox", new() { Continuation = continuation })).Should().ThrowAsync<ArgumentException>();
    }

    [Fact]
    public async Task Search_FindsWhatWasStoredBeforeIt()
    {
        await StoreSamplesAsync();
        await SearchAsync("fox");

        await StoreTextAsync("later", "a second fox");

        (await SearchAsync("second")).Should().Equal("later");
    }

    [Fact]
    public async Task MissingContent_HidesNothingElse()
    {
        await CreateSessionAsync();
        await StoreAsync(NewArtifact("lost fox", "never stored"));
        await StoreTextAsync("kept", "fox");

        (await SearchAsync("fox")).Should().BeEquivalentTo("lost fox", "kept");
    }

    private async Task StoreSamplesAsync()
    {
        await CreateSessionAsync();
        await StoreTextAsync("fox", "The quick brown fox jumps over the lazy dog.");
        await StoreTextAsync("menu", "Le café est fermé: the end.");
        await StoreTextAsync("greeting", "привет, мир 12");
    }

    private async Task StoreTextAsync(string name, string content, string contentType = "text/plain") =>
        await Records.CommitAsync(
            NewCommit() with
            {
                Artifacts = [NewArtifact(name, content) with { ContentType = contentType }],
                Contents = [Inline(content)],
            }
        );

    private async Task<IEnumerable<string>> SearchAsync(string text, SearchOptions? options = null) =>
        (await FindAsync(text, options ?? new())).Matches.Select(match => match.Artifact.Name);

    private async Task<SearchPage> FindAsync(string text, SearchOptions options)
    {
        // As long as it takes on a busy machine.
        var page = await Storage.Search.SearchAsync(SearchExpression.Parse(text), options with { CatchUpLimit = TimeSpan.FromMinutes(5) });
        page.Unindexed.Should().Be(0);
        return page;
    }
}
