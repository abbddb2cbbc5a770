using System.Text.Json;
using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>Lists of artifacts: order, pages, every filter but metadata alone, counts.</summary>
public abstract class ArtifactQueryConformance<TFixture> : ArtifactQuerySuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    [Theory]
    [InlineData(ArtifactOrder.OldestFirst, "a b,c d,e")]
    [InlineData(ArtifactOrder.NewestFirst, "e d,c b,a")]
    public async Task Pages_FollowTheOrder(ArtifactOrder order, string expected)
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
    [InlineData(ArtifactOrder.OldestFirst, "a b,c d,e")]
    [InlineData(ArtifactOrder.NewestFirst, "e d,c b,a")]
    public async Task AllSessions_AreListedInTheOrderOfRecording(ArtifactOrder order, string expected)
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
                    Order = ArtifactOrder.NewestFirst,
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
    [InlineData(ArtifactOrder.OldestFirst)]
    [InlineData(ArtifactOrder.NewestFirst)]
    public async Task FilteredPages_FollowTheOrderInASessionAndOverAll(ArtifactOrder order)
    {
        await CreateSessionAsync();
        await CreateSessionAsync("s-2");
        for (var i = 0; i < 30; i++)
        {
            var session = i % 3 == 0 ? "s-2" : SessionId;
            var artifact = NewArtifact($"{i}") with
            {
                SessionId = session,
                Metadata = Metadata($$"""{"even":{{(i % 2 == 0 ? "true" : "false")}}}"""),
            };
            await Records.CommitAsync(NewCommit(session) with { Artifacts = [artifact] });
        }
        var query = new ArtifactQuery
        {
            Where = [Condition("even", MetadataComparison.Equal, "[true]")],
            Order = order,
            PageSize = 4,
        };
        var sign = order is ArtifactOrder.NewestFirst ? -1 : 1;

        var ofSession = await ReadPagesAsync(next => Records.QueryArtifactsAsync(SessionId, query, next));
        var overAll = await ReadPagesAsync(next => Records.QueryArtifactsAsync(null, query, next));

        var even = Enumerable.Range(0, 15).Select(i => i * 2).OrderBy(i => i * sign).ToArray();
        ofSession.SelectMany(page => page).Select(a => a.Name).Should().Equal(even.Where(i => i % 3 != 0).Select(i => $"{i}"));
        ofSession.Select(page => page.Count).Should().Equal(4, 4, 2);
        overAll.SelectMany(page => page).Select(a => a.Name).Should().Equal(even.Select(i => $"{i}"));
    }

    [Theory]
    [InlineData(ArtifactOrder.Name, "B a a b,é \uE000 😀")]
    [InlineData(ArtifactOrder.SmallestFirst, "a b é B,a 😀 \uE000")]
    [InlineData(ArtifactOrder.LargestFirst, "\uE000 😀 a B,é b a")]
    [InlineData(ArtifactOrder.CreatedFirst, "\uE000 😀 é b,a B a")]
    [InlineData(ArtifactOrder.CreatedLast, "a B a b,é 😀 \uE000")]
    public async Task EachOrder_IsKeptFromPageToPage(ArtifactOrder order, string expected)
    {
        await CreateSessionAsync();
        await CreateSessionAsync("s-2");
        (string Name, int Size, int Age)[] artifacts =
        [
            ("a", 1, 0),
            ("b", 1, 3),
            ("é", 1, 4),
            ("B", 2, 1),
            ("a", 2, 2),
            ("😀", 3, 5),
            ("\uE000", 4, 6),
        ];
        await StoreAsync([.. artifacts.Select(a => NewArtifact(a.Name) with { Size = a.Size, CreatedAt = Time.AddSeconds(-a.Age) })]);
        var query = new ArtifactQuery { Order = order, PageSize = 4 };

        Names(await ReadPagesAsync(next => Records.QueryArtifactsAsync(SessionId, query, next))).Should().Be(expected);
        Names(await ReadPagesAsync(next => Records.QueryArtifactsAsync(null, query, next))).Should().Be(expected);
    }

    [Theory]
    [InlineData(ArtifactOrder.OldestFirst, "1.5")]
    [InlineData(ArtifactOrder.OldestFirst, "x")]
    [InlineData(ArtifactOrder.SmallestFirst, "1")]
    [InlineData(ArtifactOrder.SmallestFirst, "1.AA")]
    [InlineData(ArtifactOrder.Name, "1.zz")]
    public async Task ForeignContinuation_IsRefused(ArtifactOrder order, string continuation)
    {
        await CreateSessionAsync();

        var query = async () => await Records.QueryArtifactsAsync(SessionId, new() { Order = order }, continuation);

        await query.Should().ThrowAsync<ArgumentException>();
    }

    [Fact]
    public async Task SizeRange_IncludesBothEnds()
    {
        await CreateSessionAsync();
        await StoreAsync([.. Enumerable.Range(1, 5).Select(size => NewArtifact($"{size}") with { Size = size })]);

        (await FindAsync(new() { MinSize = 2, MaxSize = 4 })).Should().Be("2 3 4");
    }

    [Fact]
    public async Task Counts_AreByContentTypeAndOfWhatMatches()
    {
        await CreateSessionAsync();
        await CreateSessionAsync("s-2");
        await StoreAsync(
            NewArtifact("a") with
            {
                Size = 1,
                Metadata = Metadata("""{"x":1}"""),
            },
            NewArtifact("b") with
            {
                Size = 10,
                ContentType = "image/png",
                Role = ArtifactRole.Input,
                Metadata = Metadata("""{"x":1}"""),
            }
        );
        await StoreAsync(NewArtifact("a") with { Size = 100 });
        await Records.CommitAsync(NewCommit("s-2") with { Artifacts = [NewArtifact("c") with { SessionId = "s-2", Size = 1000 }] });

        (await CountAsync(SessionId, new())).Should().Be("image/png 1 10,text/plain 2 101");
        (await CountAsync(null, new() { Order = ArtifactOrder.Name, PageSize = 1 })).Should().Be("image/png 1 10,text/plain 3 1101");
        (await CountAsync("nobody", new())).Should().BeEmpty();
        (await CountAsync(SessionId, new() { Role = ArtifactRole.Input })).Should().Be("image/png 1 10");
        (await CountAsync(null, new() { Name = "c" })).Should().Be("text/plain 1 1000");
        (await CountAsync(null, new() { Where = [Condition("x", MetadataComparison.Equal, "[1]")] }))
            .Should()
            .Be("image/png 1 10,text/plain 1 1");
        (await CountAsync(SessionId, new() { Where = [Condition("x", MetadataComparison.NotExists, "[]")] }))
            .Should()
            .Be("text/plain 1 100");
    }

    [Theory]
    [InlineData(ArtifactOrder.OldestFirst, "a1 b1,a2 b2")]
    [InlineData(ArtifactOrder.NewestFirst, "b2 a2,b1 a1")]
    [InlineData(ArtifactOrder.Name, "a1 a2,b1 b2")]
    [InlineData(ArtifactOrder.LargestFirst, "b2 b1,a2 a1")]
    public async Task ArtifactsOfSessionsThatMatch_FollowTheOrderFromPageToPage(ArtifactOrder order, string expected)
    {
        await StoreInThreeSessionsAsync();

        var pages = await ReadPagesAsync(next =>
            Records.QueryArtifactsAsync(
                null,
                new()
                {
                    Sessions = new() { Tag = "t" },
                    Order = order,
                    PageSize = 2,
                },
                next
            )
        );

        Names(pages).Should().Be(expected);
    }

    [Fact]
    public async Task EachConditionOnSessions_HoldsForTheirArtifacts()
    {
        await StoreInThreeSessionsAsync();

        (await FindInAsync(new())).Should().Be("a1 b1 c1 a2 b2 c2");
        (await FindInAsync(new() { Owner = "bob" })).Should().Be("b1 b2");
        (await FindInAsync(new() { Owner = "nobody" })).Should().BeEmpty();
        (await FindInAsync(new() { Status = SessionStatus.Completed })).Should().Be("c1 c2");
        (await FindInAsync(new() { Tag = "t", Tags = ["u"] })).Should().Be("b1 b2");
        (await FindInAsync(new() { NameGlob = "n*", CreatedBefore = Time.AddSeconds(1) })).Should().Be("a1 a2");
        (await FindInAsync(new() { Owner = "bob" }, new() { Name = "b2" })).Should().Be("b2");
        (await FindInAsync(new() { Owner = "bob" }, new() { Name = "a2" })).Should().BeEmpty();
        (await FindInAsync(new() { Tag = "t" }, new() { Where = [Condition("n", MetadataComparison.Equal, "[2]")] })).Should().Be("a2 b2");
        (await FindInAsync(new() { Tag = "t" }, new() { Where = [Condition("n", MetadataComparison.Greater, "[1]")] }))
            .Should()
            .Be("a2 b2");
        var own = new ArtifactQuery { Sessions = new() { Owner = "alice" } };
        Names([(await Records.QueryArtifactsAsync("a", own)).Items]).Should().Be("a1 a2");
        Names([(await Records.QueryArtifactsAsync("b", own)).Items]).Should().BeEmpty();
        (await CountAsync(null, own)).Should().Be("text/plain 2 3");
        (await CountAsync(null, own with { Name = "a2" })).Should().Be("text/plain 1 2");
        (await CountAsync(null, own with { Where = [Condition("n", MetadataComparison.Equal, "[1]")] })).Should().Be("text/plain 1 1");
        (await CountAsync("b", own)).Should().BeEmpty();
    }

    /// <summary>Sessions a, b and c, each with two artifacts, stored in turns; a and b are tagged, c is completed.</summary>
    private async Task StoreInThreeSessionsAsync()
    {
        await CreateSessionAsync(
            "a",
            new()
            {
                Id = "",
                Name = "n1",
                Owner = "alice",
                Tags = ["t"],
                CreatedAt = Time,
            }
        );
        await CreateSessionAsync(
            "b",
            new()
            {
                Id = "",
                Name = "n2",
                Owner = "bob",
                Tags = ["t", "u"],
                CreatedAt = Time.AddSeconds(1),
            }
        );
        await CreateSessionAsync("c", new() { Id = "", Status = SessionStatus.Completed });
        for (var i = 1; i <= 2; i++)
            foreach (var session in new[] { "a", "b", "c" })
                await Records.CommitAsync(
                    NewCommit(session) with
                    {
                        Artifacts =
                        [
                            NewArtifact($"{session}{i}") with
                            {
                                SessionId = session,
                                Size = i + (session == "b" ? 10 : 0),
                                Metadata = Metadata($$"""{"n":{{i}}}"""),
                            },
                        ],
                    }
                );
    }

    private async Task<string> FindInAsync(SessionQuery sessions, ArtifactQuery? query = null) =>
        Names([(await Records.QueryArtifactsAsync(null, (query ?? new()) with { Sessions = sessions })).Items]);

    [Fact]
    public async Task ManyArtifacts_AreFoundByAnyValueTheyHave()
    {
        await CreateSessionAsync();
        for (var commit = 0; commit < 10; commit++)
            await StoreAsync([
                .. Enumerable
                    .Range(commit * 1000, 1000)
                    .Select(i =>
                        NewArtifact($"{i}") with
                        {
                            Metadata = Metadata(
                                $$"""{"id":"{{i}}","text":"{{new string('x', 100)}}{{i % 5000}}","rare":{{(i % 2000 == 7 ? "true" : "false")}},"third":{{i % 3}}}"""
                            ),
                        }
                    ),
            ]);

        (await FindAsync(new() { Where = [Condition("id", MetadataComparison.Equal, "[\"8191\"]")] })).Should().Be("8191");
        (await FindAsync(new() { Where = [Condition("text", MetadataComparison.Equal, $"[\"{new string('x', 100)}4096\"]")] }))
            .Should()
            .Be("4096 9096");
        (
            await FindAsync(
                new()
                {
                    Where = [Condition("rare", MetadataComparison.Equal, "[true]"), Condition("third", MetadataComparison.Equal, "[1]")],
                }
            )
        )
            .Should()
            .Be("7 6007");
    }

    private async Task<string> CountAsync(string? sessionId, ArtifactQuery query)
    {
        var totals = await Records.CountArtifactsAsync(sessionId, query);
        return string.Join(
            ',',
            totals.OrderBy(t => t.ContentType, StringComparer.Ordinal).Select(t => $"{t.ContentType} {t.Count} {t.Bytes}")
        );
    }
}
