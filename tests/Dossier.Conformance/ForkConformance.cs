using System.Text;
using Dossier.Storage;
using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Conformance;

/// <summary>Forks: what is inherited, what is not, and what becomes of them when the original goes.</summary>
public abstract class ForkConformance<TFixture> : StorageSuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    private const string Original = "original";
    private static readonly byte[] Large = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i % 251))];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Now_HasEverythingUnderTheSameIds()
    {
        await using var store = new SessionStore(Storage);
        await using var session = await OpenAsync(store);
        await FillAsync(session);

        var info = await store.ForkAsync(Original, new() { SessionId = "fork", Tags = ["try"] }, Token);

        info.ForkedFrom!.Should().Be(new ForkOrigin { SessionId = Original, Sequence = await LastSequenceAsync(Original) });
        (info.Name, info.Owner, info.Status, info.Revision).Should().Be(("Talk", "ada", SessionStatus.Active, 1L));
        (await Records.GetSessionAsync("fork", Token)).Should().BeEquivalentTo(info, options => options.Excluding(it => it.UpdatedAt));
        await ShouldHaveTheSameAsync(Original, "fork");
        (await ResponsesOfAsync("fork"))
            .Should()
            .AllSatisfy(response => response.InheritedFrom.Should().Be(new ResponseOrigin(Original, response.Id)));
        (await Records.GetBudgetAsync("fork", Token))!.Settled.Should().Be(new BudgetAmount());
        await ShouldBeCleanAsync();
    }

    [Fact]
    public async Task Fork_GoesItsOwnWay()
    {
        await using var store = new SessionStore(Storage);
        await using var session = await OpenAsync(store);
        await FillAsync(session);
        await using var fork = await session.ForkAsync(new() { SessionId = "fork" }, Token);
        var before = await LastSequenceAsync(Original);

        await fork.Conversation().AsChatClient(fork.Track(Client("three"))).GetResponseAsync("c", cancellationToken: Token);
        var artifact = await fork.StoreArtifactAsync("notes", "third", cancellationToken: Token);

        (await TextOfAsync(fork)).Should().Be("a one b two c three");
        (await TextOfAsync(session)).Should().Be("a one b two");
        artifact.Version.Should().Be(3, "versions go on from what was inherited");
        artifact.Record.Sequence.Should().BeGreaterThan(before);
        (await Records.FindArtifactAsync(Original, "notes", cancellationToken: Token))!.Version.Should().Be(2);
        var own = (await ResponsesOfAsync("fork"))[^1];
        own.InheritedFrom.Should().BeNull();
        (await fork.Responses.ReadRequestAsync(own, Token)).Select(it => it.Text).Should().Equal("a", "one", "b", "two", "c");
        await ShouldBeCleanAsync();
    }

    [Fact]
    public async Task AtAResponse_LeavesOutWhatCameAfterIt()
    {
        await using var store = new SessionStore(Storage);
        await using var session = await OpenAsync(store);
        await FillAsync(session);
        var first = (await ResponsesOfAsync(Original))[0];

        var info = await store.ForkAsync(Original, new() { At = first, SessionId = "fork" }, Token);
        await using var fork = await store.OpenAsync(new() { SessionId = "fork" }, Token);

        info.ForkedFrom!.Should()
            .Be(
                new ForkOrigin
                {
                    SessionId = Original,
                    ResponseId = first.Id,
                    Sequence = first.Sequence,
                }
            );
        (await ResponsesOfAsync("fork")).Select(it => it.Id).Should().Equal(first.Id);
        (await TextOfAsync(fork)).Should().Be("a one");
        (await fork.ListArtifactsAsync(cancellationToken: Token).Select(it => it.ToString()).ToListAsync(Token))
            .Should()
            .Equal("notes v1 (text/plain, 5 bytes)");
        (await fork.Steps.ListAsync(cancellationToken: Token).ToListAsync(Token)).Should().BeEmpty();
        (await fork.StoreArtifactAsync("notes", "other", cancellationToken: Token)).Version.Should().Be(2);
        await ShouldBeCleanAsync();
    }

    [Fact]
    public async Task AtAStep_HasItsResultAndNothingBehind()
    {
        await using var store = new SessionStore(Storage);
        await using var session = await OpenAsync(store);
        await FillAsync(session);
        var step = (await session.Steps.ListAsync(cancellationToken: Token).ToListAsync(Token)).Single();

        await store.ForkAsync(Original, new() { At = step, SessionId = "fork" }, Token);
        await using var fork = await store.OpenAsync(new() { SessionId = "fork" }, Token);
        var result = await fork.Steps.RunAsync("length", ["first"], FailAsync, null, Token);

        (result.Value, result.IsReused).Should().Be((5, true));
        (await fork.Steps.GetAsync(step.Key, Token)).InheritedFrom.Should().Be(Original);
        (await TextOfAsync(fork)).Should().Be("a one");
        (await fork.FindArtifactAsync("notes", cancellationToken: Token))!.Version.Should().Be(1);
    }

    [Fact]
    public async Task Branches_AreInheritedWithTheHeadOfThatTime()
    {
        await using var store = new SessionStore(Storage);
        await using var session = await OpenAsync(store);
        var talk = session.Conversation();
        await SendAsync(session, "a", "one");
        await SendAsync(session, "b", "two");
        await talk.UndoAsync(cancellationToken: Token);
        await SendAsync(session, "c", "three");
        await talk.MoveHeadAsync(null, Token);
        await SendAsync(session, "d", "four");
        var responses = await ResponsesOfAsync(Original);

        var texts = new List<string>();
        foreach (var response in responses)
        {
            await using var fork = await session.ForkAsync(new() { At = response }, Token);
            texts.Add($"{await TextOfAsync(fork)} ({await fork.Conversation().ListBranchesAsync(Token).CountAsync(Token)})");
        }
        await using var now = await session.ForkAsync(cancellationToken: Token);

        texts.Should().Equal("a one (1)", "a one b two (1)", "a one c three (2)", "d four (3)");
        (await TextOfAsync(now)).Should().Be("d four");
        await ShouldBeCleanAsync();
    }

    [Fact]
    public async Task WhatWasAppendedOrUndoneBehindThePoint_IsNotInherited()
    {
        await using var store = new SessionStore(Storage);
        await using var session = await OpenAsync(store);
        await session.Conversation("other").AppendAsync([new(ChatRole.System, "before")], Token);
        await SendAsync(session, "a", "one");
        var response = (await ResponsesOfAsync(Original))[0];
        await session.Conversation().AppendAsync([new(ChatRole.User, "later")], Token);
        await session.Conversation("other").AppendAsync([new(ChatRole.User, "later")], Token);
        await session.Conversation("third").AppendAsync([new(ChatRole.User, "later")], Token);
        await session.Conversation().UndoAsync(2, Token);

        await using var fork = await session.ForkAsync(new() { At = response }, Token);

        (await TextOfAsync(fork)).Should().Be("a one");
        (await TextOfAsync(fork, "other")).Should().Be("before");
        (await fork.Conversations.ListAsync(Token).Select(it => it.Name).ToListAsync(Token)).Should().Equal("default", "other");
    }

    [Fact]
    public async Task ForkOfAFork_NamesTheFirstOriginAndCutsWhereTheOriginalWould()
    {
        await using var store = new SessionStore(Storage);
        await using var session = await OpenAsync(store);
        await FillAsync(session);
        await store.ForkAsync(Original, new() { SessionId = "fork" }, Token);
        var first = (await ResponsesOfAsync("fork"))[0];

        var info = await store.ForkAsync("fork", new() { At = first, SessionId = "second" }, Token);
        await store.ForkAsync(Original, new() { At = ForkPoint.AtResponse(first.Id), SessionId = "other" }, Token);

        info.ForkedFrom!.SessionId.Should().Be("fork");
        (await ResponsesOfAsync("second")).Select(it => it.InheritedFrom).Should().Equal(new ResponseOrigin(Original, first.Id));
        await ShouldHaveTheSameAsync("other", "second");
        await ShouldBeCleanAsync();
    }

    [Fact]
    public async Task DeletedOriginal_LeavesTheForkWhole()
    {
        await using var store = new SessionStore(Storage);
        await using (var session = await OpenAsync(store))
        {
            await FillAsync(session);
            await session.StoreArtifactAsync("large", Large, cancellationToken: Token);
        }
        await store.ForkAsync(Original, new() { SessionId = "fork" }, Token);
        await store.DeleteSessionAsync(Original, Token);

        var report = await store.PurgeAsync(new() { TrashedFor = TimeSpan.Zero, GracePeriod = TimeSpan.Zero }, Token);

        (report.Sessions, report.Contents).Should().Be((1L, 0L));
        await using var fork = await store.OpenAsync(new() { SessionId = "fork", OpenMode = OpenMode.Open }, Token);
        (await TextOfAsync(fork)).Should().Be("a one b two");
        (await (await fork.FindArtifactAsync("large", cancellationToken: Token))!.ReadBytesAsync(Token)).Should().Equal(Large);
        (await (await fork.FindArtifactAsync("notes", cancellationToken: Token))!.ReadTextAsync(Token)).Should().Be("second");
        await ShouldBeCleanAsync();
        await store.DeleteSessionAsync("fork", Token);
        report = await store.PurgeAsync(new() { TrashedFor = TimeSpan.Zero, GracePeriod = TimeSpan.Zero }, Token);
        report.Contents.Should().BePositive("nothing names it any more");
    }

    [Fact]
    public async Task CallInProgressTrashAndPin_AreNotInherited()
    {
        await using var store = new SessionStore(Storage);
        await using var session = await OpenAsync(store);
        var one = await session.StoreArtifactAsync("one", "1", cancellationToken: Token);
        var two = await session.StoreArtifactAsync("two", "2", cancellationToken: Token);
        await session.PinArtifactAsync(one.Id, Token);
        await session.DeleteArtifactAsync(two.Id, Token);
        await Records.CommitAsync(
            NewCommit(Original) with
            {
                Responses = [NewResponse() with { Outcome = ResponseOutcome.InProgress }, NewResponse("done")],
            },
            Token
        );

        await using var fork = await session.ForkAsync(new() { SessionId = "fork" }, Token);

        (await ResponsesOfAsync("fork")).Select(it => it.Key).Should().Equal("done");
        (await fork.ListArtifactsAsync(new() { Trash = TrashFilter.Include }, Token).ToListAsync(Token))
            .Should()
            .ContainSingle()
            .Which.Record.Should()
            .Match<ArtifactRecord>(record => record.Id == one.Id && !record.IsPinned && record.Sequence == one.Record.Sequence);
    }

    [Fact]
    public async Task MoreThanAPage_IsInheritedWhole()
    {
        const int Count = 2_300;
        await CreateSessionAsync();
        foreach (var some in Enumerable.Range(0, Count).Chunk(500))
            await Records.CommitAsync(
                NewCommit() with
                {
                    Contents = [Inline("x")],
                    Artifacts = [.. some.Select(number => NewArtifact($"a{number % 7}", "x"))],
                    Responses = [.. some.Select(_ => NewResponse())],
                },
                Token
            );
        await using var store = new SessionStore(Storage);

        await store.ForkAsync(SessionId, new() { SessionId = "fork" }, Token);

        await ShouldHaveTheSameAsync(SessionId, "fork");
        (await ResponsesOfAsync("fork")).Should().HaveCount(Count);
    }

    [Fact]
    public async Task SessionThatExists_CannotBeginWithRecords()
    {
        await CreateSessionAsync();
        await CreateSessionAsync("s-2");
        await using var store = new SessionStore(Storage);

        var forking = () => store.ForkAsync(SessionId, new() { SessionId = "s-2" }, Token);
        var commit = NewCommit("s-2") with { Copied = new() { Responses = [NewResponse() with { Sequence = 1 }] } };
        var committing = () => Records.CommitAsync(commit, Token).AsTask();

        (await forking.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("session.revision");
        (await committing.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("session.revision");
        (await ResponsesOfAsync("s-2")).Should().BeEmpty();
    }

    [Fact]
    public async Task PurgeBeforeTheCommit_LeavesNothing()
    {
        await CreateSessionAsync();
        var source = (await Records.GetSessionAsync(SessionId, Token))!;
        var fork = NewCommit("fork") with
        {
            Session = new() { Id = "fork", CreatedAt = Time },
        };
        var response = NewResponse() with { Sequence = 1 };

        var ofContent = () =>
            Records
                .CommitAsync(
                    fork with
                    {
                        Copied = new() { Contents = [ContentDigest.Of("x"u8)], Responses = [response] },
                    },
                    Token
                )
                .AsTask();
        var ofSource = () =>
            Records
                .CommitAsync(
                    fork with
                    {
                        Copied = new() { Source = source with { Id = "gone" }, Responses = [response] },
                    },
                    Token
                )
                .AsTask();
        var ofAnother = () =>
            Records.CommitAsync(fork with { Copied = new() { Source = source with { CreatedAt = Time.AddDays(-1) } } }, Token).AsTask();

        (await ofContent.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("content.exists");
        (await ofSource.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("session.created_at");
        (await ofAnother.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("session.created_at");
        (await Records.GetSessionAsync("fork", Token)).Should().BeNull();
        (await ResponsesOfAsync("fork")).Should().BeEmpty();
    }

    [Fact]
    public async Task ContentThatIsCondemned_IsInUseAgain()
    {
        await CreateSessionAsync();
        await Records.CommitAsync(NewCommit() with { Contents = [Inline("x")] }, Token);
        var keeping = new PurgeOptions { TrashedFor = TimeSpan.Zero, GracePeriod = TimeSpan.FromHours(1) };
        (await Storage.Maintenance.PurgeAsync(keeping, Time, Token)).Condemned.Should().Be(1);

        await Records.CommitAsync(
            NewCommit("fork") with
            {
                Session = new() { Id = "fork", CreatedAt = Time },
                Copied = new() { Contents = [Inline("x").Digest], Artifacts = [NewArtifact("x", "x") with { Version = 4, Sequence = 9 }] },
            },
            Token
        );
        var report = await Storage.Maintenance.PurgeAsync(keeping, Time.AddHours(2), Token);

        (report.Contents, report.Condemned).Should().Be((0L, 0L));
        (await Records.GetContentAsync(Inline("x").Digest, Token))!.Inline.Should().NotBeNull();
        var next = await Records.CommitAsync(NewCommit("fork") with { Artifacts = [NewArtifact("x", "x")] }, Token);
        (next.ArtifactVersions[0], next.ArtifactSequences[0]).Should().Be((5, 10L));
    }

    private static ScriptedChatClient Client(string answer) => ScriptedChatClient.Answering(answer);

    private static Task<Session> OpenAsync(SessionStore store) =>
        store.OpenAsync(
            new()
            {
                SessionId = Original,
                Name = "Talk",
                Owner = "ada",
            },
            Token
        );

    private static Task<int> FailAsync(CancellationToken cancellationToken) => throw new InvalidOperationException("It is kept.");

    /// <summary>An artifact, a turn, a step, a turn, another version, in this order.</summary>
    private static async Task FillAsync(Session session)
    {
        await session.StoreArtifactAsync(
            "notes",
            "first",
            metadata: new Dictionary<string, object?> { ["pages"] = 3 },
            cancellationToken: Token
        );
        await SendAsync(session, "a", "one");
        await session.Steps.RunAsync("length", ["first"], _ => Task.FromResult(5), null, Token);
        await SendAsync(session, "b", "two");
        await session.StoreArtifactAsync("notes", "second", cancellationToken: Token);
        await session.Responses.TrackAsync("score", new(), Token);
    }

    private static Task<ChatResponse> SendAsync(Session session, string message, string answer) =>
        session
            .Conversation()
            .AsChatClient(session.Track(Client(answer), "scripted/script-1"))
            .GetResponseAsync(message, cancellationToken: Token);

    private static async Task<string> TextOfAsync(Session session, string conversation = Conversation.DefaultName) =>
        string.Join(
            ' ',
            await session.Conversation(conversation).ReadAsync(cancellationToken: Token).Select(it => it.Text).ToListAsync(Token)
        );

    private async Task<List<TrackedResponse>> ResponsesOfAsync(string session) =>
        [
            .. (await ReadPagesAsync(next => Records.QueryResponsesAsync(session, new() { PageSize = 1000 }, next, Token))).SelectMany(it =>
                it
            ),
        ];

    private async Task<List<ArtifactRecord>> ArtifactsOfAsync(string session) =>
        [
            .. (await ReadPagesAsync(next => Records.QueryArtifactsAsync(session, new() { PageSize = 1000 }, next, Token))).SelectMany(it =>
                it
            ),
        ];

    private async Task<long> LastSequenceAsync(string session) =>
        (await ResponsesOfAsync(session))
            .Select(it => it.Sequence)
            .Concat((await ArtifactsOfAsync(session)).Select(it => it.Sequence))
            .Max();

    private async Task ShouldHaveTheSameAsync(string one, string other)
    {
        (await ArtifactsOfAsync(other)).Select(Text).Should().Equal((await ArtifactsOfAsync(one)).Select(Text));
        (await ResponsesOfAsync(other))
            .Should()
            .BeEquivalentTo(
                await ResponsesOfAsync(one),
                options =>
                    options
                        .Excluding(it => it.SessionId)
                        .Excluding(it => it.InheritedFrom)
                        .Excluding(it => it.Conversation)
                        .ComparingByMembers<TrackedResponse>()
            );
        (await Records.QueryStepsAsync(other, new(), null, Token))
            .Items.Should()
            .BeEquivalentTo(
                (await Records.QueryStepsAsync(one, new(), null, Token)).Items,
                options => options.Excluding(it => it.SessionId).Excluding(it => it.InheritedFrom).ComparingByMembers<StepRecord>()
            );
        (await Records.CountMessagesAsync(other, Token)).Should().Be(await Records.CountMessagesAsync(one, Token));
        (await HashesOfAsync(other)).Should().Equal(await HashesOfAsync(one));
        (await Records.CountArtifactsAsync(other, new(), Token))
            .Should()
            .BeEquivalentTo(await Records.CountArtifactsAsync(one, new(), Token));
    }

    private static string Text(ArtifactRecord artifact) => Encoding.UTF8.GetString(RecordJson.Encode(artifact with { SessionId = "" }));

    private async Task<List<ContentDigest>> HashesOfAsync(string session) =>
        [
            .. (await Records.QueryMessagesAsync(session, Conversation.DefaultName, new() { PageSize = 1000 }, null, Token)).Items.Select(
                it => it.Hash
            ),
        ];

    private async Task ShouldBeCleanAsync()
    {
        var report = await Storage.Maintenance.VerifyAsync(new(), null, Token);
        report.IsClean.Should().BeTrue(report.ToString());
    }
}
