using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>Sessions and the guards of their commits.</summary>
public abstract class SessionConformance<TFixture> : StorageSuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    [Fact]
    public async Task CreatedSession_IsReadBackAtRevisionOne()
    {
        var info = new SessionInfo
        {
            Id = SessionId,
            Name = "näme 😀 '\"",
            Owner = "tenant",
            Tags = ["a", "b"],
            ApplicationVersion = "1.2",
            CreatedAt = Time,
        };

        var result = await CreateSessionAsync(info: info);

        result.Revision.Should().Be(1);
        (await Records.GetSessionAsync(SessionId)).Should().BeEquivalentTo(info with { Revision = 1, UpdatedAt = Time });
    }

    [Fact]
    public async Task UnknownSession_IsNull() => (await Records.GetSessionAsync("nobody")).Should().BeNull();

    [Fact]
    public async Task CommitToAnUnknownSession_IsNotFound()
    {
        var commit = () => StoreAsync(NewArtifact("a"));

        (await commit.Should().ThrowAsync<NotFoundException>()).WithMessage($"*{SessionId}*");
    }

    [Fact]
    public async Task CreatingTwice_IsAConflictThatNamesTheRevision()
    {
        await CreateSessionAsync();

        var again = () => CreateSessionAsync();

        var conflict = (await again.Should().ThrowAsync<ConflictException>()).Which;
        conflict.Guard.Should().Be("session.revision");
        conflict.Expected.Should().Be("0");
        conflict.Actual.Should().Be("1");
    }

    [Fact]
    public async Task WritingTheSessionAtItsRevision_RaisesTheRevision()
    {
        await CreateSessionAsync();
        var change = new SessionInfo
        {
            Id = SessionId,
            Status = SessionStatus.Failed,
            StatusReason = "why",
        };

        var result = await Records.CommitAsync(NewCommit() with { Session = change, ExpectedRevision = 1, At = Time.AddSeconds(1) });

        result.Revision.Should().Be(2);
        (await Records.GetSessionAsync(SessionId))
            .Should()
            .BeEquivalentTo(change with { Revision = 2, CreatedAt = Time, UpdatedAt = Time.AddSeconds(1) });
    }

    [Fact]
    public async Task WritingTheSessionAtAnotherRevision_IsAConflictAndWritesNothing()
    {
        await CreateSessionAsync();
        var artifact = NewArtifact("a");

        var commit = async () => await Records.CommitAsync(NewCommit() with { Artifacts = [artifact], ExpectedRevision = 7 });

        var conflict = (await commit.Should().ThrowAsync<ConflictException>()).Which;
        conflict.Expected.Should().Be("7");
        conflict.Actual.Should().Be("1");
        (await Records.GetArtifactAsync(SessionId, artifact.Id)).Should().BeNull();
    }

    [Fact]
    public async Task RevisionOfASessionThatDoesNotExist_IsAConflict()
    {
        var commit = async () =>
            await Records.CommitAsync(
                NewCommit() with
                {
                    Session = new() { Id = SessionId },
                    ExpectedRevision = 3,
                }
            );

        (await commit.Should().ThrowAsync<ConflictException>()).Which.Actual.Should().BeNull();
    }

    [Fact]
    public async Task RecordOfAnotherSession_IsRefused()
    {
        var commit = async () => await Records.CommitAsync(NewCommit() with { Session = new() { Id = "other" } });

        await commit.Should().ThrowAsync<ArgumentException>();
    }

    [Fact]
    public async Task StoringAnArtifact_MovesTheTimeOfUpdateAndNotTheRevision()
    {
        await CreateSessionAsync();

        var result = await Records.CommitAsync(NewCommit() with { Artifacts = [NewArtifact("a")], At = Time.AddHours(1) });

        result.Revision.Should().Be(1);
        (await Records.GetSessionAsync(SessionId))!.UpdatedAt.Should().Be(Time.AddHours(1));
    }

    [Fact]
    public async Task CommitWithAnEarlierTime_DoesNotMoveTheTimeOfUpdateBack()
    {
        await CreateSessionAsync();

        await Records.CommitAsync(NewCommit() with { Artifacts = [NewArtifact("a")], At = Time.AddHours(-1) });

        (await Records.GetSessionAsync(SessionId))!.UpdatedAt.Should().Be(Time);
    }

    [Fact]
    public async Task RepeatedCommit_WritesNothingAndReturnsTheFirstResult()
    {
        await CreateSessionAsync();
        var commit = NewCommit() with { Artifacts = [NewArtifact("a"), NewArtifact("a")], Responses = [NewResponse("k")] };
        var first = await Records.CommitAsync(commit);
        await StoreAsync(NewArtifact("a"));

        var second = await Records.CommitAsync(commit);

        second.Should().BeEquivalentTo(first);
        (await Records.QueryArtifactsAsync(SessionId, new())).Items.Should().HaveCount(3);
    }

    [Fact]
    public async Task RepeatedCreation_ReturnsTheFirstResult()
    {
        var commit = NewCommit() with
        {
            Session = new() { Id = SessionId },
            ExpectedRevision = 0,
        };
        var first = await Records.CommitAsync(commit);

        var second = await Records.CommitAsync(commit);

        second.Should().BeEquivalentTo(first);
    }

    [Fact]
    public async Task SameCommitIdInAnotherSession_IsAnotherCommit()
    {
        await CreateSessionAsync();
        await CreateSessionAsync("s-2");
        var commit = NewCommit() with { Responses = [NewResponse("k")] };
        await Records.CommitAsync(commit);

        await Records.CommitAsync(commit with { SessionId = "s-2" });

        (await Records.FindResponseAsync("s-2", "k")).Should().NotBeNull();
    }

    [Fact]
    public async Task CancelledCommit_WritesNothing()
    {
        await CreateSessionAsync();
        var artifact = NewArtifact("a");

        var commit = async () =>
            await Records.CommitAsync(NewCommit() with { Artifacts = [artifact] }, new CancellationToken(canceled: true));

        await commit.Should().ThrowAsync<OperationCanceledException>();
        (await Records.GetArtifactAsync(SessionId, artifact.Id)).Should().BeNull();
    }

    [Fact]
    public async Task Sessions_ArePagedNewestFirst()
    {
        for (var i = 1; i <= 5; i++)
            await CreateSessionAsync($"s-{i}");

        var pages = await ReadPagesAsync(next => Records.QuerySessionsAsync(new() { PageSize = 2 }, next));

        pages.Select(page => string.Join(' ', page.Select(session => session.Id))).Should().Equal("s-5 s-4", "s-3 s-2", "s-1");
    }

    [Fact]
    public async Task EachSessionFilter_FindsWhatMatchesIt()
    {
        await CreateSessionAsync("plain", new() { Id = "", Name = "a[1]_%" });
        await CreateSessionAsync("tagged", new() { Id = "", Tags = ["it's", "é😀"] });
        await CreateSessionAsync(
            "done",
            new()
            {
                Id = "",
                Name = "a[2]",
                Status = SessionStatus.Completed,
            }
        );

        (await FindAsync(new())).Should().Be("done tagged plain");
        (await FindAsync(new() { Name = "a[1]_%" })).Should().Be("plain");
        (await FindAsync(new() { NameGlob = "a[?]*" })).Should().Be("done plain");
        (await FindAsync(new() { NameGlob = "A*" })).Should().BeEmpty();
        (await FindAsync(new() { Status = SessionStatus.Completed })).Should().Be("done");
        (await FindAsync(new() { Tag = "it's" })).Should().Be("tagged");
        (await FindAsync(new() { Tag = "é😀" })).Should().Be("tagged");
        (await FindAsync(new() { Tag = "it" })).Should().BeEmpty();
        (await FindAsync(new() { NameGlob = "a*", Status = SessionStatus.Active })).Should().Be("plain");
    }

    [Fact]
    public async Task OwnerTagsAndTimes_AreFiltersToo()
    {
        await CreateSessionAsync(
            "a",
            new()
            {
                Id = "",
                Owner = "it's",
                Tags = ["x", "y", "z"],
                CreatedAt = Time,
            }
        );
        await CreateSessionAsync(
            "b",
            new()
            {
                Id = "",
                Owner = "other",
                Tags = ["x"],
                CreatedAt = Time.AddSeconds(1),
            }
        );
        await CreateSessionAsync(
            "c",
            new()
            {
                Id = "",
                Tags = ["y", "x"],
                CreatedAt = Time.AddSeconds(2),
            }
        );

        (await FindAsync(new() { Owner = "it's" })).Should().Be("a");
        (await FindAsync(new() { Owner = "" })).Should().BeEmpty();
        (await FindAsync(new() { Tags = ["x"] })).Should().Be("c b a");
        (await FindAsync(new() { Tag = "x", Tags = ["y"] })).Should().Be("c a");
        (await FindAsync(new() { Tags = ["z", "y"], Status = SessionStatus.Active })).Should().Be("a");
        (await FindAsync(new() { CreatedFrom = Time.AddSeconds(1) })).Should().Be("c b");
        (await FindAsync(new() { CreatedBefore = Time.AddSeconds(1) })).Should().Be("a");
        (await Records.GetSessionAsync("a"))!.Owner.Should().Be("it's");
    }

    [Fact]
    public async Task ChangedTagsAndOwner_AreFoundByTheNewOnesOnly()
    {
        await CreateSessionAsync(
            "a",
            new()
            {
                Id = "",
                Owner = "o",
                Tags = ["x", "y"],
            }
        );

        await Records.CommitAsync(
            NewCommit("a") with
            {
                Session = new()
                {
                    Id = "a",
                    Owner = "p",
                    Tags = ["y", "z"],
                },
            }
        );

        (await FindAsync(new() { Tag = "x" })).Should().BeEmpty();
        (await FindAsync(new() { Owner = "o" })).Should().BeEmpty();
        (await FindAsync(new() { Tags = ["y", "z"], Owner = "p" })).Should().Be("a");
    }

    [Theory]
    [InlineData(SessionOrder.NewestFirst, "d c,b a")]
    [InlineData(SessionOrder.OldestFirst, "a b,c d")]
    [InlineData(SessionOrder.Name, "b a,c d")]
    [InlineData(SessionOrder.RecentlyUpdated, "b d,c a")]
    public async Task EachSessionOrder_IsKeptFromPageToPage(SessionOrder order, string expected)
    {
        await CreateSessionAsync("a", new() { Id = "", Name = "n" });
        await CreateSessionAsync("b");
        await CreateSessionAsync("c", new() { Id = "", Name = "n" });
        await CreateSessionAsync("d", new() { Id = "", Name = "é" });
        await Records.CommitAsync(NewCommit("b") with { At = Time.AddHours(1) });

        var pages = await ReadPagesAsync(next => Records.QuerySessionsAsync(new() { Order = order, PageSize = 2 }, next));

        string.Join(',', pages.Select(page => string.Join(' ', page.Select(session => session.Id)))).Should().Be(expected);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1001)]
    public async Task PageSizeOutOfBounds_IsRefused(int pageSize)
    {
        var query = async () => await Records.QuerySessionsAsync(new() { PageSize = pageSize });

        await query.Should().ThrowAsync<ArgumentOutOfRangeException>();
    }

    [Fact]
    public async Task ForeignContinuation_IsRefused()
    {
        var query = async () => await Records.QuerySessionsAsync(new(), "1; drop table sessions");

        await query.Should().ThrowAsync<ArgumentException>();
    }

    /// <summary>The ids of what matches; what is counted has to be as many.</summary>
    private async Task<string> FindAsync(SessionQuery query)
    {
        var found = (await Records.QuerySessionsAsync(query)).Items;
        (await Records.CountSessionsAsync(query with { PageSize = 1, Order = SessionOrder.Name })).Should().Be(found.Count);
        return string.Join(' ', found.Select(session => session.Id));
    }
}
