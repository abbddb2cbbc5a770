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
    public async Task Owner_IsSetAtCreationAndKept()
    {
        await using var store = new SessionStore(new MemoryStorage(), new() { Owner = "alice" });
        await store.OpenAsync(new() { SessionId = "run-1" }, Token);
        await store.OpenAsync(new() { SessionId = "run-2", Owner = "bob" }, Token);

        await using var again = await store.OpenAsync(new() { SessionId = "run-2", Owner = "carol" }, Token);

        again.Info.Owner.Should().Be("bob");
        (await store.ListSessionsAsync(new() { Owner = "alice" }, Token).Select(session => session.Id).ToListAsync(Token))
            .Should()
            .Equal("run-1");
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
    public async Task OpenOrCreateOfOneSession_WinsOverTheModeOfTheStore()
    {
        await using var store = new SessionStore(new MemoryStorage(), new() { SessionId = "run-1", OpenMode = OpenMode.Create });
        await store.OpenAsync(cancellationToken: Token);

        var open = () => store.OpenAsync(new() { OpenMode = OpenMode.OpenOrCreate }, Token);
        var create = () => store.OpenAsync(cancellationToken: Token);

        await open.Should().NotThrowAsync();
        await create.Should().ThrowAsync<ConflictException>();
    }

    [Fact]
    public async Task NullCollections_CountAsEmpty()
    {
        await using var store = new SessionStore(new MemoryStorage(), new() { Tags = null!, Providers = null! });

        var session = await store.OpenAsync(new() { Tags = null!, Providers = null! }, Token);

        session.Info.Tags.Should().BeEmpty();
    }

    [Fact]
    public async Task ModelsOfTheOptions_AreTheStores()
    {
        var models = new ModelRegistry();
        await using var store = new SessionStore(new MemoryStorage(), new() { Models = models });

        store.Models.Should().BeSameAs(models);
    }

    [Fact]
    public async Task KeyOfOneSession_GoesToItsProviderOnly()
    {
        var keys = await KeysAsync(Providers("one", "two"), new() { Provider = "one", ApiKey = "tenant-key" });

        keys.Should().Equal(("one", "tenant-key"), ("two", "two-of-the-store"));
    }

    [Fact]
    public async Task KeyOfOneSession_GoesToTheProviderOfItsModelRatherThanToTheStores()
    {
        var options = Providers("one", "two");
        options.Provider = "two";

        var keys = await KeysAsync(options, new() { Model = "one/m", ApiKey = "tenant-key" });

        keys.Should().Equal(("one", "tenant-key"), ("two", "two-of-the-store"));
    }

    [Fact]
    public async Task KeyOfOneSession_GoesToTheOnlyProvider()
    {
        var keys = await KeysAsync(Providers("one"), new() { ApiKey = "tenant-key" });

        keys.Should().Equal(("one", "tenant-key"));
    }

    [Fact]
    public async Task KeyOfTheStore_GoesWhereAKeyOfOneSessionWould()
    {
        var options = Providers("one", "two");
        options.Providers["two"].ApiKey = null;
        (options.Provider, options.ApiKey) = ("two", " store-key ");

        var keys = await KeysAsync(options, null);

        keys.Should().Equal(("one", "one-of-the-store"), ("two", "store-key"));
    }

    [Fact]
    public async Task KeyOfTheStore_YieldsToOneThatTheProviderHasItself()
    {
        var options = Providers("one");
        options.ApiKey = "store-key";

        var keys = await KeysAsync(options, options);

        keys.Should().Equal(("one", "one-of-the-store"));
    }

    [Theory]
    [InlineData("several providers are configured", "one", "two")]
    [InlineData("there is no provider 'openai'")]
    public async Task KeyThatHasNoRecipient_IsRefusedEverywhere(string problem, params string[] providers)
    {
        await using var store = new SessionStore(new MemoryStorage(), Providers(providers));
        var options = Providers(providers);
        options.ApiKey = "store-key";

        var ofSession = () => store.OpenAsync(new() { ApiKey = "tenant-key" }, Token);
        var ofStore = () => new SessionStore(new MemoryStorage(), options);

        (await ofSession.Should().ThrowAsync<ArgumentException>()).Which.Message.Should().Contain(problem).And.NotContain("tenant-key");
        ofStore.Should().Throw<ArgumentException>().Which.Message.Should().Contain(problem).And.NotContain("store-key");
    }

    [Fact]
    public async Task EmptyKey_IsRefusedInsteadOfUsingTheStores()
    {
        await using var store = new SessionStore(new MemoryStorage(), Providers("one"));

        var act = () => store.OpenAsync(new() { ApiKey = "" }, Token);

        (await act.Should().ThrowAsync<ArgumentException>()).Which.Message.Should().Contain("SessionOptions.ApiKey is empty");
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

    private static SessionOptions Providers(params string[] names) =>
        new() { Providers = names.ToDictionary(name => name, name => new ProviderOptions { ApiKey = $"{name}-of-the-store" }) };

    /// <summary>The keys that the providers get in a call of one session.</summary>
    private static async Task<List<(string Provider, string? Key)>> KeysAsync(SessionOptions options, SessionOptions? ofSession)
    {
        var keys = new List<(string Provider, string? Key)>();
        foreach (var provider in options.Providers.Values)
            provider.Implementation = new KeyNotingProvider(keys);
        await using var store = new SessionStore(new MemoryStorage(), options);
        await using var session = await store.OpenAsync(ofSession, Token);
        foreach (var name in options.Providers.Keys)
        {
            var client = session.GetChatClient("m", name);
            await Microsoft.Extensions.AI.ChatClientExtensions.GetResponseAsync(client, "hi", cancellationToken: Token);
        }
        return keys;
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
