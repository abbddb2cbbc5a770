using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Money;

public sealed class TwoProcessesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task TwoProcesses_SpendABudgetToTheLastCall_AndNoMore()
    {
        const int Calls = 100;
        await CreateAsync(new() { MaxCost = Calls * 0.04m });
        var children = Enumerable.Range(0, 2).Select(_ => Child.Start(Child.Command("spend", _directory.Path, "s"))).ToList();
        foreach (var child in children)
            (await child.StandardOutput.ReadLineAsync(Token)).Should().Be("ready");
        foreach (var child in children)
            await child.StandardInput.WriteLineAsync("go");

        var answered = await Task.WhenAll(children.Select(ReadAsync));

        answered.Sum().Should().Be(Calls);
        await using var session = await Session.OpenAsync(new() { StoragePath = _directory.Path, SessionId = "s" }, Token);
        var status = await session.Budget.GetStatusAsync(Token);
        status.Settled.Should().BeEquivalentTo(new { Cost = Calls * 0.04m, Calls = (long)Calls });
        status.Held.Should().Be(new BudgetAmount());
        children.ForEach(child => child.Dispose());
    }

    [Fact]
    public async Task ProcessThatIsKilledInMidCall_LeavesItsHold_UntilSomebodyResolvesIt()
    {
        await CreateAsync(new() { MaxCalls = 1 });
        using var child = Child.Start(Child.Command("hold", _directory.Path, "s"));
        (await child.StandardOutput.ReadLineAsync(Token)).Should().Be("held");
        await using var session = await Session.OpenAsync(new() { StoragePath = _directory.Path, SessionId = "s" }, Token);
        (await session.Budget.GetStatusAsync(Token)).Holds.Should().ContainSingle().Which.IsAbandoned.Should().BeFalse();

        child.Kill();
        await child.WaitForExitAsync(Token);

        var held = (await session.Budget.GetStatusAsync(Token)).Holds.Should().ContainSingle().Subject;
        held.IsAbandoned.Should().BeTrue();
        await using (var reopened = await Session.OpenAsync(new() { StoragePath = _directory.Path, SessionId = "s" }, Token))
        {
            var interrupted = await reopened.Responses.GetAsync(held.Hold.ResponseId!, Token);
            interrupted.Outcome.Should().Be(ResponseOutcome.Interrupted);
            (await reopened.Budget.GetStatusAsync(Token)).Holds.Should().ContainSingle().Which.Hold.Should().Be(held.Hold);
        }
        var chat = session.Track(ScriptedChatClient.Answering("yes"), "test/m");
        await chat.Awaiting(it => it.GetResponseAsync("hi", cancellationToken: Token)).Should().ThrowAsync<BudgetExceededException>();
        await session.Budget.ReleaseAsync(held.Hold.Id, Token);
        (await chat.GetResponseAsync("hi", cancellationToken: Token)).Text.Should().Be("yes");
    }

    private async Task CreateAsync(Budget budget)
    {
        await using var session = await Session.OpenAsync(
            new()
            {
                StoragePath = _directory.Path,
                SessionId = "s",
                Budget = budget,
            },
            Token
        );
    }

    private static async Task<int> ReadAsync(Process child)
    {
        var line = await child.StandardOutput.ReadToEndAsync(Token);
        var error = await child.StandardError.ReadToEndAsync(Token);
        await child.WaitForExitAsync(Token);
        child.ExitCode.Should().Be(0, "it printed {0}", error);
        return int.Parse(line, CultureInfo.InvariantCulture);
    }
}
