using Dossier.Storage;
using Dossier.Tests;
using Microsoft.Extensions.AI;
using static Dossier.Core.Tests.Conversations.Talks;

namespace Dossier.Core.Tests.Conversations;

/// <summary>What a reducer is given, and what becomes of what it leaves.</summary>
public sealed class ConversationReducerTests
{
    private static readonly byte[] Image = [1, 2, 3, 4];
    private static readonly byte[] Smaller = [1, 2];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reducer_TrimsWhatIsSentAndNotWhatIsKept()
    {
        var client = ScriptedChatClient.Answering("fine");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        await talk.AppendAsync(
            [new(ChatRole.System, "Be brief."), .. Enumerable.Range(1, 9).Select(i => new ChatMessage(ChatRole.User, $"{i}"))],
            Token
        );
        talk.Reducer = new Reducer(messages => messages.Where((message, i) => i == 0 || message.Text is "4" or "5" or "9"));

        await talk.SendAsync("10", cancellationToken: Token);

        client.Requests[0].Select(message => message.Text).Should().Equal("Be brief.", "4", "5", "9", "10");
        var response = await LastAsync(test);
        response.Conversation!.Sent!.Select(part => (part.FirstDepth, part.Count)).Should().Equal((1, 1), (5, 2), (10, 1));
        (await test.Session.Responses.ReadRequestAsync(response, Token))
            .Select(message => message.Text)
            .Should()
            .Equal("Be brief.", "4", "5", "9", "10");
        (await talk.GetInfoAsync(Token))!.Length.Should().Be(12);
    }

    [Fact]
    public async Task Summary_IsKeptWithTheResponseThatItWasSentWith()
    {
        var client = ScriptedChatClient.Answering("fine");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        await talk.AppendAsync([new(ChatRole.User, "one"), new(ChatRole.Assistant, "two")], Token);
        talk.Reducer = new Reducer(messages => [new(ChatRole.Assistant, $"They counted. {TestSession.Key}"), messages.Last()]);

        await talk.SendAsync("three", cancellationToken: Token);

        string[] expected = ["They counted. [masked]", "two", "three"];
        client.Requests[0].Select(message => message.Text).Should().Equal(expected);
        var response = await LastAsync(test);
        (await test.Session.Responses.ReadRequestAsync(response, Token)).Select(message => message.Text).Should().Equal(expected);
        (await test.Store.PurgeAsync(new() { GracePeriod = TimeSpan.Zero }, Token)).Contents.Should().Be(0);
    }

    [Fact]
    public async Task ReducerThatThrows_FailsTheTurnAndRecordsNothing()
    {
        await using var test = await OpenAsync(ScriptedChatClient.Answering("no"));
        var talk = test.Session.Conversation();
        talk.Reducer = new Reducer(_ => throw new InvalidOperationException("cannot"));

        var send = () => talk.SendAsync("hi", cancellationToken: Token);

        await send.Should().ThrowAsync<InvalidOperationException>().WithMessage("cannot");
        (await test.Session.Responses.ListAsync(cancellationToken: Token).CountAsync(Token)).Should().Be(0);
    }

    [Fact]
    public async Task Reducer_IsGivenImagesInTheirPlaces()
    {
        var client = ScriptedChatClient.Answering("fine");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        await talk.AppendAsync([new(ChatRole.User, [new TextContent("look"), new DataContent(Image, "image/png")])], Token);
        var given = new List<AIContent>();
        talk.Reducer = new Reducer(messages =>
        {
            given.AddRange(messages.SelectMany(message => message.Contents));
            return messages;
        });

        await talk.SendAsync("and?", cancellationToken: Token);

        given.OfType<DataContent>().Should().ContainSingle().Which.Data.ToArray().Should().Equal(Image);
        client.Requests[0].SelectMany(message => message.Contents).OfType<DataContent>().Single().Data.ToArray().Should().Equal(Image);
        (await LastAsync(test)).Conversation!.Sent.Should().BeNull("all of it was sent as it is");
    }

    [Fact]
    public async Task ImageThatAReducerMade_IsSentAndKeptWithTheResponse()
    {
        var client = ScriptedChatClient.Answering("fine");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        await talk.AppendAsync([new(ChatRole.User, [new DataContent(Image, "image/png")])], Token);
        talk.Reducer = new Reducer(_ => [new(ChatRole.User, [new DataContent(Smaller, "image/png")])]);

        await talk.SendAsync("and?", cancellationToken: Token);

        client.Requests[0][0].Contents.OfType<DataContent>().Single().Data.ToArray().Should().Equal(Smaller);
        (await test.Store.PurgeAsync(new() { GracePeriod = TimeSpan.Zero }, Token)).Contents.Should().Be(0);
        var sent = await test.Session.Responses.ReadRequestAsync(await LastAsync(test), Token);
        sent[0].Contents.OfType<DataContent>().Single().Data.ToArray().Should().Equal(Smaller);
        (await test.Store.VerifyAsync(cancellationToken: Token)).IsClean.Should().BeTrue();
    }

    [Fact]
    public async Task ReducerThatChangesMessages_ChangesWhatIsSentThen_AndNothingElse()
    {
        var client = ScriptedChatClient.Answering("fine");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        await talk.AppendAsync(
            [
                new(ChatRole.User, "a long question"),
                new(ChatRole.Assistant, [new FunctionCallContent("c-1", "look")]),
                new(ChatRole.Tool, [new FunctionResultContent("c-1", "a long result")]),
                new(ChatRole.Assistant, "an answer") { AuthorName = "Ada" },
                new(ChatRole.User, [new TextContent("look"), new DataContent(Image, "image/png")]),
            ],
            Token
        );
        talk.Reducer = new Reducer(messages =>
        {
            var list = messages.ToList();
            ((TextContent)list[0].Contents[0]).Text = "short";
            ((FunctionResultContent)list[2].Contents[0]).Result = "cut";
            list[3].AuthorName = "Eve";
            list[4].Contents.RemoveAt(1);
            return list;
        });

        await talk.SendAsync("one", cancellationToken: Token);
        var response = await LastAsync(test);
        talk.Reducer = null;
        await talk.SendAsync("two", cancellationToken: Token);

        foreach (
            var request in (IReadOnlyList<ChatMessage>[])
                [client.Requests[0], await test.Session.Responses.ReadRequestAsync(response, Token)]
        )
        {
            (request[0].Text, request[3].AuthorName, request[4].Contents.Count).Should().Be(("short", "Eve", 1));
            request[2].Contents.OfType<FunctionResultContent>().Single().Result!.ToString().Should().Be("cut");
        }
        response.Conversation!.Sent!.Select(part => (part.FirstDepth, part.Count)).Should().Equal((0, 0), (2, 1), (0, 0), (0, 0), (0, 0));
        var whole = client.Requests[1];
        (whole[0].Text, whole[3].AuthorName, whole[4].Contents.Count).Should().Be(("a long question", "Ada", 2));
        whole[2].Contents.OfType<FunctionResultContent>().Single().Result!.ToString().Should().Be("a long result");
        (await LastAsync(test)).Conversation!.Sent.Should().BeNull();
    }

    [Fact]
    public async Task ReducerThatChangesMessages_IsGivenThemAsTheyWereTheNextTime()
    {
        var client = ScriptedChatClient.Answering("fine");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        await talk.AppendAsync([new(ChatRole.User, [new TextContent("one"), new TextContent("two")])], Token);
        talk.Reducer = new Reducer(messages =>
        {
            var list = messages.ToList();
            ((TextContent)list[0].Contents[0]).Text += " …";
            list[0].Contents.RemoveAt(1);
            return list;
        });

        await talk.SendAsync("first", cancellationToken: Token);
        await talk.SendAsync("second", cancellationToken: Token);

        client.Requests.Select(request => request[0].Text).Should().Equal("one …", "one …");
    }

    [Fact]
    public async Task CallThatTheTurnAnswers_IsNotTrimmed()
    {
        var client = ScriptedChatClient.Answering("fine");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        await talk.AppendAsync(
            [
                new(ChatRole.User, "look twice"),
                new(ChatRole.Assistant, [new FunctionCallContent("c-1", "look"), new FunctionCallContent("c-2", "look")]),
                new(ChatRole.Tool, [new FunctionResultContent("c-1", "a pump")]),
            ],
            Token
        );
        var given = 0;
        talk.Reducer = new Reducer(messages =>
        {
            given = messages.Count();
            return [];
        });

        await talk.SendAsync(new ChatMessage(ChatRole.Tool, [new FunctionResultContent("c-2", "a valve")]), cancellationToken: Token);

        given.Should().Be(1);
        client.Requests[0].Select(message => message.Role.Value).Should().Equal("assistant", "tool", "tool");
        (await LastAsync(test)).Conversation!.Sent!.Select(part => (part.FirstDepth, part.Count)).Should().Equal((2, 2));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CallWhoseResultWasTrimmed_IsSaidToHaveBeenCarriedOut(bool byTheClient)
    {
        var client = ScriptedChatClient.Answering("fine");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        await talk.AppendAsync(
            [
                new(ChatRole.Assistant, [new FunctionCallContent("c-1", "look") { InformationalOnly = byTheClient }]),
                new(ChatRole.Tool, [new FunctionResultContent("c-1", "a long result")]),
                new(ChatRole.Assistant, "A pump."),
            ],
            Token
        );
        talk.Reducer = new Reducer(messages => messages.Where(message => message.Role != ChatRole.Tool));

        await talk.SendAsync("and?", cancellationToken: Token);

        client.Requests[0].Select(message => message.Role.Value).Should().Equal("assistant", "tool", "assistant", "user");
        var result = client.Requests[0][1].Contents.Should().ContainSingle().Which.Should().BeOfType<FunctionResultContent>().Subject;
        (result.CallId, result.Result!.ToString()).Should().Be(("c-1", "[The call was carried out. Its result is left out here.]"));
    }

    [Fact]
    public async Task WhatAReducerNotesInAMessage_IsThereTheNextTime_AndIsNotSent()
    {
        var client = ScriptedChatClient.Answering("fine");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        await talk.AppendAsync([new(ChatRole.User, "one")], Token);
        var seen = new List<object?>();
        talk.Reducer = new Reducer(messages =>
        {
            var first = messages.First();
            seen.Add(first.AdditionalProperties?["summary"]);
            (first.AdditionalProperties ??= [])["summary"] = "so far";
            return messages;
        });

        await talk.SendAsync("two", cancellationToken: Token);
        await talk.SendAsync("three", cancellationToken: Token);

        seen.Should().Equal([null, "so far"]);
        client.Requests.SelectMany(request => request).Should().OnlyContain(message => message.AdditionalProperties == null);
    }

    private sealed class Reducer(Func<IEnumerable<ChatMessage>, IEnumerable<ChatMessage>> reduce) : IChatReducer
    {
        public Task<IEnumerable<ChatMessage>> ReduceAsync(IEnumerable<ChatMessage> messages, CancellationToken cancellationToken) =>
            Task.FromResult(reduce(messages));
    }
}
