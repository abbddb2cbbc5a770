using Dossier.Storage;

namespace Dossier.Core.Tests.Steps;

public sealed class StepLeaseTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static readonly TimeSpan s_lease = new StepOptions().Lease;

    [Fact]
    public async Task SecondCaller_WaitsForTheResultOfTheFirst()
    {
        await using var test = await TestSession.OpenAsync();
        var body = new Gate();

        var first = test.Session.Steps.RunAsync("slow", [], body.RunAsync, cancellationToken: Token);
        await body.Entered;
        var second = test.Session.Steps.RunAsync<int>(
            "slow",
            [],
            _ => throw new InvalidOperationException("Somebody else runs it."),
            cancellationToken: Token
        );
        body.Open(7);

        var results = await Task.WhenAll(first, second);
        results.Select(it => (it.Value, it.IsReused)).Should().Equal((7, false), (7, true));
    }

    [Fact]
    public async Task SecondCaller_RunsTheStep_WhenTheFirstFails()
    {
        await using var test = await TestSession.OpenAsync();
        var body = new Gate();

        var first = test.Session.StepAsync("slow", [], body.RunAsync, cancellationToken: Token);
        await body.Entered;
        var second = test.Session.StepAsync("slow", [], _ => Task.FromResult(8), cancellationToken: Token);
        body.Fail(new TimeoutException());

        await FluentActions.Awaiting(() => first).Should().ThrowAsync<TimeoutException>();
        (await second).Should().Be(8);
    }

    [Fact]
    public async Task SecondCaller_FailsAtOnce_WhereTheOptionsSaySo()
    {
        await using var test = await TestSession.OpenAsync();
        var body = new Gate();
        var first = test.Session.StepAsync("slow", [], body.RunAsync, cancellationToken: Token);
        await body.Entered;

        var thrown = await test
            .Session.Awaiting(it =>
                it.StepAsync("slow", [], _ => Task.FromResult(8), new() { FailWhenBusy = true }, cancellationToken: Token)
            )
            .Should()
            .ThrowAsync<StepException>();
        body.Open(7);

        (thrown.Which.Kind, thrown.Which.IsTransient).Should().Be((StepErrorKind.Busy, true));
        (await first).Should().Be(7);
    }

    [Fact]
    public async Task WaitingCaller_CanBeCancelled()
    {
        await using var test = await TestSession.OpenAsync();
        var body = new Gate();
        using var cancellation = new CancellationTokenSource();
        var first = test.Session.StepAsync("slow", [], body.RunAsync, cancellationToken: Token);
        await body.Entered;

        var second = test.Session.StepAsync("slow", [], _ => Task.FromResult(8), cancellationToken: cancellation.Token);
        await cancellation.CancelAsync();

        await FluentActions.Awaiting(() => second).Should().ThrowAsync<OperationCanceledException>();
        body.Open(7);
        (await first).Should().Be(7);
    }

    [Fact]
    public async Task WhileTheBodyRuns_TheLeaseIsRenewed()
    {
        var storage = new FailingStorage();
        await using var test = await TestSession.OpenAsync(storage: storage);
        var renewals = new Watch(storage);
        var body = new Gate();
        var running = test.Session.StepAsync("slow", [], body.RunAsync, cancellationToken: Token);
        await body.Entered;

        for (var i = 0; i < 9; i++)
        {
            var renewed = renewals.NextAsync();
            test.Time.Advance(s_lease / 3);
            await renewed;
        }
        body.Open(7);

        (await running).Should().Be(7);
    }

    [Fact]
    public async Task LeaseThatExpired_CancelsTheBody_AndItsLateResultIsNotKept()
    {
        await using var test = await TestSession.OpenAsync();
        var body = new Gate();
        var running = test.Session.StepAsync(
            "slow",
            [],
            async token =>
            {
                await test.Session.StoreArtifactAsync("side", "effect", cancellationToken: token);
                return await body.RunAsync(token);
            },
            cancellationToken: Token
        );
        await body.Entered;

        test.Time.Advance(s_lease + s_lease); // as when the process was stopped

        var thrown = await FluentActions.Awaiting(() => running).Should().ThrowAsync<StepException>();
        (thrown.Which.Kind, thrown.Which.IsTransient).Should().Be((StepErrorKind.LeaseLost, true));
        (await test.Session.FindArtifactAsync("side", cancellationToken: Token)).Should().NotBeNull();
        (await test.Session.StepAsync("slow", [], _ => Task.FromResult(8), cancellationToken: Token)).Should().Be(8);
        var step = await test.Session.Steps.ListAsync(cancellationToken: Token).SingleAsync(cancellationToken: Token);
        step.Attempts.Select(it => (it.Reason, it.Outcome))
            .Should()
            .Equal((StepReason.First, StepOutcome.Lost), (StepReason.Lost, StepOutcome.Kept));
    }

    [Fact]
    public async Task WhatTheBodyRegisteredAndThrows_DoesNotHideThatTheLeaseIsLost()
    {
        await using var test = await TestSession.OpenAsync();
        var body = new Gate();
        var running = test.Session.StepAsync(
            "slow",
            [],
            async token =>
            {
                token.Register(() => throw new InvalidOperationException("in a callback"));
                return await body.RunAsync(token);
            },
            cancellationToken: Token
        );
        await body.Entered;

        test.Time.Advance(s_lease + s_lease);

        (await FluentActions.Awaiting(() => running).Should().ThrowAsync<StepException>()).Which.Kind.Should().Be(StepErrorKind.LeaseLost);
    }

    [Fact]
    public async Task RenewalThatComesBehindTheEnd_IsNoLoss()
    {
        var storage = new FailingStorage();
        await using var test = await TestSession.OpenAsync(storage: storage);
        var (renewing, ended) = (new TaskCompletionSource(), new TaskCompletionSource());
        storage.BeforeCommit = async commit =>
        {
            if (commit.Steps is not [StepRenewal])
                return;
            renewing.SetResult();
            await ended.Task;
        };
        storage.AfterCommit = commit =>
        {
            if (commit.Steps is [StepEnd])
                ended.SetResult();
        };

        var result = await test.Session.StepAsync(
            "quick",
            [],
            async _ =>
            {
                test.Time.Advance(s_lease / 3);
                await renewing.Task;
                return 1;
            },
            cancellationToken: Token
        );

        result.Should().Be(1);
        test.Log.GetSnapshot().Should().NotContain(record => record.Id.Id == 54);
    }

    [Fact]
    public async Task BodyThatDoesNotListen_AndEndsAfterItsLease_HasItsResultRefused()
    {
        await using var test = await TestSession.OpenAsync();

        var running = test.Session.StepAsync(
            "deaf",
            [],
            _ =>
            {
                test.Time.Advance(s_lease + s_lease);
                return Task.FromResult(7);
            },
            cancellationToken: Token
        );

        (await FluentActions.Awaiting(() => running).Should().ThrowAsync<StepException>()).Which.Kind.Should().Be(StepErrorKind.LeaseLost);
        (await test.Session.CountArtifactsAsync(cancellationToken: Token)).Count.Should().Be(0);
    }

    [Fact]
    public async Task StoreThatFailsForLessThanALease_DoesNotEndTheBody_AndForLongerDoes()
    {
        var storage = new FailingStorage();
        await using var test = await TestSession.OpenAsync(storage: storage);
        var commits = new Watch(storage);
        var body = new Gate();
        var running = test.Session.StepAsync("slow", [], body.RunAsync, cancellationToken: Token);
        await body.Entered;
        storage.FailAfter(0);

        for (var i = 0; i < 2; i++)
        {
            var tried = commits.NextAsync();
            test.Time.Advance(s_lease / 3);
            await tried;
            body.Token.IsCancellationRequested.Should().BeFalse();
        }
        test.Time.Advance(s_lease / 3);

        (await FluentActions.Awaiting(() => running).Should().ThrowAsync<StepException>()).Which.Kind.Should().Be(StepErrorKind.LeaseLost);
    }

    [Fact]
    public async Task EndThatCannotBeRecorded_DoesNotHideTheFailureOfTheBody()
    {
        var storage = new FailingStorage();
        await using var test = await TestSession.OpenAsync(storage: storage);

        var running = test.Session.StepAsync<int>(
            "fails",
            [],
            _ =>
            {
                storage.FailAfter(0);
                throw new TimeoutException();
            },
            cancellationToken: Token
        );

        await FluentActions.Awaiting(() => running).Should().ThrowAsync<TimeoutException>();
        test.Log.GetSnapshot().Should().Contain(record => record.Id.Id == 56);
    }

    [Fact]
    public async Task StepOfAProcessThatHasEnded_IsTakenOverAtOnce()
    {
        await using var test = await TestSession.OpenAsync();
        var probe = await test.Session.Steps.RunAsync("slow", [], _ => Task.FromResult(1), cancellationToken: Token);
        await test.Session.DeleteArtifactAsync(
            (await test.Session.Steps.GetAsync(probe.Key, cancellationToken: Token)).ResultArtifact!,
            cancellationToken: Token
        );
        var machine = (await test.Session.Steps.GetAsync(probe.Key, cancellationToken: Token)).Attempts[0].Owner.Split('/')[0];
        await BeginAsync(test, probe.Key, $"{machine}/{int.MaxValue}/1");

        var result = await test.Session.StepAsync("slow", [], _ => Task.FromResult(2), cancellationToken: Token);

        result.Should().Be(2);
        (await test.Session.Steps.GetAsync(probe.Key, cancellationToken: Token))
            .Attempts.Select(it => it.Outcome)
            .Should()
            .Equal(StepOutcome.Kept, StepOutcome.Lost, StepOutcome.Kept);
        (await test.Session.GetErrorReportAsync(Token))
            .Groups.Select(group => (group.Source, group.Kind, group.Subject, group.Count))
            .Should()
            .Equal((FailureSource.Step, ProviderErrorKind.Interrupted, "slow", 1));
    }

    [Fact]
    public async Task StepOfAnotherMachine_IsTakenOverWhenItsLeaseHasExpired()
    {
        await using var test = await TestSession.OpenAsync();
        var probe = await test.Session.Steps.RunAsync("slow", [], _ => Task.FromResult(1), cancellationToken: Token);
        await test.Session.DeleteArtifactAsync(
            (await test.Session.Steps.GetAsync(probe.Key, cancellationToken: Token)).ResultArtifact!,
            cancellationToken: Token
        );
        await BeginAsync(test, probe.Key, "elsewhere/1/1");

        var waiting = test.Session.StepAsync("slow", [], _ => Task.FromResult(2), cancellationToken: Token);
        waiting.IsCompleted.Should().BeFalse();
        test.Time.Advance(s_lease);

        (await waiting).Should().Be(2);
    }

    private static async Task BeginAsync(TestSession test, ContentDigest key, string owner)
    {
        var step = await test.Session.Steps.GetAsync(key, cancellationToken: Token);
        await test.Storage.Records.CommitAsync(
            new()
            {
                CommitId = Guid.CreateVersion7(),
                SessionId = test.Session.Id,
                At = test.Time.GetUtcNow(),
                Steps =
                [
                    new StepBegin
                    {
                        Key = key,
                        Fence = step.Fence + 1,
                        Step = step,
                        Owner = owner,
                        Lease = s_lease,
                    },
                ],
            },
            cancellationToken: Token
        );
    }

    /// <summary>A body that stays until it is told how to end.</summary>
    private sealed class Gate
    {
        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<int> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Entered => _entered.Task;

        public CancellationToken Token { get; private set; }

        public void Open(int result) => _result.SetResult(result);

        public void Fail(Exception exception) => _result.SetException(exception);

        public Task<int> RunAsync(CancellationToken cancellationToken)
        {
            Token = cancellationToken;
            _entered.SetResult();
            return _result.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Sees the commits of a storage.</summary>
    private sealed class Watch
    {
        private TaskCompletionSource _next = new();

        public Watch(FailingStorage storage) =>
            storage.BeforeCommit = _ =>
            {
                _next.TrySetResult();
                return Task.CompletedTask;
            };

        /// <summary>Completes when the next commit is tried.</summary>
        public Task NextAsync()
        {
            _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _next.Task;
        }
    }
}
