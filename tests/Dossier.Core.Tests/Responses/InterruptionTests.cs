using Dossier.Storage;

namespace Dossier.Core.Tests.Responses;

public sealed class InterruptionTests
{
    private const string Id = "0123456789abcdef0123456789abcdef";

    private static string Machine => ProcessOwner.Current.Split('/')[0];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(59, ResponseOutcome.InProgress)]
    [InlineData(61, ResponseOutcome.Interrupted)]
    public async Task CallOfAnotherMachine_IsGivenAnHour(int minutes, ResponseOutcome expected)
    {
        await using var test = await TestSession.OpenAsync();
        await StoreAsync(test, ResponseOutcome.InProgress, "elsewhere/1/1767322000");
        test.Time.Advance(TimeSpan.FromMinutes(minutes));

        var response = await ReopenAsync(test);

        response.Outcome.Should().Be(expected);
    }

    [Fact]
    public async Task CallOfAContainerOfTheSameName_IsNotTakenForOneOfAProcessHere()
    {
        await using var test = await TestSession.OpenAsync();
        await StoreAsync(test, ResponseOutcome.InProgress, $"{Environment.MachineName}:1/{int.MaxValue}/1767322000");

        (await ReopenAsync(test)).Outcome.Should().Be(ResponseOutcome.InProgress);
    }

    [Fact]
    public async Task CallOfThisProcess_IsLeftAlone_HoweverLongItTakes()
    {
        await using var test = await TestSession.OpenAsync();
        await StoreAsync(test, ResponseOutcome.InProgress, ProcessOwner.Current);
        test.Time.Advance(TimeSpan.FromDays(1));

        (await ReopenAsync(test)).Outcome.Should().Be(ResponseOutcome.InProgress);
    }

    [Fact]
    public async Task CallWhoseProcessIsNotRecorded_IsInterrupted_WhenItIsOld()
    {
        await using var test = await TestSession.OpenAsync();
        await StoreAsync(test, ResponseOutcome.InProgress, process: null);
        test.Time.Advance(TimeSpan.FromHours(2));

        var response = await ReopenAsync(test);

        response.Outcome.Should().Be(ResponseOutcome.Interrupted);
        response.Error!.IsTransient.Should().BeTrue();
        test.Log.GetSnapshot().Should().ContainSingle(entry => entry.Id.Id == 26);
    }

    [Fact]
    public async Task ProcessIdOfThisMachineThatNobodyHas_HasEnded()
    {
        await using var test = await TestSession.OpenAsync();
        await StoreAsync(test, ResponseOutcome.InProgress, $"{Machine}/{int.MaxValue}/1767322000");

        (await ReopenAsync(test)).Outcome.Should().Be(ResponseOutcome.Interrupted);
    }

    [Fact]
    public async Task ProcessThatStartedAtAnotherTime_IsAnotherOne()
    {
        await using var test = await TestSession.OpenAsync();
        await StoreAsync(test, ResponseOutcome.InProgress, $"{Machine}/{Environment.ProcessId}/1000");

        (await ReopenAsync(test)).Outcome.Should().Be(ResponseOutcome.Interrupted);
    }

    [Fact]
    public async Task CallThatEndsWhileItIsBelievedDead_StaysEnded()
    {
        await using var test = await TestSession.OpenAsync();
        await StoreAsync(test, ResponseOutcome.InProgress, "elsewhere/1/1767322000");
        test.Time.Advance(TimeSpan.FromHours(2));
        (await ReopenAsync(test)).Outcome.Should().Be(ResponseOutcome.Interrupted);

        await StoreAsync(test, ResponseOutcome.Succeeded, process: null);

        (await ReopenAsync(test)).Outcome.Should().Be(ResponseOutcome.Succeeded);
    }

    private static async Task StoreAsync(TestSession test, ResponseOutcome outcome, string? process)
    {
        var now = test.Time.GetUtcNow();
        var response = new TrackedResponse
        {
            Id = Id,
            SessionId = test.Session.Id,
            StartedAt = now,
            Provider = "elsewhere",
            RequestedModel = "m",
            Outcome = outcome,
            Process = process,
        };
        var commit = new SessionCommit
        {
            CommitId = Guid.CreateVersion7(now),
            SessionId = test.Session.Id,
            At = now,
            Responses = [response],
        };
        await test.Storage.Records.CommitAsync(commit, Token);
    }

    private static async Task<TrackedResponse> ReopenAsync(TestSession test)
    {
        await using var session = await test.Store.OpenAsync(new() { SessionId = test.Session.Id }, Token);
        return await session.Responses.GetAsync(Id, Token);
    }
}
