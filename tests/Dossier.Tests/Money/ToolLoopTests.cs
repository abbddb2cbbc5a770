using System.Globalization;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Money;

public sealed class ToolLoopTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task BudgetOfTwoCalls_StopsTheThirdModelCallOfAToolLoop()
    {
        await using var storage = new MemoryStorage();
        var runs = 0;
        var tool = AIFunctionFactory.Create(() => ++runs, "look");
        await using var store = NewStore(storage, AskingFor("look"));
        await using var session = await store.OpenAsync(new() { Budget = new() { MaxCalls = 2 } }, Token);
        var chat = session.GetChatClient("m", "scripted");

        var refusal = await chat.Awaiting(it => it.GetResponseAsync("hi", new() { Tools = [tool], MaxOutputTokens = 4 }, Token))
            .Should()
            .ThrowAsync<BudgetExceededException>();

        refusal.Which.Limit.Should().Be("MaxCalls");
        runs.Should().Be(2);
        var response = await session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.Attempts.Select(attempt => attempt.ModelCall).Should().Equal(1, 2);
        response.Outcome.Should().Be(ResponseOutcome.Failed);
        var status = await session.Budget.GetStatusAsync(Token);
        status.Settled.Should().Be(new BudgetAmount { Tokens = 28, Calls = 2 });
        status.Held.Should().Be(new BudgetAmount());
    }

    [Fact]
    public async Task WhileToolsRun_NothingIsHeld()
    {
        await using var storage = new MemoryStorage();
        var held = new List<long>();
        Session? session = null;
        var tool = AIFunctionFactory.Create(async () => held.Add((await session!.Budget.GetStatusAsync(Token)).Held.Calls), "look");
        await using var store = NewStore(storage, AskingFor("look"));
        session = await store.OpenAsync(new() { Budget = new() { MaxCalls = 2 } }, Token);

        await session
            .GetChatClient("m", "scripted")
            .Awaiting(it => it.GetResponseAsync("hi", new() { Tools = [tool] }, Token))
            .Should()
            .ThrowAsync<BudgetExceededException>();

        held.Should().Equal(0, 0);
        await session.DisposeAsync();
    }

    /// <summary>A model that asks for the same tool for ever.</summary>
    private static ScriptedChatClient AskingFor(string tool)
    {
        var calls = 0;
        return new((_, _, _) => UpdatesAsync());

        async IAsyncEnumerable<ChatResponseUpdate> UpdatesAsync()
        {
            await Task.Yield();
            var id = (++calls).ToString(CultureInfo.InvariantCulture);
            yield return new(ChatRole.Assistant, [new FunctionCallContent(id, tool)]);
            yield return new(ChatRole.Assistant, [new UsageContent(new() { InputTokenCount = 10, OutputTokenCount = 4 })])
            {
                FinishReason = ChatFinishReason.ToolCalls,
            };
        }
    }

    private static SessionStore NewStore(IStorage storage, IChatClient vendor) =>
        new(
            storage,
            new()
            {
                Providers =
                {
                    ["scripted"] = new() { Implementation = new ScriptedProvider(_ => vendor), ApiKey = "k" },
                },
            },
            new(),
            ownsStorage: false,
            [],
            PipelineParts.None with
            {
                AddFunctionInvocation = static (client, _) => new FunctionInvokingChatClient(client),
            }
        );
}
