using Dossier.Storage;
using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Conformance;

/// <summary>What a session that is open says when it was purged or erased meanwhile: that it is gone, and never that there is nothing in it.</summary>
public abstract class GoneSessionConformance<TFixture> : StorageSuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    private const string Gone = "gone";
    private const string Secret = "Zanzibar";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Report_SaysThatItIsGone(bool erased)
    {
        await using var store = new SessionStore(Storage);
        await using var session = await store.OpenAsync(new() { SessionId = Gone }, Token);
        var artifact = await session.StoreArtifactAsync("a", Secret, cancellationToken: Token);
        await RemoveAsync(store, erased);

        await AllSayThatItIsGoneAsync(
            erased,
            () => session.GetSummaryAsync(Token),
            () => session.GetErrorReportAsync(Token),
            () => session.GetChainHeadAsync(Token),
            () => session.Budget.GetStatusAsync(Token),
            () => session.ExplainAsync(artifact, cancellationToken: Token),
            () => session.ImpactAsync(artifact, cancellationToken: Token),
            () => session.CompleteAsync(Token)
        );
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ReadThatFindsNothing_SaysThatItIsGone(bool erased)
    {
        await using var store = new SessionStore(Storage);
        await using var session = await store.OpenAsync(new() { SessionId = Gone }, Token);
        var artifact = await session.StoreArtifactAsync("a", Secret, cancellationToken: Token);
        var response = await session.Responses.TrackAsync("r", new(), Token);
        var step = await session.Steps.RunAsync("s", [], _ => Task.FromResult("x"), cancellationToken: Token);
        var conversation = session.Conversation();
        await conversation.AppendAsync([new(ChatRole.User, Secret)], Token);
        await RemoveAsync(store, erased);

        await AllSayThatItIsGoneAsync(
            erased,
            () => session.ListArtifactsAsync(cancellationToken: Token).ToListAsync(Token).AsTask(),
            () => session.CountArtifactsAsync(cancellationToken: Token),
            () => session.GetArtifactAsync(artifact.Id, Token),
            () => session.FindArtifactAsync("a", cancellationToken: Token),
            () => session.SearchAsync(Secret, cancellationToken: Token),
            () => session.Responses.ListAsync(cancellationToken: Token).ToListAsync(Token).AsTask(),
            () => session.Responses.GetAsync(response.Id, Token),
            () => session.Responses.FindAsync("r", Token),
            () => session.Steps.ListAsync(cancellationToken: Token).ToListAsync(Token).AsTask(),
            () => session.Steps.GetAsync(step.Key, Token),
            () => session.Steps.FindAsync(step.Key, Token),
            () => session.Conversations.ListAsync(Token).ToListAsync(Token).AsTask(),
            () => conversation.GetInfoAsync(Token),
            () => conversation.ReadAsync(cancellationToken: Token).ToListAsync(Token).AsTask(),
            () => conversation.ReadTailAsync(1, Token),
            () => conversation.ListBranchesAsync(Token).ToListAsync(Token).AsTask(),
            () => conversation.UndoAsync(cancellationToken: Token)
        );
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TextOfARecordThatIsAtHand_SaysThatItIsGone(bool erased)
    {
        await using var store = new SessionStore(Storage);
        await using var session = await store.OpenAsync(new() { SessionId = Gone }, Token);
        var client = session.Track(ScriptedChatClient.Answering("answer"), "scripted/script-1");
        var talk = session.Conversation().AsChatClient(client);
        for (var turn = 0; turn < 2; turn++)
            await talk.GetResponseAsync(Secret, new() { MaxOutputTokens = 9 }, Token);
        var response = await session.Responses.ListAsync(cancellationToken: Token).LastAsync(Token);
        await RemoveAsync(store, erased);

        await AllSayThatItIsGoneAsync(
            erased,
            () => session.Responses.ReadRequestAsync(response, Token),
            () => session.Responses.ReadOptionsAsync(response, Token),
            () => session.Responses.ReadMessagesAsync(response, Token)
        );
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ListThatIsBeingRead_DoesNotEndAsIfThatWereAll(bool erased)
    {
        await using var store = new SessionStore(Storage);
        await using var session = await store.OpenAsync(new() { SessionId = Gone }, Token);
        foreach (var name in new[] { "a", "b" })
            await session.StoreArtifactAsync(name, Secret, cancellationToken: Token);
        await using var list = session.ListArtifactsAsync(new() { PageSize = 1 }, Token).GetAsyncEnumerator(Token);
        (await list.MoveNextAsync()).Should().BeTrue();

        await RemoveAsync(store, erased);

        await AllSayThatItIsGoneAsync(erased, () => list.MoveNextAsync().AsTask());
    }

    [Fact]
    public async Task ReadThatFindsNothingInASessionThatIsThere_ReturnsNothing()
    {
        await using var store = new SessionStore(Storage);
        await using var session = await store.OpenAsync(new() { SessionId = Gone }, Token);
        await store.DeleteSessionAsync(Gone, Token);

        (await session.ListArtifactsAsync(cancellationToken: Token).ToListAsync(Token))
            .Should()
            .BeEmpty("it is in the trash, and can be restored");
        (await session.CountArtifactsAsync(cancellationToken: Token)).Count.Should().Be(0);
        (await session.FindArtifactAsync("a", cancellationToken: Token)).Should().BeNull();
        (await session.SearchAsync(Secret, cancellationToken: Token)).Hits.Should().BeEmpty();
        (await session.Responses.FindAsync("r", Token)).Should().BeNull();
        (await session.Steps.ListAsync(cancellationToken: Token).ToListAsync(Token)).Should().BeEmpty();
        (await session.Conversation().GetInfoAsync(Token)).Should().BeNull();
    }

    [Fact]
    public async Task WriteToAPurgedSession_IsToldWhatToDo()
    {
        await using var store = new SessionStore(Storage);
        await using var session = await store.OpenAsync(new() { SessionId = Gone }, Token);
        using var client = session.Track(ScriptedChatClient.Answering("answer"), "scripted/script-1");
        await RemoveAsync(store, erased: false);
        Func<Task>[] writes =
        [
            () => session.StoreArtifactAsync("late", Secret, cancellationToken: Token),
            () => session.Responses.TrackAsync("late", new(), Token),
            () => session.StepAsync("late", [], _ => Task.FromResult("x"), cancellationToken: Token),
            () => session.Conversation().AppendAsync([new(ChatRole.User, Secret)], Token),
            () => client.GetResponseAsync(Secret, cancellationToken: Token),
        ];

        foreach (var write in writes)
            (await write.Should().ThrowAsync<NotFoundException>())
                .Which.Message.Should()
                .StartWith("The session 'gone' is no longer there: it was purged or erased. Nothing was written; open a new one ");
    }

    private static async Task RemoveAsync(SessionStore store, bool erased)
    {
        if (erased)
        {
            await store.EraseSessionAsync(Gone, cancellationToken: Token);
            return;
        }
        await store.DeleteSessionAsync(Gone, Token);
        await store.PurgeAsync(new() { TrashedFor = TimeSpan.Zero, GracePeriod = TimeSpan.Zero }, Token);
    }

    private static async Task AllSayThatItIsGoneAsync(bool erased, params IReadOnlyList<Func<Task>> reads)
    {
        foreach (var read in reads)
            (await read.Should().ThrowAsync<NotFoundException>())
                .Which.Message.Should()
                .Match(erased ? "Session 'gone' was erased on *, and cannot be brought back." : "Session 'gone' *: it was purged*");
    }
}
