using Dossier.Storage;
using Dossier.Tests;
using Microsoft.Extensions.AI;
using static Dossier.Core.Tests.Conversations.Talks;

namespace Dossier.Core.Tests.Conversations;

public sealed class ConversationTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ErasedConversation_IsNotKeptAtHandEither()
    {
        await using var test = await TestSession.OpenAsync();
        var talk = test.Session.Conversation("talk").AsChatClient(ScriptedChatClient.Answering("yes"));
        await talk.GetResponseAsync("hi", cancellationToken: Token);
        test.Store.Services.Histories.Find(test.Session.Id, "talk").Should().NotBeNull();

        await test.Store.EraseSessionAsync(test.Session.Id, cancellationToken: Token);

        test.Store.Services.Histories.Find(test.Session.Id, "talk").Should().BeNull();
    }

    [Fact]
    public async Task SecondTurn_IsSentWithTheFirst()
    {
        var client = ScriptedChatClient.InTurn("Hello.", "You said hi.");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();

        await talk.SendAsync("hi", cancellationToken: Token);
        var answer = await talk.SendAsync("What did I say?", cancellationToken: Token);

        answer.Text.Should().Be("You said hi.");
        client.Requests[0].Select(Line).Should().Equal("user: hi");
        client.Requests[1].Select(Line).Should().Equal("user: hi", "assistant: Hello.", "user: What did I say?");
        (await ReadAsync(talk)).Should().Be("1.1 user: hi|1.2 assistant: Hello.|1.3 user: What did I say?|1.4 assistant: You said hi.");
        var info = (await talk.GetInfoAsync(Token))!;
        (info.Name, info.Head, info.Length).Should().Be(("default", new MessageId(1, 4), 4));
        var summary = await test.Session.GetSummaryAsync(Token);
        summary.Conversations.Should().Be(new ConversationTotals(1, 4));
        summary.ToString().Should().Contain("\nMessages    4 in 1 conversation\n");
    }

    [Fact]
    public async Task WithoutAModel_TheMessageNamesAsChatClient()
    {
        await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);
        await using var session = await store.OpenAsync(cancellationToken: Token);

        var send = () => session.Conversation().SendAsync("My name is Ada.", cancellationToken: Token);

        (await send.Should().ThrowAsync<ModelResolutionException>())
            .Which.Message.Should()
            .Contain("No model was named")
            .And.EndWith("Or give the conversation your own client with AsChatClient(client), and call that.");
    }

    [Fact]
    public async Task ResponseOfATurn_NamesWhatWasNewAndReadsBackWhatWasSent()
    {
        await using var test = await OpenAsync(ScriptedChatClient.InTurn("one", "two"));
        var talk = test.Session.Conversation("talk");
        await talk.SendAsync("first", cancellationToken: Token);

        await talk.SendAsync("second", cancellationToken: Token);

        var response = await LastAsync(test);
        response.Conversation.Should().Be(new ResponseConversation { Name = "talk", ContinuedFrom = new(1, 2) });
        response.RequestMessages.Should().HaveCount(1);
        response.RequestOptions.Should().BeNull("the conversation is no option of the vendor's");
        (await test.Session.Responses.ReadRequestAsync(response, Token))
            .Select(Line)
            .Should()
            .Equal("user: first", "assistant: one", "user: second");
        var messages = await talk.ReadAsync(cancellationToken: Token).ToListAsync(Token);
        messages[2].Record.Content.Should().Be(response.RequestMessages[0], "a message is kept once");
        messages[3].Record.Content.Should().Be(response.ResponseMessages[0]);
        messages.Skip(2).Should().OnlyContain(message => message.Record.ResponseId == response.Id);
    }

    [Fact]
    public async Task Stream_IsATurnWhenItHasEnded()
    {
        var client = ScriptedChatClient.Answering("Hello", " there");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();

        var updates = await talk.SendStreamingAsync("hi", cancellationToken: Token).ToListAsync(Token);

        string.Concat(updates.Select(update => update.Text)).Should().Be("Hello there");
        updates.Should().OnlyContain(update => update.ConversationId == "default");
        (await ReadAsync(talk)).Should().Be("1.1 user: hi|1.2 assistant: Hello there");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ConversationIdInTheOptions_IsAllThatAClientNeeds(bool ownClient)
    {
        var client = ScriptedChatClient.InTurn("one", "two");
        await using var test = await OpenAsync(client);
        var chat = ownClient ? test.Session.Track(client) : test.Session.GetChatClient();
        test.Session.Conversation("talk").Reducer.Should().BeNull();
        var options = new ChatOptions { ConversationId = "talk", Temperature = 0.5f };

        var answer = await chat.GetResponseAsync("first", options, Token);
        await chat.GetResponseAsync("second", new() { ConversationId = answer.ConversationId }, Token);

        answer.ConversationId.Should().Be("talk");
        client.Requests[1].Should().HaveCount(3);
        client.Options.Should().OnlyContain(sent => sent == null || sent.ConversationId == null);
        client.Options[0]!.Temperature.Should().Be(0.5f);
        options.ConversationId.Should().Be("talk", "the caller's options are as they were");
    }

    [Fact]
    public async Task UnknownConversation_IsAnErrorWithTheRemedy()
    {
        var client = ScriptedChatClient.Answering("no");
        await using var test = await OpenAsync(client);

        var call = () => test.Session.GetChatClient().GetResponseAsync("hi", new() { ConversationId = "tlak" }, Token);

        (await call.Should().ThrowAsync<NotFoundException>()).WithMessage("*'tlak'*session.Conversation(\"tlak\")*session.Track*");
        client.Requests.Should().BeEmpty();
        (await test.Session.Responses.ListAsync(cancellationToken: Token).CountAsync(Token)).Should().Be(0);
    }

    [Fact]
    public async Task ConversationOfTheVendor_IsLeftToTheCallersOwnClient()
    {
        var client = ScriptedChatClient.Answering("yes");
        await using var test = await OpenAsync(client);

        await test.Session.Track(client).GetResponseAsync("hi", new() { ConversationId = "conv_123" }, Token);

        client.Options.Single()!.ConversationId.Should().Be("conv_123");
        (await LastAsync(test)).Conversation.Should().BeNull();
    }

    [Fact]
    public async Task ConversationThatAnotherSessionObjectBegan_IsFound()
    {
        await using var test = await OpenAsync(ScriptedChatClient.InTurn("one", "two"));
        await test.Session.Conversation("talk").SendAsync("first", cancellationToken: Token);
        await using var again = await test.Store.OpenAsync(new() { SessionId = test.Session.Id }, Token);

        await again.GetChatClient().GetResponseAsync("second", new() { ConversationId = "talk" }, Token);

        (await again.Conversation("talk").GetInfoAsync(Token))!.Length.Should().Be(4);
        (await test.Session.Conversation("talk").ReadTailAsync(1, Token)).Single().Text.Should().Be("two");
    }

    [Fact]
    public async Task ClientOfAConversation_TakesTheCallersOwnClientAndTracksIt()
    {
        await using var test = await OpenAsync(ScriptedChatClient.Answering("the default"));
        var own = ScriptedChatClient.Answering("my own");
        using var chat = test.Session.Conversation().AsChatClient(own);

        var answer = await chat.GetResponseAsync("hi", cancellationToken: Token);

        answer.Text.Should().Be("my own");
        (await LastAsync(test)).Conversation!.Name.Should().Be("default");
        own.Disposed.Should().BeFalse();
        var other = () => chat.GetResponseAsync("hi", new() { ConversationId = "another" }, Token);
        (await other.Should().ThrowAsync<ArgumentException>()).WithMessage("*'another'*'default'*");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FailedCall_AddsNothing(bool streaming)
    {
        await using var test = await OpenAsync(ScriptedChatClient.InTurn("one", new object[] { "par", Failures.ServerError }, "two"));
        var talk = test.Session.Conversation();
        await talk.SendAsync("first", cancellationToken: Token);

        var fail = async () =>
        {
            if (streaming)
                await talk.SendStreamingAsync("lost", cancellationToken: Token).ToListAsync(Token);
            else
                await talk.SendAsync("lost", cancellationToken: Token);
        };
        await fail.Should().ThrowAsync<Exception>();
        var failed = await LastAsync(test);
        await talk.SendAsync("second", cancellationToken: Token);

        (await ReadAsync(talk)).Should().Be("1.1 user: first|1.2 assistant: one|1.3 user: second|1.4 assistant: two");
        failed.Outcome.Should().Be(ResponseOutcome.Failed);
        failed.Conversation!.ContinuedFrom.Should().Be(new MessageId(1, 2));
        (await test.Session.Responses.ReadRequestAsync(failed, Token))
            .Select(Line)
            .Should()
            .Equal("user: first", "assistant: one", "user: lost");
    }

    [Fact]
    public async Task StreamThatItsConsumerLeft_AddsNothing()
    {
        await using var test = await OpenAsync(ScriptedChatClient.Answering("a", "b", "c"));
        var talk = test.Session.Conversation();

        await talk.SendStreamingAsync("hi", cancellationToken: Token).FirstAsync(update => update.Text == "b", Token);

        (await talk.GetInfoAsync(Token)).Should().BeNull();
        (await LastAsync(test)).Outcome.Should().Be(ResponseOutcome.Cancelled);
    }

    [Fact]
    public async Task StreamThatItsConsumerLeftBehindItsLastUpdate_IsATurn()
    {
        await using var test = await OpenAsync(ScriptedChatClient.Answering("a", "b"));
        var talk = test.Session.Conversation();

        await talk.SendStreamingAsync("hi", cancellationToken: Token).FirstAsync(update => update.FinishReason is not null, Token);

        (await ReadAsync(talk)).Should().Be("1.1 user: hi|1.2 assistant: ab");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TurnThatLosesTheHead_IsABranchAndItsCallerHasTheAnswer(bool streaming)
    {
        await using var test = await OpenAsync(ScriptedChatClient.InTurn("start", "the winner's answer"));
        var talk = test.Session.Conversation();
        await talk.SendAsync("hello", cancellationToken: Token);
        var slow = new ScriptedChatClient((_, _, token) => WhileAnotherWinsAsync(token));
        async IAsyncEnumerable<ChatResponseUpdate> WhileAnotherWinsAsync(
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken token
        )
        {
            await talk.SendAsync("winner", cancellationToken: token);
            yield return new(ChatRole.Assistant, "the loser's answer") { FinishReason = ChatFinishReason.Stop };
        }
        var seen = new List<ChatResponseUpdate>();
        var chat = talk.AsChatClient(slow);

        var lose = async () =>
        {
            if (!streaming)
                await chat.GetResponseAsync("loser", cancellationToken: Token);
            else
                await foreach (var update in chat.GetStreamingResponseAsync("loser", cancellationToken: Token))
                    seen.Add(update);
        };

        var conflict = (await lose.Should().ThrowAsync<ConversationConflictException>()).Which;
        seen.Should().HaveCount(streaming ? 1 : 0);
        conflict.Response!.Text.Should().Be("the loser's answer");
        (conflict.ConversationName, conflict.Leaf, conflict.Head).Should().Be(("default", new MessageId(2, 4), new MessageId(1, 4)));
        conflict.IsTransient.Should().BeFalse();
        var response = await test.Session.Responses.GetAsync(conflict.ResponseId!, Token);
        response.Outcome.Should().Be(ResponseOutcome.Succeeded);
        (await ReadAsync(talk)).Should().EndWith("1.3 user: winner|1.4 assistant: the winner's answer");
        (await talk.ListBranchesAsync(Token).ToListAsync(Token))
            .Should()
            .Equal(
                new ConversationBranch { Leaf = new(1, 4), HasHead = true },
                new ConversationBranch { Leaf = new(2, 4), BranchedFrom = new(1, 2) }
            );
        test.Log.GetSnapshot().Should().ContainSingle(entry => entry.Id.Id == 27).Which.Message.Should().Contain("2.4");

        await talk.MoveHeadAsync(conflict.Leaf, Token);

        (await ReadAsync(talk)).Should().EndWith("2.3 user: loser|2.4 assistant: the loser's answer");
        (await talk.SendAsync("go on", cancellationToken: Token)).Text.Should().Be("the winner's answer");
        (await talk.GetInfoAsync(Token))!.Head.Should().Be(new MessageId(2, 6));
    }

    [Fact]
    public async Task Undo_GoesBackByTurnsAndKeepsThem()
    {
        var client = ScriptedChatClient.InTurn("one", "two", "three");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        await talk.AppendAsync([new(ChatRole.System, "Be brief."), new(ChatRole.User, "and kind")], Token);
        await talk.SendAsync("first", cancellationToken: Token);
        await talk.SendAsync("second", cancellationToken: Token);

        (await talk.UndoAsync(cancellationToken: Token)).Should().Be(new MessageId(1, 4));
        await talk.SendAsync("third", cancellationToken: Token);

        client
            .Requests[^1]
            .Select(Line)
            .Should()
            .Equal("system: Be brief.", "user: and kind", "user: first", "assistant: one", "user: third");
        (await talk.UndoAsync(2, Token)).Should().Be(new MessageId(1, 2));
        (await talk.UndoAsync(7, Token)).Should().BeNull();
        (await talk.UndoAsync(cancellationToken: Token)).Should().BeNull("there is nothing left");
        (await ReadAsync(talk)).Should().BeEmpty();
        (await ReadAsync(talk, new() { Leaf = new(1, 6) })).Should().EndWith("1.5 user: second|1.6 assistant: two");
        (await ReadAsync(talk, new() { Leaf = new(2, 6) })).Should().EndWith("2.5 user: third|2.6 assistant: three");
    }

    [Fact]
    public async Task Undo_TellsApartWhatWasAppendedInTheSameInstant()
    {
        await using var test = await OpenAsync(ScriptedChatClient.Answering("no"));
        var talk = test.Session.Conversation();
        for (var i = 0; i < 3; i++)
            await talk.AppendAsync([new(ChatRole.User, "one"), new(ChatRole.User, "two")], Token);

        (await talk.UndoAsync(cancellationToken: Token))!.Value.Depth.Should().Be(4);
        (await talk.UndoAsync(cancellationToken: Token))!.Value.Depth.Should().Be(2);
    }

    [Fact]
    public async Task HeadThatCannotBeMoved_StaysWhereItIs()
    {
        await using var test = await OpenAsync(ScriptedChatClient.Answering("one"));
        var talk = test.Session.Conversation();
        await talk.SendAsync("first", cancellationToken: Token);

        var move = () => talk.MoveHeadAsync(new MessageId(7, 1), Token);
        var elsewhere = () => test.Session.Conversation("other").MoveHeadAsync(new MessageId(1, 1), Token);

        (await move.Should().ThrowAsync<NotFoundException>()).WithMessage("*'default'*'7.1'*");
        await elsewhere.Should().ThrowAsync<NotFoundException>();
        (await talk.GetInfoAsync(Token))!.Head.Should().Be(new MessageId(1, 2));
    }

    [Fact]
    public async Task Tail_IsTheLastMessagesOldestFirst()
    {
        await using var test = await OpenAsync(ScriptedChatClient.Answering("no"));
        var talk = test.Session.Conversation();
        await talk.AppendAsync(Enumerable.Range(1, 9).Select(i => new ChatMessage(ChatRole.User, $"{i}")), Token);

        (await talk.ReadTailAsync(3, Token)).Select(message => message.Text).Should().Equal("7", "8", "9");
        (await talk.ReadTailAsync(100, Token)).Should().HaveCount(9);
        (await ReadAsync(talk, new() { FromDepth = 2, ToDepth = 3 })).Should().Be("1.2 user: 2|1.3 user: 3");
        (await test.Session.Conversation("other").ReadTailAsync(3, Token)).Should().BeEmpty();
    }

    [Fact]
    public async Task WhatIsReadOfALongConversation_IsWhatWasAskedFor()
    {
        var storage = new FailingStorage();
        await using var test = await OpenAsync(ScriptedChatClient.Answering("no"), storage);
        await test.Session.Conversation().AppendAsync(Enumerable.Range(1, 900).Select(i => new ChatMessage(ChatRole.User, $"{i}")), Token);
        await using var store = new SessionStore(storage); // which has nothing in memory
        await using var session = await store.OpenAsync(new() { SessionId = test.Session.Id }, Token);
        var talk = session.Conversation();

        await AssertReadsAsync(() => talk.ReadTailAsync(3, Token), 900, 899, 898);
        await AssertReadsAsync(() => ReadAsync(talk, new() { FromDepth = 400, ToDepth = 402 }), 400, 401, 402);
        await AssertReadsAsync(() => talk.AppendAsync([new(ChatRole.User, "901")], Token), 900);
        await AssertReadsAsync(() => talk.AppendAsync([new(ChatRole.User, "902")], Token), 901);

        (await ReadAsync(talk, new() { FromDepth = 900 })).Should().Be("1.900 user: 900|1.901 user: 901|1.902 user: 902");
        (await store.VerifyAsync(cancellationToken: Token)).IsClean.Should().BeTrue();

        async Task AssertReadsAsync(Func<Task> read, params int[] depths)
        {
            storage.ReadDepths.Clear();
            await read();
            storage.ReadDepths.Should().Equal(depths);
        }
    }

    [Fact]
    public async Task NoMessage_CannotBeAppended()
    {
        await using var test = await OpenAsync(ScriptedChatClient.Answering("no"));
        var talk = test.Session.Conversation();

        await talk.Awaiting(it => it.AppendAsync([], Token)).Should().ThrowAsync<ArgumentException>().WithMessage("There is no message*");
        await talk.Awaiting(it => it.AppendAsync([null!], Token)).Should().ThrowAsync<ArgumentException>().WithMessage("*is null*");
    }

    [Fact]
    public async Task Conversations_AreApartAndListed()
    {
        var client = ScriptedChatClient.InTurn("one", "two");
        await using var test = await OpenAsync(client);

        await test.Session.Conversation("../b").SendAsync("first", cancellationToken: Token);
        await test.Session.Conversation("a").SendAsync("second", cancellationToken: Token);

        client.Requests[1].Select(Line).Should().Equal("user: second");
        (await test.Session.Conversations.ListAsync(Token).Select(info => info.Name).ToListAsync(Token)).Should().Equal("../b", "a");
        test.Session.Conversation("a").Should().BeSameAs(test.Session.Conversations.Get("a"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a\nb")]
    public async Task BadName_IsRefused(string name)
    {
        await using var test = await OpenAsync(ScriptedChatClient.Answering("no"));

        var get = () => test.Session.Conversation(name);

        get.Should().Throw<ArgumentException>();
    }

    [Fact]
    public async Task KeysInAConversation_AreMaskedEverywhereAndInWhatIsSentLater()
    {
        var client = ScriptedChatClient.InTurn("one", "two");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation($"about {TestSession.Key}");

        await talk.SendAsync(
            new ChatMessage(ChatRole.User, $"my key is {TestSession.Key}") { AuthorName = TestSession.Key },
            cancellationToken: Token
        );
        await talk.SendAsync("second", cancellationToken: Token);

        talk.Name.Should().Be("about [masked]");
        client.Requests[0][0].Text.Should().Contain(TestSession.Key, "what is sent now is the caller's");
        client.Requests[1][0].Text.Should().Be("my key is [masked]", "what is sent later is what was kept");
        (await talk.ReadTailAsync(4, Token))[0].Record.Author.Should().Be("[masked]");
    }

    [Fact]
    public async Task MessagesThatTheirOwnerChangesLater_StayAsTheyWereSaid()
    {
        var client = ScriptedChatClient.InTurn("one", "two", "three");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        var said = new ChatMessage(ChatRole.User, "first");
        var answer = await talk.SendAsync(said, cancellationToken: Token);

        said.Contents.Clear();
        answer.Messages[0].Contents.Clear();
        (await talk.ReadTailAsync(2, Token)).Should().AllSatisfy(message => message.Message.Contents.Clear());
        await talk.SendAsync("second", cancellationToken: Token);

        client.Requests[1].Select(Line).Should().Equal("user: first", "assistant: one", "user: second");
    }

    [Fact]
    public async Task ClosedSession_HasNoConversations()
    {
        var test = await OpenAsync(ScriptedChatClient.Answering("no"));
        var talk = test.Session.Conversation();
        await test.DisposeAsync();

        foreach (
            var use in (Func<Task>[])
                [
                    () => talk.SendAsync("hi", cancellationToken: Token),
                    () => talk.GetInfoAsync(Token),
                    () => talk.UndoAsync(cancellationToken: Token),
                    () => talk.AppendAsync([new(ChatRole.User, "hi")], Token),
                    () => talk.ReadTailAsync(1, Token),
                    () => test.Session.Conversations.ListAsync(Token).ToListAsync(Token).AsTask(),
                ]
        )
            await use.Should().ThrowAsync<ObjectDisposedException>();
    }

    [Fact]
    public async Task AnswerThatCouldNotBeRecorded_IsNotATurn()
    {
        var storage = new FailingStorage();
        await using var test = await OpenAsync(ScriptedChatClient.InTurn("one", "two"), storage);
        var talk = test.Session.Conversation();
        storage.FailAfter(1);

        var send = () => talk.SendAsync("first", cancellationToken: Token);

        (await send.Should().ThrowAsync<ResponseNotRecordedException>()).Which.Response.Text.Should().Be("one");
        storage.FailAfter(int.MaxValue);
        (await talk.GetInfoAsync(Token)).Should().BeNull();
        await talk.SendAsync("second", cancellationToken: Token);
        (await ReadAsync(talk)).Should().Be("1.1 user: second|1.2 assistant: two");
    }

    private static string Line(ChatMessage message) => $"{message.Role}: {message.Text}";

    private static async Task<string> ReadAsync(Conversation talk, MessageQuery? query = null) =>
        string.Join('|', await talk.ReadAsync(query, Token).Select(message => $"{message.Id} {Line(message.Message)}").ToListAsync(Token));
}
