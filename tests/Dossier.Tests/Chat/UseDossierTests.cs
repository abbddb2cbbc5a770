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
    public async Task SessionOfTheServices_IsUsed()
    {
        var services = new ServiceCollection();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Dossier:SessionId", "from-services")]).Build();
        services.AddDossier(configuration).UseStorage(new MemoryStorage());
        services.AddSingleton(provider => provider.GetRequiredService<SessionStore>().OpenAsync().GetAwaiter().GetResult());
        services.AddChatClient(ScriptedChatClient.Answering("hello")).UseDossier("acme/one");
        await using var provider = services.BuildServiceProvider();

        await provider.GetRequiredService<IChatClient>().GetResponseAsync("hi", cancellationToken: Token);

        var session = provider.GetRequiredService<Session>();
        session.Id.Should().Be("from-services");
        (await session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token)).RequestedModel.Should().Be("one");
    }
}
