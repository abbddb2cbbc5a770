namespace Dossier.Tests.Faults;

/// <summary>A process that is killed in the middle of a call leaves what it was about to do.</summary>
public sealed class KilledCallTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task KilledInARetry_ReadsAsInterrupted_WithItsAttempts()
    {
        using var directory = new TemporaryDirectory();
        using (var child = Child.Start(Child.Command("retry", directory.Path, "killed")))
        {
            (await child.StandardOutput.ReadLineAsync(Token)).Should().Be("second attempt");
            child.Kill();
            await child.WaitForExitAsync(Token);
        }

        TrackedResponse found;
        await using (var session = await OpenAsync(directory))
            found = await session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        await using var again = await OpenAsync(directory);
        var response = await again.Responses.GetAsync(found.Id, Token);

        response.Should().BeEquivalentTo(found);
        response.Outcome.Should().Be(ResponseOutcome.Interrupted);
        response.Process.Should().StartWith(Environment.MachineName);
        response.Error!.Message.Should().Contain(response.Process);
        response
            .Attempts.Select(a => (a.Reason, a.Outcome, a.Error?.StatusCode))
            .Should()
            .Equal((AttemptReason.First, AttemptOutcome.Failed, 500), (AttemptReason.Retry, AttemptOutcome.Interrupted, null));
        response.Attempts[1].Cause.Should().Be(response.Attempts[0].Error);
        (await again.Responses.ReadRequestAsync(response, Token)).Single().Text.Should().Be("Are you there?");
        (await again.GetSummaryAsync(Token)).ToString().Should().Contain("1 interrupted");
    }

    [Fact]
    public async Task KilledInATool_NamesTheTool()
    {
        using var directory = new TemporaryDirectory();
        using (var child = Child.Start(Child.Command("tool", directory.Path, "killed")))
        {
            (await child.StandardOutput.ReadLineAsync(Token)).Should().Be("tool");
            child.Kill();
            await child.WaitForExitAsync(Token);
        }

        await using var session = await OpenAsync(directory);
        var response = await session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);

        response.Outcome.Should().Be(ResponseOutcome.Interrupted);
        response.Attempts.Should().ContainSingle().Which.Outcome.Should().Be(AttemptOutcome.Succeeded);
        var tool = response.ToolCalls.Should().ContainSingle().Subject;
        tool.Should().BeEquivalentTo(new { Name = "weather", Outcome = ToolCallOutcome.Interrupted });
    }

    [Fact]
    public async Task ProcessThatLivesOn_KeepsItsCallInProgress()
    {
        using var directory = new TemporaryDirectory();
        using var child = Child.Start(Child.Command("retry", directory.Path, "killed"));
        (await child.StandardOutput.ReadLineAsync(Token)).Should().Be("second attempt");

        await using (var session = await OpenAsync(directory))
        {
            var response = await session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
            response.Outcome.Should().Be(ResponseOutcome.InProgress);
            response.Attempts[^1].Outcome.Should().Be(AttemptOutcome.InProgress);
        }

        child.Kill();
        await child.WaitForExitAsync(Token);
        await using var after = await OpenAsync(directory);
        (await after.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token)).Outcome.Should().Be(ResponseOutcome.Interrupted);
    }

    private static Task<Session> OpenAsync(TemporaryDirectory directory) =>
        Session.OpenAsync(
            new()
            {
                StoragePath = directory.Path,
                SessionId = "killed",
                OpenMode = OpenMode.Open,
            },
            Token
        );
}
