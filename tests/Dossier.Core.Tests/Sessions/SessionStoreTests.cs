using Dossier.Storage;

namespace Dossier.Core.Tests.Sessions;

public sealed class SessionStoreTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task NewSession_HasAReadableIdThatBeginsWithTheTime()
    {
        await using var test = await TestSession.OpenAsync();

        test.Session.Id.Should().MatchRegex("^20260102-030405-[a-z2-9]{6}$");
        test.Session.Status.Should().Be(SessionStatus.Active);
        test.Session.Info.Revision.Should().Be(1);
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("..")]
    [InlineData(".hidden")]
    [InlineData("")]
    [InlineData("naïve")]
    [InlineData("a b")]
    [InlineData("a%")]
    public async Task SessionIdWithOtherCharacters_IsRefused(string id)
    {
        await using var store = new SessionStore(new MemoryStorage());

        var act = () => store.OpenAsync(new() { SessionId = id }, Token);

        await act.Should().ThrowAsync<ArgumentException>();
        (await store.ListSessionsAsync(cancellationToken: Token).ToListAsync(Token)).Should().BeEmpty();
    }

    [Fact]
    public async Task Create_OfASessionThatExists_Conflicts()
    {
        await using var store = new SessionStore(new MemoryStorage());
        await store.OpenAsync(new() { SessionId = "run-1" }, Token);

        var act = () => store.OpenAsync(new() { SessionId = "run-1", OpenMode = OpenMode.Create }, Token);

        (await act.Should().ThrowAsync<ConflictException>()).Which.Message.Should().Contain("'run-1'").And.Contain("OpenMode.Open");
    }

    [Fact]
    public async Task Open_OfASessionThatDoesNotExist_IsNotFound()
    {
        await using var store = new SessionStore(new MemoryStorage());

        var act = () => store.OpenAsync(new() { SessionId = "run-1", OpenMode = OpenMode.Open }, Token);

        (await act.Should().ThrowAsync<NotFoundException>()).Which.Message.Should().Contain("'run-1'");
    }

    [Fact]
    public async Task Open_WithoutAnId_IsRefused()
    {
        await using var store = new SessionStore(new MemoryStorage());

        var act = () => store.OpenAsync(new() { OpenMode = OpenMode.Open }, Token);

        await act.Should().ThrowAsync<ArgumentException>();
    }

    [Fact]
    public async Task Reopening_KeepsWhatIsNotGivenAndReplacesWhatIs()
    {
        await using var store = new SessionStore(new MemoryStorage());
        await store.OpenAsync(
            new()
            {
                SessionId = "run-1",
                Name = "First",
                Tags = ["a", "b"],
            },
            Token
        );

        var again = await store.OpenAsync(new() { SessionId = "run-1" }, Token);
        var renamed = await store.OpenAsync(new() { SessionId = "run-1", Name = "Second" }, Token);

        again.Info.Name.Should().Be("First");
        again.Info.Revision.Should().Be(1, "nothing was written");
        renamed.Info.Name.Should().Be("Second");
        renamed.Info.Tags.Should().Equal("a", "b");
        renamed.Info.Revision.Should().Be(2);
    }

    [Fact]
    public async Task OpeningTheSameIdAtOnce_CreatesOneSession()
    {
        await using var store = new SessionStore(new MemoryStorage());

        var sessions = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => store.OpenAsync(new() { SessionId = "run-1" }, Token)));

        sessions.Select(s => s.Id).Distinct().Should().Equal("run-1");
        (await store.ListSessionsAsync(cancellationToken: Token).ToListAsync(Token)).Should().ContainSingle();
    }

    [Fact]
    public async Task OptionOfTheStore_IsRefusedForOneSession()
    {
        await using var store = new SessionStore(new MemoryStorage());

        var act = () => store.OpenAsync(new() { StoragePath = "/elsewhere" }, Token);

        (await act.Should().ThrowAsync<ArgumentException>()).Which.Message.Should().Contain("StoragePath");
    }

    [Fact]
    public async Task ProviderThatTheStoreDoesNotHave_IsRefusedAtOnce()
    {
        await using var store = new SessionStore(new MemoryStorage(), new() { Providers = { ["openai"] = new() } });

        var act = () => store.OpenAsync(new() { Provider = "opanai" }, Token);

        (await act.Should().ThrowAsync<ModelResolutionException>()).Which.Candidates.Should().Equal("openai");
    }

    [Fact]
    public async Task KeyOfOneSession_GoesToItsProviderOnly()
    {
        var keys = new List<(string Provider, string? Key)>();
        var options = new SessionOptions();
        foreach (var name in new[] { "one", "two" })
            options.Providers[name] = new() { Implementation = new KeyNotingProvider(keys), ApiKey = $"{name}-of-the-store" };
        await using var store = new SessionStore(new MemoryStorage(), options);
        await using var session = await store.OpenAsync(new() { Provider = "one", ApiKey = "tenant-key" }, Token);

        await Microsoft.Extensions.AI.ChatClientExtensions.GetResponseAsync(
            session.GetChatClient("m", "one"),
            "hi",
            cancellationToken: Token
        );
        await Microsoft.Extensions.AI.ChatClientExtensions.GetResponseAsync(
            session.GetChatClient("m", "two"),
            "hi",
            cancellationToken: Token
        );

        keys.Should().Equal(("one", "tenant-key"), ("two", "two-of-the-store"));
    }

    [Fact]
    public async Task Sessions_AreListedNewestFirstAndByQuery()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        await using var store = new SessionStore(new MemoryStorage(), new() { TimeProvider = time });
        foreach (var (id, tag) in new[] { ("a", "x"), ("b", "y"), ("c", "x") })
        {
            await store.OpenAsync(new() { SessionId = id, Tags = [tag] }, Token);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        var all = await store.ListSessionsAsync(new() { PageSize = 1 }, Token).Select(s => s.Id).ToListAsync(Token);
        var tagged = await store.ListSessionsAsync(new() { Tag = "x" }, Token).Select(s => s.Id).ToListAsync(Token);

        all.Should().Equal("c", "b", "a");
        tagged.Should().Equal("c", "a");
    }

    [Fact]
    public async Task ClosedStore_OpensNothing()
    {
        var store = new SessionStore(new MemoryStorage(), ownsStorage: true);
        await store.DisposeAsync();

        var act = () => store.OpenAsync(cancellationToken: Token);

        await act.Should().ThrowAsync<ObjectDisposedException>();
    }

    private sealed class KeyNotingProvider(List<(string, string?)> keys) : IModelProvider
    {
        public Microsoft.Extensions.AI.IChatClient CreateChatClient(string model, ProviderConnection connection)
        {
            keys.Add((connection.Name, connection.Options.ApiKey));
            return Dossier.Tests.ScriptedChatClient.Answering("ok");
        }

        public ProviderFailure? Classify(Exception exception) => null;
    }
}
