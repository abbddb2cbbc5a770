using Dossier.Storage;
using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Conversations;

/// <summary>What messages hold, what is sent of them, and what is mended on the way.</summary>
public sealed class ConversationContentTests
{
    private const string NoResult = "[There is no result: the conversation went on without this call being carried out.]";
    private static readonly byte[] Image = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i % 251))];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Image_IsKeptByItsDigestAndSentAgain()
    {
        var client = ScriptedChatClient.InTurn("A picture.", "Still a picture.", "Yes.");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        var question = new ChatMessage(
            ChatRole.User,
            [new TextContent("What is it?"), new DataContent(Image, "image/png") { Name = "it.png" }]
        );

        await talk.SendAsync(question, cancellationToken: Token);
        await talk.SendAsync("And now?", cancellationToken: Token);

        var digest = ContentDigest.Of(Image);
        var sent = client.Requests[1][0].Contents.OfType<DataContent>().Single();
        (sent.Data.ToArray(), sent.MediaType, sent.Name).Should().BeEquivalentTo((Image, "image/png", "it.png"));
        var message = (await talk.ReadAsync(cancellationToken: Token).FirstAsync(Token));
        message.Record.Data.Should().Equal(digest);
        message.Message.Contents.OfType<DataContent>().Single().Data.ToArray().Should().Equal(Image);
        (await test.Storage.Records.GetContentAsync(message.Record.Content, Token))!.Size.Should().BeLessThan(1000);
        var purge = await test.Store.PurgeAsync(new() { GracePeriod = TimeSpan.Zero, TrashedFor = TimeSpan.Zero }, Token);
        purge.Contents.Should().Be(0);
        await talk.SendAsync("Really?", cancellationToken: Token);
        client.Requests[2][0].Contents.OfType<DataContent>().Should().ContainSingle();
    }

    [Fact]
    public async Task EverythingThatAMessageHolds_ComesBack()
    {
        await using var test = await OpenAsync(ScriptedChatClient.Answering("no"));
        var talk = test.Session.Conversation();
        var call = new FunctionCallContent("c-1", "weather", new Dictionary<string, object?> { ["city"] = "Ulm" });
        ChatMessage[] messages =
        [
            new(ChatRole.System, "Be kind."),
            new(new ChatRole("narrator"), "Once upon a time") { AuthorName = "Änne", MessageId = "m-1" },
            new(ChatRole.Assistant, [new TextReasoningContent("Let me think."), new TextContent("I will look."), call]),
            new(ChatRole.Tool, [new FunctionResultContent("c-1", "sunny")]),
            new(ChatRole.Assistant, [new ToolApprovalRequestContent("r-1", call)]),
            new(ChatRole.User, [new ToolApprovalRequestContent("r-1", call).CreateResponse(true, "go on")]),
            new(ChatRole.User, [new UriContent("https://example.com/a.png", "image/png"), new DataContent(Image, "image/png")]),
            new(ChatRole.Assistant, [new ErrorContent("sorry"), new UsageContent(new() { InputTokenCount = 3 })]),
        ];

        await talk.AppendAsync(messages, Token);

        var read = await talk.ReadAsync(cancellationToken: Token).Select(message => message.Message).ToListAsync(Token);
        read.Select(message => (message.Role, message.AuthorName, message.MessageId))
            .Should()
            .Equal(messages.Select(message => (message.Role, message.AuthorName, message.MessageId)));
        read.SelectMany(message => message.Contents)
            .Select(content => content.GetType())
            .Should()
            .Equal(messages.SelectMany(message => message.Contents).Select(content => content.GetType()));
        var contents = read.SelectMany(message => message.Contents).ToList();
        contents.OfType<TextReasoningContent>().Single().Text.Should().Be("Let me think.");
        contents.OfType<FunctionCallContent>().Single().Arguments!["city"]!.ToString().Should().Be("Ulm");
        contents.OfType<FunctionResultContent>().Single().Result!.ToString().Should().Be("sunny");
        contents
            .OfType<ToolApprovalResponseContent>()
            .Single()
            .Should()
            .Match<ToolApprovalResponseContent>(it => it.Approved && it.Reason == "go on");
        contents.OfType<DataContent>().Single().Data.ToArray().Should().Equal(Image);
        contents.OfType<UsageContent>().Single().Details.InputTokenCount.Should().Be(3);
    }

    [Fact]
    public async Task ContentOfAKindThatIsNotKnownHere_SurvivesAndIsSentOn()
    {
        var client = ScriptedChatClient.Answering("fine");
        await using var test = await OpenAsync(client);
        var json = """{"role":"user","contents":[{"$type":"hologram","beams":[1,2]},{"$type":"text","text":"look"}]}"""u8.ToArray();
        var message = new MessageRecord
        {
            Role = "user",
            Content = ContentDigest.Of(json),
            CreatedAt = test.Time.GetUtcNow(),
        };
        await test.Storage.Records.CommitAsync(
            new()
            {
                CommitId = Guid.CreateVersion7(),
                SessionId = test.Session.Id,
                At = test.Time.GetUtcNow(),
                Contents = [new(message.Content, json.Length, json)],
                Conversations = [new() { Conversation = "default", Messages = [message with { Hash = message.ComputeHash(null) }] }],
            },
            Token
        );
        var talk = test.Session.Conversation();

        await talk.SendAsync("and?", cancellationToken: Token);
        var read = await talk.ReadAsync(cancellationToken: Token).FirstAsync(Token);
        await talk.AppendAsync([read.Message], Token);

        read.Text.Should().Be("look");
        client.Requests[0][0].Contents.Should().HaveCount(2);
        var again = (await talk.ReadTailAsync(1, Token)).Single();
        again.Record.Content.Should().Be(message.Content, "what is not known here was written as it was read");
    }

    [Fact]
    public async Task ToolRoundTrip_IsPartOfItsTurn()
    {
        var call = new FunctionCallContent("c-1", "weather");
        var client = new ScriptedChatClient(
            (_, _, _) =>
                new ChatResponse([
                    new(ChatRole.Assistant, [call]) { MessageId = "1" },
                    new(ChatRole.Tool, [new FunctionResultContent("c-1", "sunny")]) { MessageId = "2" },
                    new(ChatRole.Assistant, "It is sunny.") { MessageId = "3" },
                ])
                    .ToChatResponseUpdates()
                    .ToAsyncEnumerable()
        );
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();

        await talk.SendAsync("weather?", cancellationToken: Token);

        (await RolesAsync(talk)).Should().Be("user assistant tool assistant");
        (await talk.UndoAsync(cancellationToken: Token)).Should().BeNull("one call is one turn");
    }

    [Fact]
    public async Task CallThatTheNextTurnAnswers_IsSentAsItIs()
    {
        var client = ScriptedChatClient.Answering("It is sunny.");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        await talk.AppendAsync(
            [new(ChatRole.User, "weather?"), new(ChatRole.Assistant, [new FunctionCallContent("c-1", "weather")])],
            Token
        );

        await talk.SendAsync(new ChatMessage(ChatRole.Tool, [new FunctionResultContent("c-1", "sunny")]), cancellationToken: Token);

        client.Requests[0].Select(message => message.Role.Value).Should().Equal("user", "assistant", "tool");
        (await LastAsync(test)).Conversation!.Sent.Should().BeNull();
    }

    [Fact]
    public async Task CallThatWasCarriedOutAlready_KeepsItsResultAndNeedsNone()
    {
        var client = ScriptedChatClient.Answering("fine");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        FunctionCallContent[] calls =
        [
            new("c-1", "weather") { InformationalOnly = true },
            new("c-2", "hosted") { InformationalOnly = true },
        ];
        await talk.AppendAsync(
            [new(ChatRole.Assistant, [.. calls]), new(ChatRole.Tool, [new FunctionResultContent("c-1", "sunny")])],
            Token
        );

        await talk.SendAsync("hello", cancellationToken: Token);
        await talk.SendAsync("hello?", cancellationToken: Token);

        client.Requests[1].Select(message => message.Role.Value).Should().Equal("assistant", "tool", "user", "assistant", "user");
        (await LastAsync(test)).Conversation!.Sent.Should().BeNull();
    }

    [Fact]
    public async Task CallWithoutAResult_IsAnsweredInWhatIsSentAndNotInWhatIsKept()
    {
        var client = ScriptedChatClient.Answering("Never mind.");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        FunctionCallContent[] calls = [new("c-1", "weather"), new("c-2", "time"), new("c-3", "hosted") { InformationalOnly = true }];
        await talk.AppendAsync(
            [
                new(ChatRole.User, "weather?"),
                new(ChatRole.Assistant, [.. calls]),
                new(ChatRole.Tool, [new FunctionResultContent("c-2", "noon")]),
            ],
            Token
        );

        await talk.SendAsync("Forget it.", cancellationToken: Token);
        await talk.SendAsync("Hello?", cancellationToken: Token);

        foreach (var request in client.Requests)
        {
            request.Take(5).Select(message => message.Role.Value).Should().Equal("user", "assistant", "tool", "tool", "user");
            var made = request[2].Contents.Should().ContainSingle().Which.Should().BeOfType<FunctionResultContent>().Subject;
            (made.CallId, made.Result!.ToString()).Should().Be(("c-1", NoResult));
        }
        (await RolesAsync(talk)).Should().Be("user assistant tool user assistant user assistant");
        var response = await LastAsync(test);
        response.Conversation!.Sent!.Select(part => (part.FirstDepth, part.Count)).Should().Equal((1, 2), (0, 0), (3, 3));
        (await test.Session.Responses.ReadRequestAsync(response, Token))
            .Select(message => message.Role)
            .Should()
            .Equal(client.Requests[1].Select(message => message.Role));
        (await test.Store.VerifyAsync(cancellationToken: Token)).IsClean.Should().BeTrue();
        (await test.Store.PurgeAsync(new() { GracePeriod = TimeSpan.Zero }, Token)).Contents.Should().Be(0);
    }

    [Fact]
    public async Task CallsOfOneId_AreAnsweredEachByItsOwnResult()
    {
        var client = ScriptedChatClient.Answering("fine");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        // Some vendors count the calls of each answer from the beginning.
        await talk.AppendAsync(
            [
                new(ChatRole.Assistant, [new FunctionCallContent("call_0", "weather")]),
                new(ChatRole.Tool, [new FunctionResultContent("call_0", "sunny")]),
                new(ChatRole.Assistant, [new FunctionCallContent("call_0", "time")]),
            ],
            Token
        );

        await talk.SendAsync("Forget it.", cancellationToken: Token);

        client.Requests[0].Select(message => message.Role.Value).Should().Equal("assistant", "tool", "assistant", "tool", "user");
        client
            .Requests[0]
            .SelectMany(message => message.Contents)
            .OfType<FunctionResultContent>()
            .Select(result => result.Result!.ToString())
            .Should()
            .Equal("sunny", NoResult);
    }

    [Fact]
    public async Task CallThatIsMadeAgain_IsSentOnce()
    {
        var client = ScriptedChatClient.Answering("fine");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        await talk.AppendAsync(
            [
                new(ChatRole.Assistant, [new FunctionCallContent("c-1", "weather")]),
                new(ChatRole.Tool, [new FunctionResultContent("c-1", "rain")]),
                new(ChatRole.Assistant, [new FunctionCallContent("c-1", "weather")]),
            ],
            Token
        );

        await talk.AsChatClient()
            .GetResponseAsync(
                [
                    new(ChatRole.Assistant, [new FunctionCallContent("c-1", "weather")]),
                    new(ChatRole.Tool, [new FunctionResultContent("c-1", "sunny")]),
                ],
                cancellationToken: Token
            );
        await talk.SendAsync("hello", cancellationToken: Token);

        foreach (var request in client.Requests)
            request.Take(4).Select(message => message.Role.Value).Should().Equal("assistant", "tool", "assistant", "tool");
        client.Requests[0].Should().HaveCount(4);
        (await RolesAsync(talk)).Should().Be("assistant tool assistant assistant tool assistant user assistant");
    }

    [Fact]
    public async Task ResultThatCameLate_IsSentBehindItsCall()
    {
        var client = ScriptedChatClient.Answering("fine");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        await talk.AppendAsync(
            [
                new(ChatRole.Assistant, [new FunctionCallContent("c-1", "weather"), new FunctionCallContent("c-2", "time")]),
                new(ChatRole.Tool, [new FunctionResultContent("c-2", "noon")]),
                new(ChatRole.User, "Hello?"),
                new(ChatRole.Assistant, "Wait."),
            ],
            Token
        );
        await talk.AppendAsync([new(ChatRole.Tool, [new FunctionResultContent("c-1", "sunny")])], Token);

        await talk.SendAsync("and?", cancellationToken: Token);

        client
            .Requests[0]
            .Select(message =>
                $"{message.Role} {string.Join(' ', message.Contents.OfType<FunctionResultContent>().Select(it => it.Result))}"
            )
            .Should()
            .Equal("assistant ", "tool sunny", "tool noon", "user ", "assistant ", "user ");
        (await test.Session.Responses.ReadRequestAsync(await LastAsync(test), Token))
            .Select(message => message.Role)
            .Should()
            .Equal(client.Requests[0].Select(message => message.Role));
        (await RolesAsync(talk)).Should().Be("assistant tool user assistant tool user assistant");
    }

    [Fact]
    public async Task ResultThatAnswersNothing_IsLeftOut()
    {
        var client = ScriptedChatClient.Answering("fine");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        await talk.AppendAsync(
            [
                new(ChatRole.Tool, [new FunctionResultContent("gone", "x")]),
                new(ChatRole.User, [new FunctionResultContent("gone", "x"), new TextContent("hi")]),
            ],
            Token
        );

        await talk.SendAsync("hello", cancellationToken: Token);

        client
            .Requests[0]
            .Select(message => $"{message.Role} {message.Text} {message.Contents.Count}")
            .Should()
            .Equal("user hi 1", "user hello 1");
    }

    [Fact]
    public async Task ImageBesideAResultThatAnswersNothing_IsSentWithoutIt()
    {
        var client = ScriptedChatClient.Answering("fine");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        await talk.AppendAsync([new(ChatRole.User, [new FunctionResultContent("gone", "x"), new DataContent(Image, "image/png")])], Token);

        await talk.SendAsync("hello", cancellationToken: Token);

        client
            .Requests[0][0]
            .Contents.Should()
            .ContainSingle()
            .Which.Should()
            .BeOfType<DataContent>()
            .Which.Data.ToArray()
            .Should()
            .Equal(Image);
        var sent = await test.Session.Responses.ReadRequestAsync(await LastAsync(test), Token);
        sent[0].Contents.OfType<DataContent>().Single().Data.ToArray().Should().Equal(Image);
    }

    [Fact]
    public async Task RequestForApprovalThatNobodyAnswered_IsRefused()
    {
        var client = ScriptedChatClient.Answering("fine");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        var call = new FunctionCallContent("c-1", "delete");
        await talk.AppendAsync([new(ChatRole.Assistant, [new ToolApprovalRequestContent("r-1", call)])], Token);

        await talk.SendAsync("hello", cancellationToken: Token);

        var refusal = client
            .Requests[0][1]
            .Contents.Should()
            .ContainSingle()
            .Which.Should()
            .BeOfType<ToolApprovalResponseContent>()
            .Subject;
        (refusal.RequestId, refusal.Approved).Should().Be(("r-1", false));
    }

    [Fact]
    public async Task ApprovalOfACallThatHasItsResult_IsLeftOut()
    {
        var client = ScriptedChatClient.Answering("fine");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        FunctionCallContent[] calls = [new("c-1", "delete"), new("c-2", "delete")];
        ToolApprovalRequestContent[] requests = [new("r-1", calls[0]), new("r-2", calls[1])];
        await talk.AppendAsync(
            [
                new(ChatRole.Assistant, [new TextContent("May I?"), requests[0], requests[1]]),
                new(ChatRole.User, [requests[0].CreateResponse(approved: true)]),
                new(ChatRole.Assistant, [.. calls]),
                new(ChatRole.Tool, [new FunctionResultContent("c-1", "done"), new FunctionResultContent("c-2", "refused")]),
            ],
            Token
        );

        await talk.SendAsync("hello", cancellationToken: Token);
        await talk.SendAsync("hello?", cancellationToken: Token);

        client
            .Requests[1]
            .SelectMany(message => message.Contents)
            .Select(content => content.GetType())
            .Should()
            .Equal(
                typeof(TextContent),
                typeof(FunctionCallContent),
                typeof(FunctionCallContent),
                typeof(FunctionResultContent),
                typeof(FunctionResultContent),
                typeof(TextContent),
                typeof(TextContent),
                typeof(TextContent)
            );
        (await RolesAsync(talk)).Should().Be("assistant user assistant tool user assistant user assistant");
    }

    [Fact]
    public async Task ApprovalOfACallThatIsStillToBeMade_IsSent()
    {
        var client = ScriptedChatClient.Answering("fine");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        var request = new ToolApprovalRequestContent("r-1", new FunctionCallContent("c-1", "delete"));
        await talk.AppendAsync([new(ChatRole.Assistant, [request])], Token);

        await talk.SendAsync(new ChatMessage(ChatRole.User, [request.CreateResponse(approved: true)]), cancellationToken: Token);

        client
            .Requests[0]
            .Select(message => message.Contents.Single().GetType())
            .Should()
            .Equal(request.GetType(), typeof(ToolApprovalResponseContent));
        (await LastAsync(test)).Conversation!.Sent.Should().BeNull();
    }

    [Fact]
    public async Task LongConversation_IsSentWholeFromMemoryAndFromTheStore()
    {
        var client = ScriptedChatClient.Answering("no");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        for (var i = 0; i < 3; i++)
            await talk.AppendAsync(Enumerable.Range(0, 250).Select(j => new ChatMessage(ChatRole.User, $"{(i * 250) + j}")), Token);
        await using var store = new SessionStore(
            test.Storage,
            new() { Providers = { ["scripted"] = new() { Implementation = new ScriptedProvider(_ => client) } }, Model = "scripted/m" }
        );
        await using var again = await store.OpenAsync(new() { SessionId = test.Session.Id }, Token);

        await talk.SendAsync("a", cancellationToken: Token);
        await again.Conversation().SendAsync("b", cancellationToken: Token);
        await talk.SendAsync("c", cancellationToken: Token);

        client.Requests.Select(request => request.Count).Should().Equal(751, 753, 755);
        client.Requests[2].Take(750).Select(message => message.Text).Should().Equal(Enumerable.Range(0, 750).Select(i => $"{i}"));
        client.Requests[2].Skip(750).Select(message => message.Text).Should().Equal("a", "no", "b", "no", "c");
    }

    private static Task<TestSession> OpenAsync(IChatClient client) =>
        TestSession.OpenAsync(options =>
        {
            options.Providers["scripted"].Implementation = new ScriptedProvider(_ => client);
            options.Model = "scripted/script-1";
        });

    private static async Task<string> RolesAsync(Conversation talk) =>
        string.Join(' ', await talk.ReadAsync(cancellationToken: Token).Select(message => message.Record.Role).ToListAsync(Token));

    private static async Task<TrackedResponse> LastAsync(TestSession test) =>
        await test.Session.Responses.ListAsync(cancellationToken: Token).LastAsync(Token);
}
