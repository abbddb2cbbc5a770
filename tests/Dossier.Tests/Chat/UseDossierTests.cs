using Dossier.Storage;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Dossier.Tests.Chat;

public sealed class UseDossierTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pipeline_IsTrackedAndOwnsItsClient()
    {
        await using var store = new SessionStore(new MemoryStorage());
        await using var session = await store.OpenAsync(cancellationToken: Token);
        var inner = ScriptedChatClient.Answering("hello");

        using (var pipeline = inner.AsBuilder().UseDossier(session, "acme/one").Build())
            await pipeline.GetResponseAsync("hi", cancellationToken: Token);

        (await session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token)).Provider.Should().Be("acme");
        inner.Disposed.Should().BeTrue();
    }

    [Fact]
    public async Task PipelineAroundATrackedClient_RecordsACallOnce_AndOwnsItsClient()
    {
        await using var store = new SessionStore(new MemoryStorage());
        await using var session = await store.OpenAsync(cancellationToken: Token);
        var inner = ScriptedChatClient.Answering("hello");

        using (var tracked = inner.AsBuilder().UseDossier(session, "acme/one").Build())
        using (var pipeline = tracked.AsBuilder().UseFunctionInvocation().UseDossier(session, "acme/two").Build())
            await pipeline.GetResponseAsync("hi", cancellationToken: Token);

        (await session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token)).RequestedModel.Should().Be("one");
        inner.Disposed.Should().BeTrue();
    }

    [Fact]
    public async Task PipelineAroundAClientOfAnotherSession_IsRefused()
    {
        await using var store = new SessionStore(new MemoryStorage());
        await using var session = await store.OpenAsync(new() { SessionId = "one" }, Token);
        await using var other = await store.OpenAsync(new() { SessionId = "two" }, Token);
        var chat = session.Track(ScriptedChatClient.Answering("hello"));
        var embeddings = session.Track(ScriptedEmbeddings.OfLengths());

        var chatting = () => chat.AsBuilder().UseDossier(other).Build();
        var embedding = () => embeddings.AsBuilder().UseDossier(other).Build();

        chatting.Should().Throw<ArgumentException>().WithMessage("*'one'*'two'*Track your own client*");
        embedding.Should().Throw<ArgumentException>().WithMessage("*'one'*'two'*Track your own client*");
    }

    [Fact]
    public async Task SessionOfTheServices_IsUsed()
    {
        var services = new ServiceCollection();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Dossier:SessionId", "from-services")]).Build();
        services.AddDossier(configuration).UseStorage(new MemoryStorage()).AddSession(_ => new() { Tags = ["scoped"] });
        services.AddChatClient(_ => ScriptedChatClient.Answering("hello"), ServiceLifetime.Scoped).UseDossier("acme/one");
        await using var provider = services.BuildServiceProvider();
        await using var scope = provider.CreateAsyncScope();

        await scope.ServiceProvider.GetRequiredService<IChatClient>().GetResponseAsync("hi", cancellationToken: Token);

        var session = scope.ServiceProvider.GetRequiredService<Session>();
        session.Id.Should().Be("from-services");
        session.Tags.Should().Equal("scoped");
        (await session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token)).RequestedModel.Should().Be("one");
    }

    [Fact]
    public void ServicesWithoutASession_AreAnErrorThatSaysHowToAddOne()
    {
        var chatting = () => ScriptedChatClient.Answering("hello").AsBuilder().UseDossier("acme/one").Build();
        var embedding = () => ScriptedEmbeddings.OfLengths().AsBuilder().UseDossier("acme/one").Build();

        chatting.Should().Throw<InvalidOperationException>().WithMessage("*UseDossier(session)*AddSession()*");
        embedding.Should().Throw<InvalidOperationException>().WithMessage("*UseDossier(session)*AddSession()*");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task StructuredOutput_IsKeptWithItsSchema_AndReadAgain(bool useSchema)
    {
        await using var store = new SessionStore(new MemoryStorage());
        await using var session = await store.OpenAsync(cancellationToken: Token);
        var chat = session.Track(ScriptedChatClient.Answering("""{"city":"Köln","degrees":21}"""), "acme/one");

        var answer = await chat.GetResponseAsync<Weather>("weather?", useJsonSchemaResponseFormat: useSchema, cancellationToken: Token);

        answer.Result.Should().Be(new Weather("Köln", 21));
        var response = await session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        var options = await session.Responses.ReadOptionsAsync(response, Token);
        var sent = await session.Responses.ReadRequestAsync(response, Token);
        // Without a schema among the options, it is in a message.
        $"{options} {string.Concat(sent.Select(message => message.Text))}".Should().Contain("degrees");
        var kept = new ChatResponse([.. await session.Responses.ReadMessagesAsync(response, Token)]);
        new ChatResponse<Weather>(kept, AIJsonUtilities.DefaultOptions).Result.Should().Be(answer.Result);
    }

    [Fact]
    public void Container_MayBeDisposedSynchronously()
    {
        var services = new ServiceCollection();
        services.AddDossier(new ConfigurationBuilder().Build()).UseStorage(new MemoryStorage()).AddSession();
        var provider = services.BuildServiceProvider();
        var scope = provider.CreateScope();
        var session = scope.ServiceProvider.GetRequiredService<Session>();

        scope.Dispose();
        provider.Dispose();

        var act = () => session.GetChatClient("local/extractive");
        act.Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public async Task PipelineAroundAClientWithoutAKey_IsBuilt()
    {
        var resolved = ConfigurationResolver.Resolve(
            new() { WorkingDirectory = Path.GetTempPath() },
            new() { Storage = new MemoryStorage() }
        );
        await using var store = SessionStoreFactory.Create(resolved);
        await using var session = await store.OpenAsync(cancellationToken: Token);

        using var pipeline = session.GetChatClient("openai/gpt-5-mini").AsBuilder().UseFunctionInvocation().Build();
        var act = () => pipeline.GetResponseAsync("hi", cancellationToken: Token);

        (await act.Should().ThrowAsync<Microsoft.Extensions.Options.OptionsValidationException>())
            .Which.Message.Should()
            .Contain("OPENAI_API_KEY");
    }

    private sealed record Weather(string City, int Degrees);
}
