namespace Dossier.Tests.Faults;

/// <summary>A process that is killed in the middle of a call leaves what it was about to do.</summary>
public sealed class KilledCallTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task KilledInARetry_LeavesTheIntentWithItsAttempts()
    {
        using var directory = new TemporaryDirectory();
        using (var child = Child.Start(Child.Command("retry", directory.Path, "killed")))
        {
            (await child.StandardOutput.ReadLineAsync(Token)).Should().Be("second attempt");
            child.Kill();
            await child.WaitForExitAsync(Token);
        }

        await using var session = await Session.OpenAsync(
            new()
            {
                StoragePath = directory.Path,
                SessionId = "killed",
                OpenMode = OpenMode.Open,
            },
            Token
        );
        var response = await session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);

        response.Outcome.Should().Be(ResponseOutcome.InProgress);
        response
            .Attempts.Select(a => (a.Reason, a.Outcome, a.Error?.StatusCode))
            .Should()
            .Equal((AttemptReason.First, AttemptOutcome.Failed, 500), (AttemptReason.Retry, AttemptOutcome.InProgress, null));
        response.Attempts[1].Cause.Should().Be(response.Attempts[0].Error);
        (await session.Responses.ReadRequestAsync(response, Token)).Single().Text.Should().Be("Are you there?");
    }
}
