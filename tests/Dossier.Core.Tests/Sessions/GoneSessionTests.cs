using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Sessions;

public sealed class GoneSessionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ReadThatFindsSomething_DoesNotAskForTheSession()
    {
        await using var storage = new FailingStorage();
        await using var store = new SessionStore(storage);
        await using var session = await store.OpenAsync(cancellationToken: Token);
        await session.StoreArtifactAsync("a", "text", cancellationToken: Token);
        await session.Responses.TrackAsync("r", new(), Token);
        await session.Conversation().AppendAsync([new(ChatRole.User, "hi")], Token);
        var before = storage.SessionsRead;

        await session.ListArtifactsAsync(cancellationToken: Token).ToListAsync(Token);
        await session.CountArtifactsAsync(cancellationToken: Token);
        await session.FindArtifactAsync("a", cancellationToken: Token);
        await session.Responses.ListAsync(cancellationToken: Token).ToListAsync(Token);
        await session.Responses.FindAsync("r", Token);
        await session.Conversations.ListAsync(Token).ToListAsync(Token);
        await session.Conversation().ReadAsync(cancellationToken: Token).ToListAsync(Token);

        storage.SessionsRead.Should().Be(before);
    }
}
