using System.Diagnostics;
using System.Globalization;

namespace Dossier.Tests.Faults;

/// <summary>A step that several processes run: real ones, killed and stopped by the system.</summary>
public sealed class StepProcessesTests : IDisposable
{
    private const string SessionId = "s-1";

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task TwoProcessesAtOnce_RunTheBodyOnce_AndBothHaveItsResult()
    {
        await using var session = await OpenAsync();
        using var first = Start("step-race");
        using var second = Start("step-race");
        await ReadAsync(first, "ready");
        await ReadAsync(second, "ready");

        await first.StandardInput.WriteLineAsync();
        await second.StandardInput.WriteLineAsync();
        string[] lines = [.. await ReadToEndAsync(first), .. await ReadToEndAsync(second)];

        lines.Should().BeEquivalentTo("ran", "value 1", "value 1");
        (await session.CountArtifactsAsync(new() { Name = "side" }, Token)).Count.Should().Be(1);
        (await session.Steps.ListAsync(cancellationToken: Token).SingleAsync(Token)).Attempts.Should().ContainSingle();
    }

    [Fact]
    public async Task ThreeProcessesThatMapAtOnce_RunEachItemOnce_AndAllHaveAllResults()
    {
        const int Items = 60;
        await using var session = await OpenAsync();

        var lines = await Task.WhenAll(
            Enumerable.Range(0, 3).Select(_ => Child.RunAsync("map-on", _directory.Path, SessionId, $"{Items}"))
        );

        lines
            .Should()
            .AllSatisfy(all => all.Skip(1).Should().Equal(Enumerable.Range(0, Items).Select(item => $"kept {item} part {item} .")));
        var steps = await session.Steps.ListAsync(cancellationToken: Token).ToListAsync(Token);
        steps.Should().HaveCount(2 * Items).And.OnlyContain(step => step.Status == StepStatus.Kept && step.Fence == 1);
        (await session.CountArtifactsAsync(new() { NameGlob = "begun/*" }, Token)).Count.Should().Be(Items);
        (await session.GetSummaryAsync(Token)).Steps.Should().OnlyContain(step => step.Repeated.Attempts == 0);
    }

    [Fact]
    public async Task ProcessThatIsKilledInTheBody_LeavesTheStepToTheNext()
    {
        await using var session = await OpenAsync();
        using var child = Start("step-stay");
        await ReadAsync(child, "inside");

        child.Kill();
        await child.WaitForExitAsync(Token);
        var value = await session.StepAsync("shared", ["input"], _ => Task.FromResult(2), cancellationToken: Token);

        value.Should().Be(2);
        await AssertTakenOverAsync(session);
    }

    [Fact]
    public async Task ProcessThatIsStoppedPastItsLease_HasItsLateResultRefused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signal that stops a process.");
        await using var session = await OpenAsync();
        using var child = Start("step-stay");
        await ReadAsync(child, "inside");

        await SignalAsync(child, "STOP");
        var value = await session.StepAsync("shared", ["input"], _ => Task.FromResult(2), cancellationToken: Token);
        await SignalAsync(child, "CONT");
        await child.StandardInput.WriteLineAsync();
        var lines = await ReadToEndAsync(child);

        value.Should().Be(2);
        lines.Should().Equal("LeaseLost");
        await AssertTakenOverAsync(session);
        (
            await session.StepAsync<int>(
                "shared",
                ["input"],
                _ => throw new InvalidOperationException("It is kept."),
                cancellationToken: Token
            )
        )
            .Should()
            .Be(2);
    }

    private static async Task AssertTakenOverAsync(Session session)
    {
        var step = await session.Steps.ListAsync(cancellationToken: Token).SingleAsync(Token);
        step.Attempts.Select(it => (it.Reason, it.Outcome))
            .Should()
            .Equal((StepReason.First, StepOutcome.Lost), (StepReason.Lost, StepOutcome.Kept));
        var results = await session.ListArtifactsAsync(new() { NameGlob = "step/*" }, Token).ToListAsync(Token);
        results.Should().ContainSingle("exactly one result is kept");
        (await session.FindArtifactAsync("side", cancellationToken: Token)).Should().NotBeNull("what a lost body has stored stays");
    }

    private static async Task SignalAsync(Process process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(Token);
        kill.ExitCode.Should().Be(0);
    }

    private static async Task ReadAsync(Process process, string expected) =>
        (await process.StandardOutput.ReadLineAsync(Token)).Should().Be(expected);

    private static async Task<string[]> ReadToEndAsync(Process process) =>
        (await process.StandardOutput.ReadToEndAsync(Token)).Split(
            '\n',
            StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries
        );

    private Process Start(string verb) => Child.Start(Child.Command(verb, _directory.Path, SessionId));

    private Task<Session> OpenAsync() =>
        Session.OpenAsync(new() { StoragePath = _directory.Path, SessionId = SessionId }, cancellationToken: Token);
}
