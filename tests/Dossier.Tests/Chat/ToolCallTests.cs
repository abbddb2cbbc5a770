using Microsoft.Extensions.AI;

namespace Dossier.Tests.Chat;

/// <summary>What is recorded of the tools that a call invokes.</summary>
public sealed class ToolCallTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ToolCall_IsCommittedBeforeItRuns_AndTimed(bool streaming)
    {
        var time = new SkippingTime();
        await using var test = await PipelineSession.OpenAsync(new(), time, AskingFor("weather"));
        TrackedResponse? before = null;
        var tool = Tool(async () =>
        {
            before = await test.LastAsync();
            time.Advance(TimeSpan.FromSeconds(2));
            return "sunny";
        });

        await AskAsync(test, streaming, tool);

        before!.Outcome.Should().Be(ResponseOutcome.InProgress);
        before.Attempts.Should().ContainSingle().Which.Outcome.Should().Be(AttemptOutcome.Succeeded);
        var begun = before.ToolCalls.Should().ContainSingle().Subject;
        begun.Outcome.Should().Be(ToolCallOutcome.InProgress);
        var response = await test.LastAsync();
        response
            .ToolCalls.Should()
            .Equal(
                new ToolCall
                {
                    ModelCall = 1,
                    CallId = "call-1",
                    Name = "weather",
                    StartedAt = begun.StartedAt,
                    Duration = TimeSpan.FromSeconds(2),
                    Outcome = ToolCallOutcome.Succeeded,
                }
            );
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ToolThatThrows_IsRecordedAndTheCallGoesOn(bool streaming)
    {
        await using var test = await PipelineSession.OpenAsync(AskingFor("weather"));
        var tool = Tool(() =>
            throw new InvalidOperationException("No such place: key sk-proj-aaaabbbbccccddddeeeeffff0123456789ABCDEFGHIJ")
        );

        await AskAsync(test, streaming, tool);

        var response = await test.LastAsync();
        response.Success.Should().BeTrue();
        var call = response.ToolCalls.Should().ContainSingle().Subject;
        call.Outcome.Should().Be(ToolCallOutcome.Failed);
        call.Error!.Type.Should().Be(typeof(InvalidOperationException).FullName);
        call.Error.Message.Should().StartWith("No such place").And.NotContain("aaaabbbb");
        (await test.Session.Responses.ReadMessagesAsync(response, Token))
            .SelectMany(message => message.Contents)
            .OfType<FunctionResultContent>()
            .Should()
            .ContainSingle()
            .Which.Result!.ToString()
            .Should()
            .Contain("Error");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ToolThatEndsItsCall_IsOneKindOfFailure_AndNoneOfTheVendor(bool streaming)
    {
        var client = new ScriptedChatClient((_, _, _) => CallsAsync(["weather"]));
        await using var test = await PipelineSession.OpenAsync(client);

        var ask = () => AskAsync(test, streaming, Tool(() => throw new IOException("The disk is full.")));

        await ask.Should().ThrowAsync<IOException>();
        var group = (await test.Session.GetErrorReportAsync(Token)).Groups.Should().ContainSingle().Subject;
        (group.Source, group.Subject, group.Type).Should().Be((FailureSource.Tool, "weather", typeof(IOException).FullName));
        group.Lost.Should().Be(group.Count).And.BePositive();
    }

    [Fact]
    public async Task ResultThatCannotBeSerialised_IsAFailureOfTheTool()
    {
        await using var test = await PipelineSession.OpenAsync(AskingFor("weather"));
        var tool = AIFunctionFactory.Create(() => new Unserialisable(), "weather");

        await AskAsync(test, streaming: false, tool);

        var response = await test.LastAsync();
        response.Success.Should().BeTrue();
        response.ToolCalls.Should().ContainSingle().Which.Outcome.Should().Be(ToolCallOutcome.Failed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ToolThatHangs_IsCancelledWithTheCall_AndWhatHadArrivedIsKept(bool streaming)
    {
        await using var test = await PipelineSession.OpenAsync(AskingFor("weather"));
        using var source = new CancellationTokenSource();
        var tool = AIFunctionFactory.Create(
            async (CancellationToken token) =>
            {
                await source.CancelAsync();
                await Task.Delay(Timeout.Infinite, token);
                return "never";
            },
            "weather"
        );

        var ask = () => AskAsync(test, streaming, source.Token, tool);

        await ask.Should().ThrowAsync<OperationCanceledException>();
        var response = await test.LastAsync();
        response.Outcome.Should().Be(ResponseOutcome.Cancelled);
        response.ToolCalls.Should().ContainSingle().Which.Outcome.Should().Be(ToolCallOutcome.Cancelled);
        (await test.Session.Responses.ReadMessagesAsync(response, Token))
            .SelectMany(message => message.Contents)
            .OfType<FunctionCallContent>()
            .Should()
            .ContainSingle();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task ToolThatHangsPastACancellation_DoesNotHoldItsCall(bool streaming, bool own)
    {
        await using var test = await PipelineSession.OpenAsync(AskingFor("weather"));
        using var source = new CancellationTokenSource();
        using var invoking = AskingFor("weather").AsBuilder().UseFunctionInvocation().Build();
        var chat = own ? test.Session.Track(invoking, "own/m") : test.Session.GetChatClient("first/m");
        var never = new TaskCompletionSource<string>();
        var tool = Tool(async () =>
        {
            await source.CancelAsync();
            return await never.Task;
        });

        var ask = () => AskAsync(chat, streaming, source.Token, tool);

        await ask.Should().ThrowAsync<OperationCanceledException>();
        test.Time.Waits.Should().Equal(TimeSpan.FromSeconds(5));
        var response = await test.LastAsync();
        response.Outcome.Should().Be(ResponseOutcome.Cancelled);
        response.ToolCalls.Should().ContainSingle().Which.Outcome.Should().Be(ToolCallOutcome.Cancelled);
        never.SetResult("late");
        (await test.LastAsync()).Should().BeEquivalentTo(response);
    }

    [Fact]
    public async Task ToolThatStopsInOrder_IsWaitedFor()
    {
        var time = new SkippingTime();
        await using var test = await PipelineSession.OpenAsync(new(), time, AskingFor("weather"));
        using var source = new CancellationTokenSource();
        var undone = new TaskCompletionSource<string>();
        time.OnWait = _ => undone.SetResult("sunny");
        var tool = Tool(async () =>
        {
            await source.CancelAsync();
            return await undone.Task;
        });

        var ask = () => AskAsync(test, streaming: false, source.Token, tool);

        await ask.Should().ThrowAsync<OperationCanceledException>();
        var response = await test.LastAsync();
        response.Outcome.Should().Be(ResponseOutcome.Cancelled);
        response.ToolCalls.Should().ContainSingle().Which.Outcome.Should().Be(ToolCallOutcome.Succeeded);
    }

    [Fact]
    public async Task ToolsThatRunAtOnce_AreAllRecorded()
    {
        const int Count = 8;
        await using var test = await PipelineSession.OpenAsync(AskingFor([.. Enumerable.Repeat("weather", Count)]));
        var chat = test.Session.GetChatClient("first/m");
        chat.GetService<FunctionInvokingChatClient>()!.AllowConcurrentInvocation = true;
        var (running, all) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var tool = Tool(async () =>
        {
            await Task.Yield();
            if (Interlocked.Increment(ref running) == Count)
                all.SetResult();
            await all.Task;
            return "sunny";
        });

        await chat.GetResponseAsync("weather?", new() { Tools = [tool] }, Token);

        var response = await test.LastAsync();
        response.ToolCalls.Should().HaveCount(Count).And.OnlyContain(call => call.Outcome == ToolCallOutcome.Succeeded);
        response.ToolCalls.Select(call => call.CallId).Should().OnlyHaveUniqueItems();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ToolThatDoesNotExist_IsNotInvoked(bool streaming)
    {
        await using var test = await PipelineSession.OpenAsync(AskingFor("weather", "invented"));

        await AskAsync(test, streaming, Tool(() => Task.FromResult("sunny")));

        (await test.LastAsync())
            .ToolCalls.Select(call => (call.Name, call.Outcome))
            .Should()
            .BeEquivalentTo([("weather", ToolCallOutcome.Succeeded), ("invented", ToolCallOutcome.NotInvoked)]);
    }

    [Theory]
    [InlineData(true, ToolCallOutcome.Succeeded, 0)]
    [InlineData(false, ToolCallOutcome.NotInvoked, 1)]
    public async Task ToolThatNeedsApproval_RunsInTheCallThatBringsIt(bool approved, ToolCallOutcome outcome, int modelCall)
    {
        await using var test = await PipelineSession.OpenAsync(AskingFor("weather"));
        var chat = test.Session.GetChatClient("first/m");
        var options = new ChatOptions { Tools = [new ApprovalRequiredAIFunction(Tool(() => Task.FromResult("sunny")))] };
        List<ChatMessage> history = [new(ChatRole.User, "weather?")];

        var asked = await chat.GetResponseAsync(history, options, Token);
        (await test.LastAsync()).ToolCalls.Should().BeEmpty();
        history.AddMessages(asked);
        var request = asked.Messages.SelectMany(message => message.Contents).OfType<ToolApprovalRequestContent>().Single();
        history.Add(new(ChatRole.User, [request.CreateResponse(approved)]));
        await chat.GetResponseAsync(history, options, Token);

        var response = await test.LastAsync();
        var call = response.ToolCalls.Should().ContainSingle().Subject;
        call.Should()
            .BeEquivalentTo(
                new
                {
                    Name = "weather",
                    Outcome = outcome,
                    ModelCall = modelCall,
                }
            );
        var sent = await test.Session.Responses.ReadRequestAsync(response, Token);
        sent.SelectMany(message => message.Contents).OfType<ToolApprovalResponseContent>().Single().Approved.Should().Be(approved);
    }

    [Theory]
    [InlineData("call-1")]
    [InlineData("invented")]
    public async Task RedactorThatFailsAtWhatACallIsCalled_LosesNothing(string on)
    {
        await using var test = await PipelineSession.OpenAsync(new FailingRedactor(on), AskingFor("invented"));
        var options = new ChatOptions { Tools = [Tool(() => Task.FromResult("sunny"))] };

        var ask = () => test.Session.GetChatClient("first/m").GetResponseAsync("weather?", options, Token);

        (await ask.Should().ThrowAsync<ResponseNotRecordedException>()).Which.Response.Text.Should().EndWith("It is sunny.");
        var response = await test.LastAsync();
        response.Outcome.Should().Be(ResponseOutcome.Failed);
        response.Usage!.Total.Should().Be(14);
        var call = response.ToolCalls.Should().ContainSingle().Subject;
        new[] { call.CallId, call.Name }.Should().ContainSingle(text => text == "[not shown, because a redactor failed]");
    }

    [Fact]
    public async Task NextModelCallFails_KeepsWhatHadArrived()
    {
        var turn = 0;
        var client = new ScriptedChatClient((_, _, _) => turn++ == 0 ? Tools.CallAsync() : throw Failures.WrongRequest);
        await using var test = await PipelineSession.OpenAsync(client);

        var ask = () => AskAsync(test, streaming: false, Tool(() => Task.FromResult("sunny")));

        await ask.Should().ThrowAsync<ProviderException>();
        var response = await test.LastAsync();
        response.Outcome.Should().Be(ResponseOutcome.Failed);
        var kept = (await test.Session.Responses.ReadMessagesAsync(response, Token)).SelectMany(message => message.Contents).ToList();
        kept.OfType<FunctionCallContent>().Should().ContainSingle();
        kept.OfType<FunctionResultContent>().Should().ContainSingle().Which.Result!.ToString().Should().Be("sunny");
    }

    [Fact]
    public async Task BeginningThatCannotBeCommitted_KeepsTheToolFromRunning()
    {
        var hasRun = false;
        PipelineSession? test = null;
        var client = new ScriptedChatClient((_, _, _) => DeleteAndCallAsync(test!.Session));
        await using (test = await PipelineSession.OpenAsync(client))
        {
            var tool = Tool(() =>
            {
                hasRun = true;
                return Task.FromResult("sunny");
            });

            var ask = () => AskAsync(test, streaming: false, tool);

            await ask.Should().ThrowAsync<ConflictException>();
            hasRun.Should().BeFalse();
        }

        static async IAsyncEnumerable<ChatResponseUpdate> DeleteAndCallAsync(Session session)
        {
            await session.Store.DeleteSessionAsync(session.Id, Token);
            await foreach (var update in Tools.CallAsync())
                yield return update;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CallersOwnInvocation_IsSeen(bool streaming)
    {
        var client = AskingFor("weather");
        await using var test = await PipelineSession.OpenAsync(client);
        using var own = client.AsBuilder().UseFunctionInvocation().Build();
        var chat = test.Session.Track(own, "acme/m");
        var tool = Tool(() => Task.FromResult("sunny"));
        var options = new ChatOptions { Tools = [tool] };

        if (streaming)
            await chat.GetStreamingResponseAsync("weather?", options, Token).LastAsync(Token);
        else
            await chat.GetResponseAsync("weather?", options, Token);

        var response = await test.LastAsync();
        response.Sequence.Should().Be(1);
        response.Attempts.Should().ContainSingle();
        response
            .ToolCalls.Should()
            .ContainSingle()
            .Which.Should()
            .BeEquivalentTo(
                new
                {
                    ModelCall = 1,
                    CallId = "call-1",
                    Name = "weather",
                    Outcome = ToolCallOutcome.Succeeded,
                }
            );
        options.Tools.Should().ContainSingle().Which.Should().BeSameAs(tool);
    }

    [Fact]
    public async Task CallersOwnInvocationAroundIt_MakesAResponseOfEachModelCall()
    {
        var client = AskingFor("weather");
        await using var test = await PipelineSession.OpenAsync(client);
        using var chat = client.AsBuilder().UseFunctionInvocation().UseDossier(test.Session, "acme/m").Build();

        await chat.GetResponseAsync("weather?", new() { Tools = [Tool(() => Task.FromResult("sunny"))] }, Token);

        var responses = await test.Session.Responses.ListAsync(cancellationToken: Token).ToListAsync(Token);
        responses.Should().HaveCount(2).And.OnlyContain(response => response.ToolCalls.Count == 0);
        (await test.Session.Responses.ReadRequestAsync(responses[1], Token))
            .SelectMany(message => message.Contents)
            .OfType<FunctionResultContent>()
            .Should()
            .ContainSingle();
    }

    private static AIFunction Tool(Func<Task<string>> run) => AIFunctionFactory.Create(run, "weather");

    /// <summary>A model that asks for tools, and answers when it has their results.</summary>
    private static ScriptedChatClient AskingFor(params string[] tools) =>
        new(
            (messages, _, token) =>
                messages.Any(message => message.Role == ChatRole.Tool)
                    ? ScriptedChatClient.UpdatesAsync(["It is ", "sunny."], null, token)
                    : CallsAsync(tools)
        );

    private static async IAsyncEnumerable<ChatResponseUpdate> CallsAsync(string[] tools)
    {
        await Task.Yield();
        yield return new(ChatRole.Assistant, [.. tools.Select((name, index) => new FunctionCallContent($"call-{index + 1}", name))])
        {
            FinishReason = ChatFinishReason.ToolCalls,
        };
    }

    private static Task AskAsync(PipelineSession test, bool streaming, params AIFunction[] tools) =>
        AskAsync(test, streaming, Token, tools);

    private static Task AskAsync(PipelineSession test, bool streaming, CancellationToken token, params AIFunction[] tools) =>
        AskAsync(test.Session.GetChatClient("first/m"), streaming, token, tools);

    private static async Task AskAsync(IChatClient chat, bool streaming, CancellationToken token, params AIFunction[] tools)
    {
        var options = new ChatOptions { Tools = [.. tools] };
        if (streaming)
            await chat.GetStreamingResponseAsync("weather?", options, token).LastAsync(token);
        else
            await chat.GetResponseAsync("weather?", options, token);
    }

    private sealed class Unserialisable
    {
        private readonly string _place = "It cannot be read.";

        public string Place => throw new InvalidOperationException(_place);
    }
}
