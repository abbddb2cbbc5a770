using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Sessions;

/// <summary>A store that is limited to an owner, as its users see it; what it does not see is tested contract by contract in the suite of owners.</summary>
public sealed class OwnerStoreTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EmptyOwner_IsRefusedInsteadOfStartingASessionOfNobody()
    {
        await using var test = await TestSession.OpenAsync();

        var act = () => test.Store.OpenAsync(new() { Owner = "" }, Token);

        await act.Should().ThrowAsync<ArgumentException>().WithMessage("SessionOptions.Owner is empty.*");
    }

    [Fact]
    public async Task OwnerThatRedactionWouldChange_IsRefused_BecauseTwoOfThemWouldBeOne()
    {
        await using var test = await TestSession.OpenAsync();

        var act = () => test.Store.OpenAsync(new() { Owner = $"ada {TestSession.Key}" }, Token);

        (await act.Should().ThrowAsync<ArgumentException>()).Which.Message.Should().Contain("Use an id").And.NotContain(TestSession.Key);
        (await test.Store.CountSessionsAsync(cancellationToken: Token)).Should().Be(1, "there is only that of the test");
    }

    [Fact]
    public async Task SessionsOfTheStore_AreTheOwners()
    {
        await using var store = new SessionStore(new MemoryStorage());
        var alice = store.ForOwner("alice");
        await using var hers = await alice.OpenAsync(new() { SessionId = "hers" }, Token);
        await using var his = await store.ForOwner("bob").OpenAsync(new() { SessionId = "his" }, Token);
        await hers.StoreArtifactAsync("note", "text", cancellationToken: Token);
        await his.StoreArtifactAsync("note", "text", cancellationToken: Token);

        hers.Info.Owner.Should().Be("alice");
        hers.Store.Should().BeSameAs(alice);
        (await alice.ListSessionsAsync(cancellationToken: Token).Select(it => it.Id).ToListAsync(Token)).Should().Equal("hers");
        (await alice.CountSessionsAsync(cancellationToken: Token)).Should().Be(1);
        (await alice.CountArtifactsAsync(cancellationToken: Token)).Count.Should().Be(1);
        var notes = await alice.ListArtifactsAsync(cancellationToken: Token).ToListAsync(Token);
        notes.Should().ContainSingle().Which.SessionId.Should().Be("hers");
        (await notes[0].ReadTextAsync(Token)).Should().Be("text");
        (await alice.SearchAsync("text", cancellationToken: Token)).Hits.Should().ContainSingle();
        (await alice.VerifyAsync(cancellationToken: Token)).Sessions.Should().Be(1);
        (await store.CountSessionsAsync(cancellationToken: Token)).Should().Be(2);
    }

    [Fact]
    public async Task SessionOfAnother_IsNotThere_AndItsIdCannotBeHad()
    {
        await using var store = new SessionStore(new MemoryStorage());
        await using var his = await store.ForOwner("bob").OpenAsync(new() { SessionId = "his", Name = "Bob's" }, Token);
        var alice = store.ForOwner("alice");
        Func<string, OpenMode, Func<Task>> open = (id, mode) => () => alice.OpenAsync(new() { SessionId = id, OpenMode = mode }, Token);

        var there = (await open("his", OpenMode.Open).Should().ThrowAsync<NotFoundException>()).Which.Message;
        var nowhere = (await open("no", OpenMode.Open).Should().ThrowAsync<NotFoundException>()).Which.Message;
        there.Replace("'his'", "'no'", StringComparison.Ordinal).Should().Be(nowhere);
        (await open("his", OpenMode.Create).Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("session.id");
        (await open("his", OpenMode.OpenOrCreate).Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("session.id");
        await alice.Invoking(it => it.DeleteSessionAsync("his", Token)).Should().ThrowAsync<NotFoundException>();
        await alice.Invoking(it => it.RestoreSessionAsync("his", Token)).Should().ThrowAsync<NotFoundException>();
        var replay = () => alice.OpenAsync(new() { ReplayFrom = "his" }, Token);
        await replay.Should().ThrowAsync<NotFoundException>();
        (await store.ListSessionsAsync(cancellationToken: Token).SingleAsync(Token)).Name.Should().Be("Bob's");
    }

    [Fact]
    public async Task ConversationWithAnImage_IsReadBack_ByTheOwnerAlone()
    {
        await using var test = await TestSession.OpenAsync(options => options.Model = "scripted/m");
        var image = new DataContent(new byte[100_000], "image/png");
        await using (var session = await test.Store.ForOwner("alice").OpenAsync(new() { SessionId = "hers" }, Token))
            await session.Conversation().SendAsync(new ChatMessage(ChatRole.User, [new TextContent("look"), image]), null, Token);

        await using var again = await test.Store.ForOwner("alice").OpenAsync(new() { SessionId = "hers" }, Token);

        var said = await again.Conversation().ReadTailAsync(2, Token);
        said[0].Message.Contents.OfType<DataContent>().Single().Data.Length.Should().Be(100_000);
        said[1].Text.Should().Be("Hello there");
        (await again.Store.VerifyAsync(cancellationToken: Token)).Messages.Should().Be(2);
    }

    [Fact]
    public async Task Retention_IsOfTheOwnersSessions()
    {
        await using var store = new SessionStore(new MemoryStorage());
        foreach (var owner in new[] { "alice", "bob" })
        {
            await using var session = await store.ForOwner(owner).OpenAsync(new() { SessionId = owner }, Token);
            await session.StoreArtifactAsync("a", "1", cancellationToken: Token);
            await session.StoreArtifactAsync("a", "2", cancellationToken: Token);
        }

        var report = await store.ForOwner("alice").ApplyRetentionAsync(new() { KeepVersions = 1 }, Token);

        report.Artifacts.Should().Be(1);
        (await store.ForOwner("bob").CountArtifactsAsync(cancellationToken: Token)).Count.Should().Be(2);
    }

    [Fact]
    public async Task AnotherOwner_IsRefused()
    {
        await using var store = new SessionStore(new MemoryStorage());
        var alice = store.ForOwner("alice");

        alice.ForOwner("alice").Should().BeSameAs(alice);
        alice.Invoking(it => it.ForOwner("bob")).Should().Throw<OwnerScopeException>().Which.Owner.Should().Be("alice");
        var open = () => alice.OpenAsync(new() { Owner = "bob" }, Token);
        await open.Should().ThrowAsync<OwnerScopeException>();
        (await store.CountSessionsAsync(cancellationToken: Token)).Should().Be(0);
        await using var own = await alice.OpenAsync(new() { Owner = "alice" }, Token);
    }

    [Theory]
    [InlineData("")]
    [InlineData("sk-proj-abcdefghijklmnopqrstuvwxyz0123456789")]
    public async Task OwnerThatCouldNotBeToldFromOthers_IsRefused(string owner)
    {
        await using var store = new SessionStore(new MemoryStorage());

        store.Invoking(it => it.ForOwner(owner)).Should().Throw<ArgumentException>();
    }

    [Fact]
    public async Task Disposing_LeavesTheWholeStoreOpen()
    {
        await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);
        var alice = store.ForOwner("alice");
        await using var session = await alice.OpenAsync(cancellationToken: Token);

        await alice.DisposeAsync();

        await session.StoreArtifactAsync("a", "still", cancellationToken: Token);
        await alice.Invoking(it => it.CountSessionsAsync(cancellationToken: Token)).Should().ThrowAsync<ObjectDisposedException>();
        (await store.CountSessionsAsync(cancellationToken: Token)).Should().Be(1);
    }
}
