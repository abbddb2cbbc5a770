using Microsoft.Extensions.AI;

namespace Dossier.Tests.Chat;

public sealed class RetryChatClientTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TransientFailure_IsTriedAgainAndEachTryIsAnAttempt(bool streaming)
    {
        var client = ScriptedChatClient.InTurn(Failures.ServerError, Failures.SlowDown(), "Hello");
        await using var test = await PipelineSession.OpenAsync(client);

        (await AskAsync(test, streaming)).Should().Be("Hello");

        client.Requests.Should().HaveCount(3);
        var response = await test.LastAsync();
        response.Success.Should().BeTrue();
        response
            .Attempts.Select(a => (a.Number, a.ModelCall, a.Reason, a.Outcome, a.Error?.Kind, a.Cause?.Kind))
            .Should()
            .Equal(
                (1, 1, AttemptReason.First, AttemptOutcome.Failed, ProviderErrorKind.ServerError, null),
                (2, 1, AttemptReason.Retry, AttemptOutcome.Failed, ProviderErrorKind.RateLimited, ProviderErrorKind.ServerError),
                (3, 1, AttemptReason.Retry, AttemptOutcome.Succeeded, null, ProviderErrorKind.RateLimited)
            );
        // Timers count in whole milliseconds.
        response
            .Attempts.Skip(1)
            .Select(a => Math.Floor(a.Wait.TotalMilliseconds))
            .Should()
            .Equal(test.Time.Waits.Select(w => w.TotalMilliseconds));
        response.Attempts[2].StartedAt.Should().Be(response.StartedAt + test.Time.Waits[0] + test.Time.Waits[1]);
        response.Usage.Should().Be(new TokenUsage { Input = 10, Output = 4 });
    }

    [Fact]
    public async Task RetryThatTheBudgetHasNoRoomFor_IsNotSent()
    {
        var client = ScriptedChatClient.InTurn(Failures.Of(ProviderErrorKind.Timeout, isTransient: true), "Late.");
        await using var test = await PipelineSession.OpenAsync(client);
        await test.Session.Budget.ChangeAsync(new() { MaxCalls = 1 }, Token);

        var act = () => AskAsync(test);

        await act.Should().ThrowAsync<BudgetExceededException>();
        client.Requests.Should().ContainSingle();
        (await test.LastAsync()).Attempts.Should().ContainSingle().Which.Error!.Kind.Should().Be(ProviderErrorKind.Timeout);
        var status = await test.Session.Budget.GetStatusAsync(Token);
        (status.Settled.Calls, status.Held.Calls).Should().Be((1, 0), "what timed out may have been billed");
    }

    [Fact]
    public async Task LastRetryFails_TheFailureIsThrown()
    {
        var client = ScriptedChatClient.InTurn(Failures.ServerError);
        await using var test = await PipelineSession.OpenAsync(client);

        var act = () => AskAsync(test);

        (await act.Should().ThrowAsync<ProviderException>()).Which.Should().BeSameAs(Failures.ServerError);
        client.Requests.Should().HaveCount(4, "there are three retries by default");
        (await test.LastAsync()).Attempts.Should().HaveCount(4).And.OnlyContain(a => a.Outcome == AttemptOutcome.Failed);
    }

    [Fact]
    public async Task Pauses_GrowUpToTheirBound()
    {
        var client = ScriptedChatClient.InTurn(Failures.ServerError);
        var resilience = new ResilienceOptions
        {
            MaxRetries = 9,
            BaseDelay = TimeSpan.FromSeconds(1),
            MaxDelay = TimeSpan.FromSeconds(20),
            CircuitFailureRatio = 0,
        };
        await using var test = await PipelineSession.OpenAsync(resilience, null, client);

        await Assert.ThrowsAsync<ProviderException>(() => AskAsync(test));

        test.Time.Waits.Should().HaveCount(9);
        test.Time.Waits.Should().OnlyContain(wait => wait <= TimeSpan.FromSeconds(20));
        test.Time.Waits[^1].Should().BeGreaterThan(TimeSpan.FromSeconds(5), "it has doubled eight times");
    }

    [Fact]
    public async Task RetryAfter_IsHonoured()
    {
        var client = ScriptedChatClient.InTurn(Failures.SlowDown(TimeSpan.FromSeconds(42)), "Hello");
        await using var test = await PipelineSession.OpenAsync(client);

        await AskAsync(test);

        test.Time.Waits.Should().Equal(TimeSpan.FromSeconds(42));
    }

    [Fact]
    public async Task RetryAfterBeyondItsBound_LeavesItToAFallback()
    {
        var first = ScriptedChatClient.InTurn(Failures.SlowDown(TimeSpan.FromMinutes(2)));
        await using var test = await PipelineSession.OpenAsync(first, ScriptedChatClient.Answering("Second."));

        var answer = await test.Session.GetChatClient(["first/m", "second/m"]).GetResponseAsync("hi", cancellationToken: Token);

        answer.Text.Should().Be("Second.");
        first.Requests.Should().ContainSingle();
        test.Time.Waits.Should().BeEmpty();
    }

    [Fact]
    public async Task PermanentFailure_IsNotTriedAgain()
    {
        var client = ScriptedChatClient.InTurn(Failures.WrongKey);
        await using var test = await PipelineSession.OpenAsync(client);

        await Assert.ThrowsAsync<ProviderException>(() => AskAsync(test));

        client.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task NoRetries_MeansOne()
    {
        var client = ScriptedChatClient.InTurn(Failures.ServerError);
        await using var test = await PipelineSession.OpenAsync(new ResilienceOptions { MaxRetries = 0 }, null, client);

        await Assert.ThrowsAsync<ProviderException>(() => AskAsync(test));

        client.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task StreamThatHasBegun_IsNotTriedAgain()
    {
        object[] cut = ["half", Failures.ServerError];
        var client = ScriptedChatClient.InTurn([cut, "Hello"]);
        await using var test = await PipelineSession.OpenAsync(client);

        await Assert.ThrowsAsync<ProviderException>(() => AskAsync(test, streaming: true));

        client.Requests.Should().ContainSingle();
        var response = await test.LastAsync();
        (await test.Session.Responses.ReadMessagesAsync(response, Token)).Single().Text.Should().Be("half");
    }

    [Fact]
    public async Task RetriesComeBeforeTheFallback()
    {
        var first = ScriptedChatClient.InTurn(Failures.ServerError);
        await using var test = await PipelineSession.OpenAsync(
            new ResilienceOptions { MaxRetries = 1 },
            null,
            first,
            ScriptedChatClient.Answering("Second.")
        );

        await test.Session.GetChatClient(["first/m", "second/m"]).GetResponseAsync("hi", cancellationToken: Token);

        (await test.LastAsync())
            .Attempts.Select(a => (a.Provider, a.Reason))
            .Should()
            .Equal(("first", AttemptReason.First), ("first", AttemptReason.Retry), ("second", AttemptReason.Fallback));
    }

    [Fact]
    public async Task OpenCircuit_IsSharedBetweenSessionsAndSendsNothing()
    {
        var time = new SkippingTime();
        var resilience = new ResilienceOptions { MaxRetries = 0, CircuitMinimumCalls = 4 };
        var failing = ScriptedChatClient.InTurn(Failures.ServerError);
        var healthy = ScriptedChatClient.Answering("Hello");
        await using var one = await PipelineSession.OpenAsync(resilience, time, failing);
        await using var other = await PipelineSession.OpenAsync(resilience, time, healthy, ScriptedChatClient.Answering("Second."));

        for (var i = 0; i < 4; i++)
            await Assert.ThrowsAsync<ProviderException>(() => AskAsync(one));
        var open = await Assert.ThrowsAsync<ProviderException>(() => AskAsync(other));

        healthy.Requests.Should().BeEmpty();
        open.Failure.Kind.Should().Be(ProviderErrorKind.CircuitOpen);
        open.IsTransient.Should().BeTrue();
        open.Message.Should().StartWith("first/m was not called: nearly all calls to provider 'first' have failed lately.");
        var refused = await other.LastAsync();
        refused.Outcome.Should().Be(ResponseOutcome.Failed);
        refused.Attempts.Single().Outcome.Should().Be(AttemptOutcome.Skipped);

        var answer = await other.Session.GetChatClient(["first/m", "second/m"]).GetResponseAsync("hi", cancellationToken: Token);
        answer.Text.Should().Be("Second.");

        time.Advance(TimeSpan.FromSeconds(31));
        (await AskAsync(other)).Should().Be("Hello");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ProbeThatWasNotSent_LeavesTheCircuitOpen(bool isCancelled)
    {
        var time = new SkippingTime();
        var resilience = new ResilienceOptions { MaxRetries = 0, CircuitMinimumCalls = 2 };
        using var cancel = new CancellationTokenSource();
        var isProbe = false;
        var client = new ScriptedChatClient(
            (_, _, _) =>
            {
                if (!isProbe)
                    throw Failures.ServerError;
                cancel.Cancel();
                throw new OperationCanceledException(cancel.Token);
            }
        );
        await using var test = await PipelineSession.OpenAsync(resilience, time, client);
        for (var i = 0; i < 2; i++)
            await Assert.ThrowsAsync<ProviderException>(() => AskAsync(test));
        time.Advance(TimeSpan.FromSeconds(31));

        isProbe = isCancelled;
        if (isCancelled)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
                test.Session.GetChatClient("first/m").GetResponseAsync("hi", cancellationToken: cancel.Token)
            );
        }
        else
        {
            await Assert.ThrowsAsync<BudgetExceededException>(() =>
                test.Session.GetChatClient("first/m").GetResponseAsync("hi", new ChatOptions().WithBudget(maxTokens: 1), Token)
            );
        }
        var open = await Assert.ThrowsAsync<ProviderException>(() => AskAsync(test));

        open.Failure.Kind.Should().Be(ProviderErrorKind.CircuitOpen);
    }

    [Fact]
    public async Task SlowingDown_DoesNotOpenTheCircuit()
    {
        var client = ScriptedChatClient.InTurn(Failures.SlowDown());
        await using var test = await PipelineSession.OpenAsync(
            new ResilienceOptions { MaxRetries = 0, CircuitMinimumCalls = 2 },
            null,
            client
        );

        for (var i = 0; i < 5; i++)
            await Assert.ThrowsAsync<ProviderException>(() => AskAsync(test));

        client.Requests.Should().HaveCount(5);
    }

    [Fact]
    public async Task CancelledWhileItWaits_StopsTrying()
    {
        using var cancel = new CancellationTokenSource();
        var client = ScriptedChatClient.InTurn(Failures.ServerError, "Hello");
        await using var test = await PipelineSession.OpenAsync(client);
        test.Time.OnWait = _ => cancel.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            test.Session.GetChatClient("first/m").GetResponseAsync("hi", cancellationToken: cancel.Token)
        );

        client.Requests.Should().ContainSingle();
        test.Time.Waits.Should().ContainSingle("it was cancelled in its pause");
        var response = await test.LastAsync();
        response.Outcome.Should().Be(ResponseOutcome.Cancelled);
        response.Attempts.Should().ContainSingle().Which.Error!.Kind.Should().Be(ProviderErrorKind.ServerError);
    }

    [Fact]
    public async Task CancelledWithItsFailure_IsNotTriedAgain()
    {
        using var cancel = new CancellationTokenSource();
        var client = new ScriptedChatClient(
            (_, _, _) =>
            {
                cancel.Cancel();
                throw Failures.ServerError;
            }
        );
        await using var test = await PipelineSession.OpenAsync(client);

        await Assert.ThrowsAsync<ProviderException>(() =>
            test.Session.GetChatClient("first/m").GetResponseAsync("hi", cancellationToken: cancel.Token)
        );

        client.Requests.Should().ContainSingle();
        test.Time.Waits.Should().BeEmpty();
    }

    private static async Task<string> AskAsync(PipelineSession test, bool streaming = false)
    {
        var chat = test.Session.GetChatClient("first/m");
        return streaming
            ? string.Concat(await chat.GetStreamingResponseAsync("hi", cancellationToken: Token).ToListAsync(Token))
            : (await chat.GetResponseAsync("hi", cancellationToken: Token)).Text;
    }
}
