using Dossier.Tests;
using Microsoft.Extensions.AI;
using static Dossier.Core.Tests.Conversations.Talks;

namespace Dossier.Core.Tests.Conversations;

/// <summary>What is mended of calls, results and approvals on the way to a vendor.</summary>
public sealed class ToolCallRepairTests
{
    private const string NoResult = "[There is no result: the conversation went on without this call being carried out.]";
    private static readonly byte[] Image = [1, 2, 3, 4];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

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
    public async Task CallThatIsAnsweredAfterSomebodyElseHasSpoken_IsSentRightBeforeItsResult()
    {
        var client = ScriptedChatClient.Answering("fine");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        await talk.AppendAsync(
            [
                new(ChatRole.User, "weather?"),
                new(ChatRole.Assistant, [new TextContent("I look."), new FunctionCallContent("c-1", "weather")]),
                new(ChatRole.User, "Hello?"),
                new(ChatRole.Assistant, [new FunctionCallContent("c-2", "time")]),
                new(ChatRole.User, "Hello??"),
            ],
            Token
        );

        await talk.SendAsync(new ChatMessage(ChatRole.Tool, [new FunctionResultContent("c-1", "sunny")]), cancellationToken: Token);
        await talk.SendAsync(new ChatMessage(ChatRole.Tool, [new FunctionResultContent("c-2", "noon")]), cancellationToken: Token);

        client
            .Requests[0]
            .Select(Line)
            .Should()
            .Equal("user", "assistant", "user", "assistant c-2", "tool c-2", "user", "assistant c-1", "tool c-1");
        client
            .Requests[1]
            .Select(Line)
            .Should()
            .Equal("user", "assistant c-1", "tool c-1", "user", "user", "assistant", "assistant c-2", "tool c-2");
        (await test.Session.Responses.ReadRequestAsync(await LastAsync(test), Token))
            .Select(Line)
            .Should()
            .Equal(client.Requests[1].Select(Line));

        static string Line(ChatMessage message) =>
            string.Join(
                ' ',
                message
                    .Contents.Select(content => (content as FunctionCallContent)?.CallId ?? (content as FunctionResultContent)?.CallId)
                    .OfType<string>()
                    .Prepend(message.Role.Value)
            );
    }

    [Fact]
    public async Task CallThatIsMadeAndAnsweredInOneTurn_IsSentOnce_AlsoWhenSomebodySpokeInBetween()
    {
        var client = ScriptedChatClient.Answering("fine");
        await using var test = await OpenAsync(client);
        ChatMessage[] turn =
        [
            new(ChatRole.Assistant, [new FunctionCallContent("c-1", "weather")]),
            new(ChatRole.User, "Hello?"),
            new(ChatRole.Tool, [new FunctionResultContent("c-1", "sunny")]),
        ];

        await test.Session.Conversation().AsChatClient().GetResponseAsync(turn, cancellationToken: Token);

        client.Requests[0].Should().Equal(turn);
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
}
