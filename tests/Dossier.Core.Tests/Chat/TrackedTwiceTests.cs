using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Chat;

public sealed class TrackedTwiceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ClientThatIsTrackedTwice_IsRecordedAndBudgetedOnce(bool streaming)
    {
        await using var test = await TestSession.OpenAsync(options => options.Budget = new() { MaxCalls = 10 });
        var chat = test.Session.Track(test.Session.Track(ScriptedChatClient.Answering("x"), "acme/one"), "acme/two");

        await AskAsync(chat, streaming);

        (await RecordedAsync(test.Session)).Should().ContainSingle().Which.RequestedModel.Should().Be("one");
        (await test.Session.Budget.GetStatusAsync(Token)).Settled.Calls.Should().Be(1);
    }

    [Fact]
    public async Task ClientOfTheSession_IsTrackedAlready()
    {
        await using var test = await TestSession.OpenAsync();

        await AskAsync(test.Session.Track(test.Session.GetChatClient("scripted/script-1")), streaming: false);

        (await RecordedAsync(test.Session)).Should().ContainSingle();
    }

    [Fact]
    public async Task TrackedPipelineOfTheUser_IsNotDisposed()
    {
        await using var test = await TestSession.OpenAsync();
        var inner = ScriptedChatClient.Answering("x");
        var owning = test.Session.Track(inner, "acme/one", leaveOpen: false);

        test.Session.Track(owning).Dispose();

        inner.Disposed.Should().BeFalse();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TrackedClientOfAConversation_IsOneResponseAndOneTurn(bool streaming)
    {
        await using var test = await TestSession.OpenAsync();
        var talk = test.Session.Conversation("talk").AsChatClient(ScriptedChatClient.Answering("x"));

        await AskAsync(test.Session.Track(talk), streaming);

        (await RecordedAsync(test.Session)).Should().ContainSingle().Which.Conversation!.Name.Should().Be("talk");
        (await test.Session.Conversation("talk").GetInfoAsync(Token))!.Length.Should().Be(2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ConversationOfASecondObjectOfTheSession_TakesTheClientOfTheFirst(bool ownClient)
    {
        var inner = ScriptedChatClient.Answering("x");
        await using var test = await TestSession.OpenAsync(options =>
            options.Providers["scripted"].Implementation = new ScriptedProvider(_ => inner)
        );
        await using var again = await test.Store.OpenAsync(new() { SessionId = test.Session.Id }, Token);
        var chat = ownClient ? test.Session.Track(inner) : test.Session.GetChatClient("scripted/script-1");
        var talk = again.Conversation("talk");
        talk.Reducer = new Forgetting();

        await AskAsync(talk.AsChatClient(chat), streaming: false);
        await AskAsync(talk.AsChatClient(chat), streaming: false);

        (await RecordedAsync(again)).Should().HaveCount(2).And.OnlyContain(response => response.Conversation!.Name == "talk");
        (await talk.GetInfoAsync(Token))!.Length.Should().Be(4);
        inner.Requests.Select(request => request.Count).Should().Equal([1, 1], "the reducer of the conversation is used");
    }

    [Fact]
    public async Task ClientOfAnotherSession_IsRefusedByBothNames()
    {
        await using var test = await TestSession.OpenAsync(options => options.SessionId = "original");
        await using var fork = await test.Session.ForkAsync(new() { SessionId = "fork" }, Token);
        var chat = test.Session.GetChatClient("scripted/script-1");

        Action[] uses = [() => fork.Track(chat), () => fork.Conversation().AsChatClient(chat)];

        foreach (var use in uses)
            use.Should()
                .Throw<ArgumentException>()
                .WithMessage("*recorded in session 'original' in memory*in session 'fork'*Track your own client with that session*");
    }

    [Fact]
    public async Task SessionWithTheSameIdInAnotherStore_IsAnother()
    {
        await using var test = await TestSession.OpenAsync(options => options.SessionId = "same");
        await using var other = await TestSession.OpenAsync(options => options.SessionId = "same");
        var chat = test.Session.Track(ScriptedChatClient.Answering("x"));

        var use = () => other.Session.Track(chat);

        use.Should().Throw<ArgumentException>();
    }

    [Fact]
    public async Task SessionOfAnOwnersStore_IsTheSame()
    {
        await using var test = await TestSession.OpenAsync(options => (options.SessionId, options.Owner) = ("same", "ada"));
        await using var owned = await test.Store.ForOwner("ada").OpenAsync(new() { SessionId = "same" }, Token);

        await AskAsync(owned.Track(test.Session.Track(ScriptedChatClient.Answering("x"))), streaming: false);

        (await RecordedAsync(owned)).Should().ContainSingle();
    }

    private static async Task AskAsync(IChatClient chat, bool streaming)
    {
        if (streaming)
            await chat.GetStreamingResponseAsync("hi", cancellationToken: Token).ToListAsync(Token);
        else
            await chat.GetResponseAsync("hi", cancellationToken: Token);
    }

    private static ValueTask<List<TrackedResponse>> RecordedAsync(Session session) =>
        session.Responses.ListAsync(cancellationToken: Token).ToListAsync(Token);

    private sealed class Forgetting : IChatReducer
    {
        public Task<IEnumerable<ChatMessage>> ReduceAsync(IEnumerable<ChatMessage> messages, CancellationToken cancellationToken) =>
            Task.FromResult<IEnumerable<ChatMessage>>([]);
    }
}
