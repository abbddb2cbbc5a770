using Dossier.Storage;
using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Sessions;

public sealed class SessionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CompletedAndFailed_AreKept()
    {
        await using var test = await TestSession.OpenAsync();

        await test.Session.CompleteAsync(Token);
        var completed = test.Session.Info;
        await test.Session.FailAsync($"the key {TestSession.Key} did not work", Token);
        var failed = await test.Storage.Records.GetSessionAsync(test.Session.Id, Token);

        completed.Status.Should().Be(SessionStatus.Completed);
        failed!.Status.Should().Be(SessionStatus.Failed);
        failed.StatusReason.Should().Be("the key [masked] did not work");
    }

    [Fact]
    public async Task Disposing_LeavesTheStatus()
    {
        await using var test = await TestSession.OpenAsync();

        await test.Session.DisposeAsync();

        (await test.Storage.Records.GetSessionAsync(test.Session.Id, Token))!.Status.Should().Be(SessionStatus.Active);
    }

    [Fact]
    public async Task ClosedSession_CannotBeUsed_AndSaysWhichAndWhatToDo()
    {
        await using var test = await TestSession.OpenAsync(options => options.SessionId = "closed-1");
        var chat = test.Session.GetChatClient("scripted/script-1");
        await test.Session.DisposeAsync();
        Func<Task>[] uses =
        [
            () => test.Session.StoreArtifactAsync("a", "b", cancellationToken: Token),
            () => test.Session.Responses.FindAsync("a", Token),
            () => test.Session.Conversation().SendAsync("hi", cancellationToken: Token),
            () => chat.GetResponseAsync("hi", cancellationToken: Token),
        ];

        foreach (var use in uses)
            (await use.Should().ThrowAsync<ObjectDisposedException>()).WithMessage(
                """Session 'closed-1' was disposed*Open it again with SessionOptions.SessionId = "closed-1", and dispose it after its last use.*"""
            );
    }

    [Fact]
    public async Task SameModel_GivesTheSameClientAndOpensItOnce()
    {
        var provider = new ScriptedProvider(_ => ScriptedChatClient.Answering("x"));
        await using var test = await TestSession.OpenAsync(o => o.Providers["scripted"].Implementation = provider);

        var clients = new[]
        {
            test.Session.GetChatClient("scripted/m"),
            test.Session.GetChatClient("m", "scripted"),
            test.Session.GetChatClient("m", "Scripted"),
        };
        provider.Opened.Should().BeEmpty("a client is opened by its first call");
        await Task.WhenAll(Enumerable.Range(0, 32).Select(i => clients[i % 3].GetResponseAsync("hi", cancellationToken: Token)));

        provider.Opened.Should().Equal("m");
    }

    [Fact]
    public async Task DisposedClient_GoesOn()
    {
        await using var test = await TestSession.OpenAsync();
        var chat = test.Session.GetChatClient("scripted/m");

        chat.Dispose();

        (await chat.GetResponseAsync("hi", cancellationToken: Token)).Text.Should().Be("Hello there");
    }

    [Fact]
    public async Task ClientThatCouldNotBeOpened_IsOpenedAtTheNextCall()
    {
        var keyIsThere = false;
        var provider = new ScriptedProvider(_ =>
            keyIsThere ? ScriptedChatClient.Answering("x") : throw new InvalidOperationException("no key")
        );
        await using var test = await TestSession.OpenAsync(o => o.Providers["scripted"].Implementation = provider);
        var chat = test.Session.GetChatClient("scripted/m");

        var act = () => chat.GetResponseAsync("hi", cancellationToken: Token);
        await act.Should().ThrowAsync<InvalidOperationException>();
        keyIsThere = true;

        (await chat.GetResponseAsync("hi", cancellationToken: Token)).Text.Should().Be("x");
        var outcomes = await test.Session.Responses.ListAsync(cancellationToken: Token).Select(r => r.Outcome).ToListAsync(Token);
        outcomes.Should().Equal(ResponseOutcome.Failed, ResponseOutcome.Succeeded);
    }

    [Fact]
    public async Task UnknownModelOfANamedProvider_GoesThroughWithOneWarning()
    {
        await using var test = await TestSession.OpenAsync();

        _ = test.Session.GetChatClient("scripted/brand-new");
        _ = test.Session.GetChatClient("scripted/brand-new");
        await using var other = await test.Store.OpenAsync(cancellationToken: TestContext.Current.CancellationToken);
        _ = other.GetChatClient("scripted/brand-new");

        test.Log.GetSnapshot().Should().ContainSingle(r => r.Id.Name == "ModelUnknown");
    }

    [Fact]
    public async Task WhatAModelLacks_IsWarnedOfOnce_HoweverManyOwnersAndSessionsCallIt()
    {
        await using var test = await TestSession.OpenAsync();
        test.Store.Models.OverrideFacts("scripted", "m", new() { Temperature = Support.No }, new("test"));

        foreach (var owner in (string[])["ada", "grace", "ada"])
        {
            await using var session = await test.Store.ForOwner(owner).OpenAsync(cancellationToken: Token);
            _ = session.GetChatClient("scripted/brand-new");
            await session.GetChatClient("scripted/m").GetResponseAsync("hi", new() { Temperature = 1 }, Token);
        }

        var warnings = test.Log.GetSnapshot().Select(entry => entry.Id.Name).Where(name => name is "ModelUnknown" or "OptionsUnsent");
        warnings.Should().Equal("ModelUnknown", "OptionsUnsent");
    }

    [Theory]
    [InlineData(
        LifeCycle.Deprecated,
        "scripted/old is deprecated since 2026-01-01, and is served until 2026-06-01 (test). Use scripted/new instead."
    )]
    [InlineData(LifeCycle.EndOfLife, "scripted/old is no longer served since 2026-06-01 (test). Use scripted/new instead.")]
    public async Task ModelThatIsOnItsWayOut_WarnsOnceWithItsReplacement(LifeCycle lifeCycle, string warning)
    {
        var model = new ModelDescriptor
        {
            Provider = "scripted",
            Id = "old",
            LifeCycle = lifeCycle,
            Replacement = "new",
            DeprecatedOn = new(2026, 1, 1),
            EndOfLifeOn = new(2026, 6, 1),
            Source = new("test"),
        };
        await using var test = await TestSession.OpenAsync(o => o.Models = new([model]));

        _ = test.Session.GetChatClient("scripted/old");
        _ = test.Session.GetChatClient("scripted/old");

        test.Log.GetSnapshot().Should().ContainSingle(r => r.Id.Name == "ModelRetiring").Which.Message.Should().Be(warning);
    }

    [Fact]
    public async Task UnknownBareModel_IsAnErrorThatNamesTheNearest()
    {
        await using var test = await TestSession.OpenAsync(o => o.Providers["openai"] = new());

        var act = () => test.Session.GetChatClient("gpt-5-mink");

        act.Should().Throw<ModelResolutionException>().Which.Message.Should().Contain("gpt-5-mini");
    }

    [Fact]
    public async Task KnownModelOfAProviderThatIsNotConfigured_SaysSo()
    {
        await using var test = await TestSession.OpenAsync();

        var act = () => test.Session.GetChatClient("gpt-5-mini");

        act.Should().Throw<ModelResolutionException>().Which.Message.Should().Contain("SessionOptions.Providers");
    }

    [Theory]
    [InlineData("gpt-5-mini", null)]
    [InlineData("openai/gpt-5-mini", null)]
    [InlineData("gpt-5-mini", "openai")]
    public async Task CapabilitiesOfAProviderThatIsNotConfigured_AreKnown(string model, string? provider)
    {
        await using var test = await TestSession.OpenAsync();

        test.Session.GetModelCapabilities(model, provider).Provider.Should().Be("openai");
    }

    [Fact]
    public async Task CapabilitiesOfAnUnknownModel_AreUnknown()
    {
        await using var test = await TestSession.OpenAsync();

        var capabilities = test.Session.GetModelCapabilities("no-such-model");

        capabilities.Id.Should().Be("no-such-model");
        capabilities.Price.Should().BeNull();
        test.Session.ValidateModelForTask(new TaskRequirements { Vision = true }, "no-such-model").IsSuitable.Should().BeFalse();
    }

    [Fact]
    public async Task ValidationOfAMisspeltModel_NamesTheNearest()
    {
        await using var test = await TestSession.OpenAsync();

        var validation = test.Session.ValidateModelForTask(new() { Vision = true }, "gpt-5-minni");

        validation.ToString().Should().Contain("Did you mean 'openai/gpt-5-mini'");
    }

    [Fact]
    public async Task Requirements_ByNameAreChecked()
    {
        await using var test = await TestSession.OpenAsync();

        var fits = test.Session.ValidateModelForTask(
            new Dictionary<string, object> { ["vision"] = true, ["max_context_tokens"] = 32_000 },
            "gpt-4o"
        );
        var tooSmall = test.Session.ValidateModelForTask(new Dictionary<string, object> { ["max_context_tokens"] = 100_000_000 }, "gpt-4o");

        ((bool)fits).Should().BeTrue();
        ((bool)tooSmall).Should().BeFalse();
    }

    [Fact]
    public async Task DerivedSession_GetsItselfBackAndItsOverridesAreCalled()
    {
        await using var store = new SessionStore(
            new MemoryStorage(),
            OptionsOf(new ScriptedProvider(_ => ScriptedChatClient.Answering("base")))
        );

        await using var session = await store.OpenAsync<StampingSession>(cancellationToken: Token);
        var artifact = await session.StoreArtifactAsync("note", new { Text = "x" }, cancellationToken: Token);
        var answer = await session.GetChatClient("scripted/m").GetResponseAsync("hi", cancellationToken: Token);

        artifact.Metadata["stamp"].GetString().Should().Be("reviewed");
        answer.Text.Should().Be("derived");
        (await session.Responses.ListAsync(cancellationToken: Token).CountAsync(Token))
            .Should()
            .Be(1, "a client of a derived session is tracked");
    }

    [Fact]
    public async Task DerivedSessionThatFailsToClose_ClosesAllTheSame()
    {
        var opened = ScriptedChatClient.Answering("own");
        await using var store = new SessionStore(new MemoryStorage(), OptionsOf(new ScriptedProvider(_ => opened)));
        var session = await store.OpenAsync(context => new BadlyClosingSession(context, opened), cancellationToken: Token);
        await session.GetChatClient("scripted/m").GetResponseAsync("hi", cancellationToken: Token);

        var act = () => session.DisposeAsync().AsTask();

        await act.Should().ThrowAsync<InvalidOperationException>();
        opened.Disposed.Should().BeTrue("it was made for this session");
    }

    [Fact]
    public async Task ClientOfTheStore_OutlivesASession()
    {
        var opened = ScriptedChatClient.Answering("shared");
        await using var store = new SessionStore(new MemoryStorage(), OptionsOf(new ScriptedProvider(_ => opened)));
        await using (var session = await store.OpenAsync(cancellationToken: Token))
            await session.GetChatClient("scripted/m").GetResponseAsync("hi", cancellationToken: Token);

        opened.Disposed.Should().BeFalse();
        await store.DisposeAsync();
        opened.Disposed.Should().BeTrue();
    }

    [Fact]
    public async Task NameWithASecret_IsFoundByTheSameName()
    {
        await using var test = await TestSession.OpenAsync();
        var name = $"of {TestSession.Key}";
        await test.Session.StoreArtifactAsync(name, "x", cancellationToken: Token);
        await test.Session.Responses.TrackAsync(name, new(), Token);

        (await test.Session.FindArtifactAsync(name, cancellationToken: Token))!.Name.Should().Be("of [masked]");
        (await test.Session.ListArtifactsAsync(new() { Name = name }, Token).CountAsync(Token)).Should().Be(1);
        (await test.Session.Responses.FindAsync(name, Token)).Should().NotBeNull();
        (await test.Session.Responses.ListAsync(new() { Key = name }, Token).CountAsync(Token)).Should().Be(1);
    }

    [Fact]
    public async Task SessionWithAKeyOfItsOwn_StillMasksTheStores()
    {
        await using var test = await TestSession.OpenAsync();
        await using var session = await test.Store.OpenAsync(new() { Provider = "scripted", ApiKey = "tenant-secret-0815" }, Token);

        var artifact = await session.StoreArtifactAsync("a", $"{TestSession.Key} tenant-secret-0815", cancellationToken: Token);

        (await artifact.ReadTextAsync(Token)).Should().Be("[masked] [masked]");
    }

    [Fact]
    public async Task DerivedSessionWithoutTheConstructor_IsRefused()
    {
        await using var store = new SessionStore(new MemoryStorage());

        var act = () => store.OpenAsync<OddSession>(cancellationToken: Token);

        (await act.Should().ThrowAsync<InvalidOperationException>()).Which.Message.Should().Contain("SessionContext");
    }

    private static SessionOptions OptionsOf(IModelProvider provider) =>
        new() { Providers = { ["scripted"] = new() { Implementation = provider } } };

    private sealed class StampingSession(SessionContext context) : Session(context)
    {
        protected override Task<Artifact> StoreArtifactCoreAsync(ArtifactDraft draft, CancellationToken cancellationToken) =>
            base.StoreArtifactCoreAsync(
                draft with
                {
                    Metadata = new Dictionary<string, object?> { ["stamp"] = "reviewed" },
                },
                cancellationToken
            );

        protected override IChatClient CreateChatClient(ModelReference model) => ScriptedChatClient.Answering("derived");
    }

    private sealed class BadlyClosingSession(SessionContext context, IChatClient client) : Session(context)
    {
        protected override IChatClient CreateChatClient(ModelReference model) => client;

        protected override async ValueTask DisposeAsyncCore()
        {
            await base.DisposeAsyncCore();
            throw new InvalidOperationException("cannot close");
        }
    }

    private sealed class OddSession(SessionContext context, int number) : Session(context)
    {
        public int Number => number;
    }
}
