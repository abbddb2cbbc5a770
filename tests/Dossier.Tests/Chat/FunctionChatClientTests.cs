using Microsoft.Extensions.AI;

namespace Dossier.Tests.Chat;

public sealed class FunctionChatClientTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ToolLoop_IsOneResponseWithSeveralModelCalls(bool streaming)
    {
        var (client, calls) = (AskingForTheWeather(), 0);
        await using var test = await PipelineSession.OpenAsync(client);
        var options = new ChatOptions { Tools = [Tools.Counting(() => calls++)] };

        var text = streaming
            ? string.Concat(await Chat(test).GetStreamingResponseAsync("weather?", options, Token).Select(u => u.Text).ToListAsync(Token))
            : (await Chat(test).GetResponseAsync("weather?", options, Token)).Text;

        text.Should().Be("It is sunny.");
        calls.Should().Be(1);
        var response = await test.LastAsync();
        response.Sequence.Should().Be(1);
        response
            .Attempts.Select(a => (a.ModelCall, a.Reason, a.Outcome))
            .Should()
            .Equal((1, AttemptReason.First, AttemptOutcome.Succeeded), (2, AttemptReason.First, AttemptOutcome.Succeeded));
        response.Usage.Should().Be(new TokenUsage { Input = 20, Output = 8 });
        options.Tools.Should().ContainSingle("the caller's options are as they were");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TurnOfAConversation_SendsTheHistoryWithTheResults(bool streaming)
    {
        var client = AskingForTheWeather();
        await using var test = await PipelineSession.OpenAsync(client);
        var chat = test.Session.Conversation("talk").AsChatClient(Chat(test));
        var options = new ChatOptions { Tools = [Tools.Counting(() => { })] };

        if (streaming)
            await chat.GetStreamingResponseAsync("weather?", options, Token).ToListAsync(Token);
        else
            await chat.GetResponseAsync("weather?", options, Token);

        client.Requests[1].Select(message => message.Role).Should().Equal(ChatRole.User, ChatRole.Assistant, ChatRole.Tool);
    }

    [Fact]
    public async Task SecondModelCallFails_TheToolHasRunOnceAndTheFallbackGoesOn()
    {
        var calls = 0;
        var turn = 0;
        var first = new ScriptedChatClient((_, _, _) => turn++ == 0 ? Tools.CallAsync() : throw Failures.ServerError);
        var second = ScriptedChatClient.Answering("It is sunny, says the other one.");
        await using var test = await PipelineSession.OpenAsync(new ResilienceOptions { MaxRetries = 1 }, null, first, second);

        var answer = await test
            .Session.GetChatClient(["first/m", "second/m"])
            .GetResponseAsync("weather?", new() { Tools = [Tools.Counting(() => calls++)] }, Token);

        answer.Text.Should().Be("It is sunny, says the other one.");
        calls.Should().Be(1);
        (await test.LastAsync())
            .Attempts.Select(a => (a.ModelCall, a.Provider, a.Reason, a.Outcome))
            .Should()
            .Equal(
                (1, "first", AttemptReason.First, AttemptOutcome.Succeeded),
                (2, "first", AttemptReason.First, AttemptOutcome.Failed),
                (2, "first", AttemptReason.Retry, AttemptOutcome.Failed),
                (2, "second", AttemptReason.Fallback, AttemptOutcome.Succeeded)
            );
        second.Requests.Single().SelectMany(m => m.Contents).OfType<FunctionResultContent>().Should().ContainSingle();
    }

    [Fact]
    public async Task FallbackInTheMiddleOfAConversationThatTheFirstKeeps_IsNotAsked()
    {
        var turn = 0;
        var first = new ScriptedChatClient(
            (_, _, _) => turn++ == 0 ? Tools.CallAsync().Select(update => Kept(update)) : throw Failures.ServerError
        );
        var second = ScriptedChatClient.Answering("no");
        await using var test = await PipelineSession.OpenAsync(new ResilienceOptions { MaxRetries = 0 }, null, first, second);
        var chat = test.Session.GetChatClient(["first/m", "second/m"]);

        var act = () => chat.GetResponseAsync("weather?", new() { Tools = [Tools.Counting(() => { })] }, Token);

        (await act.Should().ThrowAsync<ProviderException>()).WithMessage("*the conversation so far is kept by first*");
        first.Options[1]!.ConversationId.Should().Be("kept-by-first");
        second.Requests.Should().BeEmpty();

        static ChatResponseUpdate Kept(ChatResponseUpdate update)
        {
            update.ConversationId = "kept-by-first";
            return update;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task UsersOwnInvocationAroundIt_InvokesNothingTwice(bool streaming)
    {
        var calls = 0;
        await using var test = await PipelineSession.OpenAsync(AskingForTheWeather());
        using var chat = Chat(test).AsBuilder().UseFunctionInvocation().Build();
        var options = new ChatOptions { Tools = [Tools.Counting(() => calls++)] };

        var text = streaming
            ? string.Concat(await chat.GetStreamingResponseAsync("weather?", options, Token).Select(u => u.Text).ToListAsync(Token))
            : (await chat.GetResponseAsync("weather?", options, Token)).Text;

        text.Should().Be("It is sunny.");
        calls.Should().Be(1);
        (await test.LastAsync()).Sequence.Should().Be(1);
    }

    [Fact]
    public async Task DeclarationOnly_LeavesTheCallToTheCaller()
    {
        await using var test = await PipelineSession.OpenAsync(AskingForTheWeather());

        var answer = await Chat(test)
            .GetResponseAsync("weather?", new() { Tools = [Tools.Counting(() => { }).AsDeclarationOnly()] }, Token);

        answer.Messages.SelectMany(m => m.Contents).OfType<FunctionCallContent>().Should().ContainSingle();
        (await test.LastAsync()).Attempts.Should().ContainSingle();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ToolLoopInAConversation_IsOneTurn(bool usersOwn)
    {
        var client = AskingForTheWeather();
        await using var test = await PipelineSession.OpenAsync(client);
        var talk = test.Session.Conversation();
        using var pipeline = talk.AsChatClient(Chat(test));
        using var chat = usersOwn ? pipeline.AsBuilder().UseFunctionInvocation().Build() : pipeline;
        var options = new ChatOptions { Tools = [Tools.Counting(() => { })] };

        await chat.GetResponseAsync("weather?", options, Token);
        await chat.GetResponseAsync("and tomorrow?", options, Token);

        var roles = await talk.ReadAsync(cancellationToken: Token).Select(message => message.Record.Role).ToListAsync(Token);
        roles.Should().Equal("user", "assistant", "tool", "assistant", "user", "assistant");
        client.Requests[^1].Select(message => message.Role.Value).Should().Equal(roles.SkipLast(1));
        (await talk.UndoAsync(cancellationToken: Token))!.Value.Depth.Should().Be(4);
        (await talk.UndoAsync(cancellationToken: Token)).Should().BeNull();
    }

    [Theory]
    [InlineData(false, true, false)]
    [InlineData(true, true, false)]
    [InlineData(false, false, false)]
    [InlineData(true, false, false)]
    [InlineData(false, true, true)]
    [InlineData(true, true, true)]
    [InlineData(false, false, true)]
    [InlineData(true, false, true)]
    public async Task ApprovalInAConversation_RunsTheToolOnce_AndTheModelIsToldOfTheCallAlone(bool streaming, bool approved, bool usersOwn)
    {
        var (client, calls) = (AskingForTheWeather(), 0);
        await using var test = await PipelineSession.OpenAsync(client);
        var talk = test.Session.Conversation();
        var chat = usersOwn ? talk.AsChatClient(client).AsBuilder().UseFunctionInvocation().Build() : talk.AsChatClient(Chat(test));
        var options = new ChatOptions { Tools = [new ApprovalRequiredAIFunction(Tools.Counting(() => calls++))] };

        var request = (await AskAsync("weather?")).Messages.SelectMany(m => m.Contents).OfType<ToolApprovalRequestContent>().Single();
        calls.Should().Be(0);
        var answer = await AskAsync(request.CreateResponse(approved));
        await AskAsync("thanks");
        options = null;
        await AskAsync("bye");

        answer.Text.Should().Be("It is sunny.");
        calls.Should().Be(approved ? 1 : 0);
        foreach (var sent in client.Requests.Skip(1))
        {
            sent.Take(3).Select(message => message.Role).Should().Equal(ChatRole.User, ChatRole.Assistant, ChatRole.Tool);
            sent.SelectMany(message => message.Contents)
                .Where(content => content is InputRequestContent or InputResponseContent)
                .Should()
                .BeEmpty();
        }
        client.Requests.Select(sent => sent.Count).Should().Equal(1, 3, 5, 7);
        (await talk.UndoAsync(3, Token))!.Value.Depth.Should().Be(2, "an approval is a turn of its own");

        Task<ChatResponse> AskAsync(object said)
        {
            ChatMessage[] messages = [new(ChatRole.User, [said as AIContent ?? new TextContent((string)said)])];
            return streaming
                ? chat.GetStreamingResponseAsync(messages, options, Token).ToChatResponseAsync(Token)
                : chat.GetResponseAsync(messages, options, Token);
        }
    }

    [Fact]
    public async Task InvokingClient_CanBeHadAndSetUp()
    {
        var calls = 0;
        await using var test = await PipelineSession.OpenAsync(AskingForTheWeather());
        var chat = Chat(test);

        chat.GetService<FunctionInvokingChatClient>()!.AdditionalTools = [Tools.Counting(() => calls++)];
        await chat.GetResponseAsync("weather?", cancellationToken: Token);

        calls.Should().Be(1);
    }

    private static IChatClient Chat(PipelineSession test) => test.Session.GetChatClient("first/m");

    private static ScriptedChatClient AskingForTheWeather() =>
        new(
            (messages, _, token) =>
                messages.Any(m => m.Role == ChatRole.Tool)
                    ? ScriptedChatClient.UpdatesAsync(["It is ", "sunny."], null, token)
                    : Tools.CallAsync()
        );
}
