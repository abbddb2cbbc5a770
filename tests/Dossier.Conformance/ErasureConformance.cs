using System.Text;
using Dossier.Storage;
using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Conformance;

/// <summary>What an erasure removes, what it leaves, and what becomes of those who still use what was erased.</summary>
public abstract class ErasureConformance<TFixture> : StorageSuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    private const string Gone = "gone";
    private const string Kept = "kept";
    private const string Secret = "Zanzibar";
    private static readonly byte[] Shared = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i % 251))];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ErasedSession_IsGoneWithAllThatNothingElseUses()
    {
        await using var store = new SessionStore(Storage);
        var large = await FillAsync(store, Gone, "ada");
        await FillAsync(store, Kept, "ada");
        var before = await Storage.Contents.ListAsync(Token).CountAsync(Token);

        var report = await store.EraseSessionAsync(Gone, "asked to", Token);

        (report.Sessions, report.Artifacts, report.Responses, report.Messages).Should().Be((1L, 3L, 1L, 2L));
        report.Contents.Should().BePositive();
        report.ToString().Should().StartWith("erased 1 session, 3 artifacts, 1 response, 2 messages and ");
        (await Records.GetSessionAsync(Gone, Token)).Should().BeNull();
        (await Records.QueryArtifactsAsync(null, new() { Trash = TrashFilter.Include }, null, Token))
            .Items.Should()
            .HaveCount(3)
            .And.OnlyContain(it => it.SessionId == Kept);
        (await Records.QueryResponsesAsync(Gone, new(), null, Token)).Items.Should().BeEmpty();
        (await Records.CountMessagesAsync(Gone, Token)).Messages.Should().Be(0);
        (await Records.GetContentAsync(large.Digest, Token)).Should().BeNull();
        (await Storage.Contents.ExistsAsync(large.Digest, Token)).Should().BeFalse();
        (await Storage.Contents.ListAsync(Token).CountAsync(Token)).Should().Be(before - 1, "the other file is used by both");
        (await FindAsync(store, Gone)).Should().BeEmpty();
        (await FindAsync(store, Kept)).Should().Equal(Kept);
        await ShouldBeWholeAsync(store, Kept);
    }

    [Fact]
    public async Task WhatStays_IsThatItWasAndWhen()
    {
        await using var store = new SessionStore(Storage);
        await FillAsync(store, Gone, "ada");

        await store.EraseSessionAsync(Gone, "asked to", Token);

        var erasure = (await store.ListErasuresAsync(Token).ToListAsync(Token)).Should().ContainSingle().Subject;
        erasure
            .Should()
            .Be(
                new SessionErasure
                {
                    SessionId = Gone,
                    ErasedAt = erasure.ErasedAt,
                    Artifacts = 3,
                    Responses = 1,
                    Messages = 2,
                    Reason = "asked to",
                    IsComplete = true,
                }
            );
        (await Records.GetErasureAsync(Gone, Token)).Should().Be(erasure);
        (await Records.GetErasureAsync(Kept, Token)).Should().BeNull();
        var report = await store.VerifyAsync(cancellationToken: Token);
        (report.IsClean, report.ErasedSessions, report.Sessions).Should().Be((true, 1L, 0L), report.ToString());
        report.ToString().Should().Contain("1 session was erased.");
        (await store.VerifyAsync(new() { SessionId = Gone }, cancellationToken: Token)).ErasedSessions.Should().Be(1);
    }

    [Fact]
    public async Task ErasedId_IsRefusedByName()
    {
        await using var store = new SessionStore(Storage);
        await FillAsync(store, Gone, "ada");
        await store.EraseSessionAsync(Gone, cancellationToken: Token);

        var creating = () => store.OpenAsync(new() { SessionId = Gone, OpenMode = OpenMode.Create }, Token);
        var openingOrCreating = () => store.OpenAsync(new() { SessionId = Gone }, Token);
        var opening = () => store.OpenAsync(new() { SessionId = Gone, OpenMode = OpenMode.Open }, Token);
        var replaying = () => store.OpenAsync(new() { ReplayFrom = Gone }, Token);
        var forking = () => store.ForkAsync(Gone, cancellationToken: Token);
        var comparing = () => store.DiffAsync(Gone, Gone, Token);

        (await creating.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("session.erased");
        (await openingOrCreating.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("session.erased");
        (await opening.Should().ThrowAsync<NotFoundException>()).Which.Message.Should().Contain("was erased on");
        (await replaying.Should().ThrowAsync<NotFoundException>()).Which.Message.Should().Contain("was erased on");
        (await forking.Should().ThrowAsync<NotFoundException>()).Which.Message.Should().Contain("was erased on");
        (await comparing.Should().ThrowAsync<NotFoundException>()).Which.Message.Should().Contain("was erased on");
        (await Records.GetSessionAsync(Gone, Token)).Should().BeNull();
    }

    [Fact]
    public async Task ForkOfAnErasedSession_IsWhole()
    {
        await using var store = new SessionStore(Storage);
        await FillAsync(store, Gone, "ada");
        await store.ForkAsync(Gone, new() { SessionId = Kept, Name = "Fork" }, Token);

        var report = await store.EraseSessionAsync(Gone, cancellationToken: Token);

        report.Contents.Should().Be(0, "all of it is the fork's as well");
        await ShouldBeWholeAsync(store, Kept);
        await using var fork = await store.OpenAsync(new() { SessionId = Kept, OpenMode = OpenMode.Open }, Token);
        fork.Info.ForkedFrom!.SessionId.Should().Be(Gone);
        (await (await fork.FindArtifactAsync("own", cancellationToken: Token))!.ReadTextAsync(Token)).Should().Contain(Gone);
        (await fork.Conversation().ReadAsync(cancellationToken: Token).Select(it => it.Text).ToListAsync(Token))
            .Should()
            .Equal($"{Secret} of {Gone}", "answer");
        (await store.EraseSessionAsync(Kept, cancellationToken: Token)).Contents.Should().BePositive("nothing names it any more");
    }

    [Fact]
    public async Task PinnedAndTrashed_AreErasedToo()
    {
        await using var store = new SessionStore(Storage);
        await FillAsync(store, Gone, "ada");
        await FillAsync(store, Kept, "ada");
        await using (var session = await store.OpenAsync(new() { SessionId = Gone }, Token))
        {
            await session.PinArtifactAsync((await session.FindArtifactAsync("own", cancellationToken: Token))!.Id, Token);
            await session.DeleteArtifactAsync((await session.FindArtifactAsync("shared", cancellationToken: Token))!.Id, Token);
        }
        await store.DeleteSessionAsync(Kept, Token);

        await store.EraseSessionAsync(Gone, cancellationToken: Token);
        await store.EraseSessionAsync(Kept, cancellationToken: Token);

        (await Records.CountSessionsAsync(new() { Trash = TrashFilter.Include }, Token)).Should().Be(0);
        (await Records.QueryArtifactsAsync(null, new() { Trash = TrashFilter.Include }, null, Token)).Items.Should().BeEmpty();
        (await Storage.Contents.ListAsync(Token).ToListAsync(Token)).Should().BeEmpty();
    }

    [Fact]
    public async Task Owner_IsErasedWithAllSessionsAndNobodyElses()
    {
        await using var store = new SessionStore(Storage);
        await FillAsync(store, "s1", "a%");
        await FillAsync(store, "s2", "a%");
        await FillAsync(store, Kept, "ab");
        await FillAsync(store, "s3", "");

        var report = await store.EraseOwnerAsync("a%", cancellationToken: Token);

        report.Sessions.Should().Be(2);
        (await store.ListErasuresAsync(Token).Select(it => it.SessionId).ToListAsync(Token)).Should().Equal("s1", "s2");
        (await Records.CountSessionsAsync(new(), Token)).Should().Be(2);
        await ShouldBeWholeAsync(store, Kept);
        (await store.EraseOwnerAsync("nobody", cancellationToken: Token)).Should().Be(new ErasureReport());
    }

    [Fact]
    public async Task StoreOfAnOwner_ErasesItsOwnOnly()
    {
        await using var store = new SessionStore(Storage);
        await FillAsync(store, Gone, "ada");
        await FillAsync(store, Kept, "bob");
        var own = store.ForOwner("ada");

        var theirs = () => own.EraseSessionAsync(Kept, cancellationToken: Token);
        var all = () => own.EraseOwnerAsync("bob", cancellationToken: Token);

        await theirs.Should().ThrowAsync<NotFoundException>();
        (await all.Should().ThrowAsync<OwnerScopeException>()).Which.Owner.Should().Be("ada");
        await ShouldBeWholeAsync(store, Kept);
        (await own.EraseSessionAsync(Gone, cancellationToken: Token)).Sessions.Should().Be(1);
        (await own.ListErasuresAsync(Token).ToListAsync(Token)).Should().BeEmpty("a tombstone does not say whose it was");
    }

    [Fact]
    public async Task WhatIsNotThereOrNotAllowed_IsAnError()
    {
        await using var store = new SessionStore(Storage);
        await FillAsync(store, Kept, "ada");

        var unknown = () => store.EraseSessionAsync("never", cancellationToken: Token);
        var tooLong = () => store.EraseSessionAsync(Kept, new('x', 257), Token);
        var empty = () => store.EraseOwnerAsync("", cancellationToken: Token);

        await unknown.Should().ThrowAsync<NotFoundException>();
        await tooLong.Should().ThrowAsync<ArgumentException>();
        await empty.Should().ThrowAsync<ArgumentException>();
        await ShouldBeWholeAsync(store, Kept);
    }

    [Fact]
    public async Task ErasedTwice_AndTwiceAtOnce_IsErased()
    {
        await using var store = new SessionStore(Storage);
        foreach (var id in new[] { Gone, "other", Kept })
            await FillAsync(store, id, "ada");

        var same = await Task.WhenAll(
            Enumerable.Range(0, 3).Select(_ => Task.Run(() => store.EraseSessionAsync(Gone, cancellationToken: Token), Token))
        );
        await Task.WhenAll(
            new[] { "other", Gone }.Select(id => Task.Run(() => store.EraseSessionAsync(id, cancellationToken: Token), Token))
        );

        same.Sum(it => it.Sessions).Should().Be(1);
        (await store.ListErasuresAsync(Token).ToListAsync(Token))
            .Should()
            .HaveCount(2)
            .And.OnlyContain(it => it.IsComplete && it.SessionId != Kept);
        (await store.EraseSessionAsync(Gone, cancellationToken: Token)).Should().Be(new ErasureReport());
        await ShouldBeWholeAsync(store, Kept);
    }

    [Fact]
    public async Task CallThatIsRunning_WritesNothingMore()
    {
        await using var store = new SessionStore(Storage);
        await using var session = await store.OpenAsync(new() { SessionId = Gone }, Token);
        var client = session.Track(new ScriptedChatClient((_, _, token) => EraseAndAnswerAsync(store, token)), "scripted/script-1");

        var calling = () => session.Conversation().AsChatClient(client).GetResponseAsync(Secret, cancellationToken: Token);
        var storing = () => session.StoreArtifactAsync("late", Shared, cancellationToken: Token);

        var lost = (await calling.Should().ThrowAsync<ResponseNotRecordedException>()).Which;
        lost.InnerException.Should().BeOfType<ConflictException>().Which.Guard.Should().Be("session.erased");
        lost.Message.Should()
            .Match(
                $"The answer of response {lost.ResponseId} could not be recorded, and nothing of the call is recorded any more: The session 'gone' was erased on *, and nothing is written under its id again. Use another id. The answer itself is in the Response property."
            );
        lost.Response.Text.Should().StartWith(Secret);
        (await storing.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("session.erased");
        (await Records.GetSessionAsync(Gone, Token)).Should().BeNull();
        (await Records.QueryResponsesAsync(Gone, new(), null, Token)).Items.Should().BeEmpty();
        (await Storage.Contents.ListAsync(Token).ToListAsync(Token)).Should().BeEmpty("what was put for a refused commit is gone");
        (await Storage.Maintenance.VerifyAsync(new(), null, Token)).Unreferenced.Should().Be(0);
    }

    [Fact]
    public async Task ContentThatIsRefusedBeforeTheErasure_IsNotLeftBehind()
    {
        await using var store = new SessionStore(Storage);
        await using var session = await store.OpenAsync(new() { SessionId = Gone }, Token);
        await store.DeleteSessionAsync(Gone, Token);

        var storing = () => session.StoreArtifactAsync("late", Shared, cancellationToken: Token);

        (await storing.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("session.trashed");
        await store.EraseSessionAsync(Gone, cancellationToken: Token);
        (await Storage.Contents.ListAsync(Token).ToListAsync(Token)).Should().BeEmpty();
    }

    [Fact]
    public async Task CallThatIsRunningForAnOwner_IsToldThatThereIsNoSession()
    {
        await using var store = new SessionStore(Storage);
        var own = store.ForOwner("ada");
        await using var session = await own.OpenAsync(new() { SessionId = Gone }, Token);
        var client = session.Track(new ScriptedChatClient((_, _, token) => EraseAndAnswerAsync(own, token)), "scripted/script-1");

        var calling = () => client.GetResponseAsync(Secret, cancellationToken: Token);

        var lost = (await calling.Should().ThrowAsync<ResponseNotRecordedException>()).Which;
        lost.InnerException.Should().BeOfType<NotFoundException>();
        lost.Message.Should().Contain("nothing of the call is recorded any more").And.NotContain("was erased");
        (await Storage.Contents.ListAsync(Token).ToListAsync(Token)).Should().BeEmpty();
    }

    [Fact]
    public async Task ForkAndDiffThroughAStoreOfAnOwner_SeeNothingElse()
    {
        await using var store = new SessionStore(Storage);
        await FillAsync(store, "mine", "ada");
        await FillAsync(store, "theirs", "bob");
        var own = store.ForOwner("ada");

        var fork = await own.ForkAsync("mine", new() { SessionId = "fork" }, Token);
        var diff = await own.DiffAsync("mine", "fork", Token);
        var forking = () => own.ForkAsync("theirs", cancellationToken: Token);
        var onTheirs = () => own.ForkAsync("mine", new() { SessionId = "theirs" }, Token);
        var comparing = () => own.DiffAsync("mine", "theirs", Token);
        var comparingLeft = () => own.DiffAsync("theirs", "mine", Token);

        fork.Owner.Should().Be("ada");
        (diff.IsSame, diff.SameArtifacts).Should().Be((true, 3));
        (await forking.Should().ThrowAsync<NotFoundException>()).Which.Message.Should().NotContain("bob");
        (await onTheirs.Should().ThrowAsync<ConflictException>()).Which.Message.Should().NotContain("bob");
        (await comparing.Should().ThrowAsync<NotFoundException>()).Which.Message.Should().NotContain("bob");
        await comparingLeft.Should().ThrowAsync<NotFoundException>();
        await ShouldBeWholeAsync(store, "theirs");
        (await store.CountSessionsAsync(cancellationToken: Token)).Should().Be(3);
    }

    [Fact]
    public async Task MessageOfAnotherSessionThatIsMissing_KeepsContentAndSaysSo()
    {
        await CreateSessionAsync(Kept);
        var message = await Storage.Contents.WriteAsync(new MemoryStream(Shared), Token);
        await Records.CommitAsync(
            NewCommit(Kept) with
            {
                Contents = [message],
                Responses = [NewResponse() with { RequestMessages = [message.Digest] }],
            },
            Token
        );
        await using var store = new SessionStore(Storage);
        var large = await FillAsync(store, Gone, "ada");
        await Storage.Contents.DeleteAsync(message.Digest, Token);

        var erasing = () => store.EraseSessionAsync(Gone, cancellationToken: Token);

        await erasing.Should().ThrowAsync<StorageException>();
        (await Records.GetSessionAsync(Gone, Token)).Should().BeNull("the records went first");
        (await Storage.Contents.ExistsAsync(large.Digest, Token)).Should().BeTrue();
        await Storage.Contents.WriteAsync(new MemoryStream(Shared), Token);
        (await store.EraseSessionAsync(Gone, cancellationToken: Token)).Sessions.Should().Be(0);
        (await Storage.Contents.ExistsAsync(large.Digest, Token)).Should().BeFalse();
        (await Records.GetErasureAsync(Gone, Token))!.IsComplete.Should().BeTrue();
    }

    private static async IAsyncEnumerable<ChatResponseUpdate> EraseAndAnswerAsync(
        SessionStore store,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await store.EraseSessionAsync(Gone, cancellationToken: cancellationToken);
        yield return new(ChatRole.Assistant, Secret.PadRight(100_000));
    }

    /// <summary>An artifact of its own inline and one in a file, one that all have, and a turn of a conversation.</summary>
    private static async Task<Artifact> FillAsync(SessionStore store, string id, string owner)
    {
        await using var session = await store.OpenAsync(
            new()
            {
                SessionId = id,
                Name = $"{Secret} {id}",
                Owner = owner.Length == 0 ? null : owner,
            },
            Token
        );
        var metadata = new Dictionary<string, object?> { ["whose"] = id };
        await session.StoreArtifactAsync("own", $"{Secret} is of {id}", metadata: metadata, cancellationToken: Token);
        await session.StoreArtifactAsync("shared", Shared, cancellationToken: Token);
        await session
            .Conversation()
            .AsChatClient(session.Track(ScriptedChatClient.Answering("answer"), "scripted/script-1"))
            .GetResponseAsync($"{Secret} of {id}", cancellationToken: Token);
        return await session.StoreArtifactAsync("large", Encoding.UTF8.GetBytes(id.PadRight(100_000)), cancellationToken: Token);
    }

    private static async Task<List<string>> FindAsync(SessionStore store, string word) =>
        [
            .. (await store.SearchAsync($"{Secret} {word}", new() { CatchUpLimit = TimeSpan.MaxValue }, Token)).Hits.Select(hit =>
                hit.Artifact.Record.SessionId
            ),
        ];

    private static async Task ShouldBeWholeAsync(SessionStore store, string id)
    {
        await using var session = await store.OpenAsync(new() { SessionId = id, OpenMode = OpenMode.Open }, Token);
        var artifacts = await session.ListArtifactsAsync(cancellationToken: Token).ToListAsync(Token);
        artifacts.Should().HaveCount(3);
        foreach (var artifact in artifacts)
            ContentDigest.Of(await artifact.ReadBytesAsync(Token)).Should().Be(artifact.Digest);
        var report = await store.VerifyAsync(cancellationToken: Token);
        report.IsClean.Should().BeTrue(report.ToString());
    }
}
