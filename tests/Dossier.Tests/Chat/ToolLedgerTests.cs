using Microsoft.Extensions.AI;

namespace Dossier.Tests.Chat;

public sealed class ToolLedgerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ResultOfATool_IsKeptWhenTheNextIsCancelled(bool streaming)
    {
        await using var test = await PipelineSession.OpenAsync(new ScriptedChatClient((_, _, _) => CallsAsync(("1", "one"), ("2", "two"))));
        using var source = new CancellationTokenSource();
        var options = new ChatOptions
        {
            Tools = [Tool("one"), AIFunctionFactory.Create((CancellationToken token) => CancelAsync(source, token), "two")],
        };
        var chat = test.Session.GetChatClient("first/m");

        Func<Task> ask = streaming
            ? async () => await chat.GetStreamingResponseAsync("hi", options, source.Token).ToListAsync(Token)
            : () => chat.GetResponseAsync("hi", options, source.Token);

        await ask.Should().ThrowAsync<OperationCanceledException>();
        var response = await test.LastAsync();
        response.Outcome.Should().Be(ResponseOutcome.Cancelled);
        (await ResultsAsync(test, response)).Should().Equal("1");
    }

    [Fact]
    public async Task ResultsThatWerePassedOn_AreKeptOnceEach_AlsoWhereIdsAreRepeated()
    {
        var turn = 0;
        var client = new ScriptedChatClient((_, _, _) => turn++ < 2 ? CallsAsync(("call_0", "one")) : throw Failures.WrongRequest);
        await using var test = await PipelineSession.OpenAsync(client);
        var stream = test.Session.GetChatClient("first/m").GetStreamingResponseAsync("hi", new() { Tools = [Tool("one")] }, Token);

        var read = async () => await stream.ToListAsync(Token);

        await read.Should().ThrowAsync<ProviderException>();
        (await ResultsAsync(test, await test.LastAsync())).Should().Equal("call_0", "call_0");
    }

    [Fact]
    public async Task StreamThatIsLeftBeforeItsToolsAreAnswered_IsNotWhole()
    {
        var client = new ScriptedChatClient((_, _, _) => CallsAsync(("1", "one")));
        await using var test = await PipelineSession.OpenAsync(client);
        var stream = test.Session.GetChatClient("first/m").GetStreamingResponseAsync("hi", new() { Tools = [Tool("one")] }, Token);

        await foreach (var update in stream)
            if (update.Contents.OfType<FunctionResultContent>().Any())
                break;

        var response = await test.LastAsync();
        (response.Outcome, response.FinishReason).Should().Be((ResponseOutcome.Cancelled, "tool_calls"));
        (await ResultsAsync(test, response)).Should().Equal("1");
    }

    [Theory]
    [InlineData("one", "invented")]
    [InlineData("invented", "one")]
    public async Task IdThatIsGivenTwice_HidesNoCallThatWasNotInvoked(string first, string second)
    {
        var turn = 0;
        var client = new ScriptedChatClient(
            (_, _, token) =>
                turn++ switch
                {
                    0 => CallsAsync(("call_0", first)),
                    1 => CallsAsync(("call_0", second)),
                    _ => ScriptedChatClient.UpdatesAsync(["fine"], null, token),
                }
        );
        await using var test = await PipelineSession.OpenAsync(client);

        await test.Session.GetChatClient("first/m").GetResponseAsync("hi", new() { Tools = [Tool("one")] }, Token);

        (await test.LastAsync())
            .ToolCalls.Select(call => (call.Name, call.Outcome))
            .Should()
            .BeEquivalentTo([("one", ToolCallOutcome.Succeeded), ("invented", ToolCallOutcome.NotInvoked)]);
    }

    private static AIFunction Tool(string name) => AIFunctionFactory.Create(() => "done", name);

    private static async Task CancelAsync(CancellationTokenSource source, CancellationToken token)
    {
        await source.CancelAsync();
        token.ThrowIfCancellationRequested();
    }

    private static async Task<IEnumerable<string>> ResultsAsync(PipelineSession test, TrackedResponse response) =>
        (await test.Session.Responses.ReadMessagesAsync(response, Token))
            .SelectMany(message => message.Contents)
            .OfType<FunctionResultContent>()
            .Select(result => result.CallId);

    private static async IAsyncEnumerable<ChatResponseUpdate> CallsAsync(params (string Id, string Name)[] calls)
    {
        await Task.Yield();
        yield return new(ChatRole.Assistant, [.. calls.Select(call => new FunctionCallContent(call.Id, call.Name))])
        {
            FinishReason = ChatFinishReason.ToolCalls,
        };
    }
}
