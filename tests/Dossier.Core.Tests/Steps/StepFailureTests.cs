using Dossier.Storage;
using Dossier.Tests;

namespace Dossier.Core.Tests.Steps;

public sealed class StepFailureTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FailureOfTheBody_PassesThrough_IsKept_AndTheStepRunsAgain()
    {
        await using var test = await TestSession.OpenAsync();
        var failure = new InvalidOperationException($"no paper, {TestSession.Key}");

        var thrown = await test
            .Session.Awaiting(it => it.StepAsync<int>("print", [1], _ => throw failure, cancellationToken: Token))
            .Should()
            .ThrowAsync<InvalidOperationException>();
        var value = await test.Session.StepAsync("print", [1], _ => Task.FromResult(7), cancellationToken: Token);

        thrown.Which.Should().BeSameAs(failure);
        value.Should().Be(7);
        var step = await test.Session.Steps.ListAsync(cancellationToken: Token).SingleAsync(cancellationToken: Token);
        step.Status.Should().Be(StepStatus.Kept);
        step.Attempts.Select(it => (it.Number, it.Reason, it.Outcome, it.Error?.Message, it.Error?.Type))
            .Should()
            .Equal(
                (1, StepReason.First, StepOutcome.Failed, "no paper, [masked]", "System.InvalidOperationException"),
                (2, StepReason.Failed, StepOutcome.Kept, null, null)
            );
        step.Attempts.Should()
            .OnlyContain(it => it.Owner.Length > 0 && it.Duration == TimeSpan.Zero && it.StartedAt == test.Time.GetUtcNow());
    }

    [Fact]
    public async Task BodyThatFails_IsRunAsOftenAsTheOptionsSay()
    {
        await using var test = await TestSession.OpenAsync(options => options.TimeProvider = new SkippingTime());
        var runs = 0;
        var options = new StepOptions { MaxAttempts = 3, RetryDelay = TimeSpan.FromSeconds(5) };

        var value = await test.Session.StepAsync(
            "call",
            [],
            _ => ++runs < 3 ? throw new TimeoutException() : Task.FromResult(runs),
            options,
            cancellationToken: Token
        );
        var giveUp = test.Session.Awaiting(it =>
            it.StepAsync<int>("other", [], _ => throw new TimeoutException(), options, cancellationToken: Token)
        );

        value.Should().Be(3);
        await giveUp.Should().ThrowAsync<TimeoutException>();
        (await test.Session.Steps.ListAsync(cancellationToken: Token).Select(step => step.Fence).ToListAsync(cancellationToken: Token))
            .Should()
            .Equal(3, 3);
    }

    [Fact]
    public async Task FailureThatIsNotWorthIt_IsNotRetried()
    {
        await using var test = await TestSession.OpenAsync();
        var options = new StepOptions { MaxAttempts = 3, ShouldRetry = e => e is TimeoutException };

        await test
            .Session.Awaiting(it =>
                it.StepAsync<int>("call", [], _ => throw new InvalidOperationException(), options, cancellationToken: Token)
            )
            .Should()
            .ThrowAsync<InvalidOperationException>();

        (await test.Session.Steps.ListAsync(cancellationToken: Token).SingleAsync(cancellationToken: Token)).Fence.Should().Be(1);
    }

    [Fact]
    public async Task Cancellation_FreesTheStep()
    {
        await using var test = await TestSession.OpenAsync();
        using var cancellation = new CancellationTokenSource();

        var running = test.Session.StepAsync(
            "wait",
            [],
            async token =>
            {
                await cancellation.CancelAsync();
                token.ThrowIfCancellationRequested();
                return 1;
            },
            cancellationToken: cancellation.Token
        );

        await FluentActions.Awaiting(() => running).Should().ThrowAsync<OperationCanceledException>();
        var step = await test.Session.Steps.ListAsync(cancellationToken: Token).SingleAsync(cancellationToken: Token);
        (step.Status, step.LeaseExpiresAt).Should().Be((StepStatus.Cancelled, null));
        (await test.Session.StepAsync("wait", [], _ => Task.FromResult(2), cancellationToken: Token)).Should().Be(2);
    }

    [Fact]
    public async Task ResultThatIsThere_IsKept_AlthoughTheCallerHasGone()
    {
        await using var test = await TestSession.OpenAsync();
        using var cancellation = new CancellationTokenSource();

        var first = await test.Session.StepAsync(
            "paid for",
            [],
            async _ =>
            {
                await cancellation.CancelAsync();
                return 1;
            },
            cancellationToken: cancellation.Token
        );

        first.Should().Be(1);
        (await test.Session.StepAsync("paid for", [], _ => Task.FromResult(2), cancellationToken: Token)).Should().Be(1);
    }

    [Fact]
    public async Task CancellationThatIsNotTheCallers_IsAFailure()
    {
        await using var test = await TestSession.OpenAsync();

        await test
            .Session.Awaiting(it =>
                it.StepAsync(
                    "too slow",
                    [],
                    Task<int> (_) => throw new OperationCanceledException("a time limit of the body"),
                    cancellationToken: Token
                )
            )
            .Should()
            .ThrowAsync<OperationCanceledException>();

        var step = await test.Session.Steps.ListAsync(cancellationToken: Token).SingleAsync(cancellationToken: Token);
        (step.Status, step.Attempts[0].Error!.Message).Should().Be((StepStatus.Failed, "a time limit of the body"));
    }

    [Fact]
    public async Task ResultWhosePropertyThrows_FailsTheStep()
    {
        await using var test = await TestSession.OpenAsync();

        var thrown = await test
            .Session.Awaiting(it => it.StepAsync("broken", [], _ => Task.FromResult(new Broken()), cancellationToken: Token))
            .Should()
            .ThrowAsync<StepException>();

        thrown.Which.Kind.Should().Be(StepErrorKind.ResultNotKept);
        thrown.Which.Message.Should().Contain("no value today");
    }

    [Fact]
    public async Task ResultThatCannotBeWritten_FailsTheStep_WhichKeepsItsInputs()
    {
        await using var test = await TestSession.OpenAsync();

        var thrown = await test
            .Session.Awaiting(it => it.StepAsync("loop", ["of itself"], _ => Task.FromResult(new Loop()), cancellationToken: Token))
            .Should()
            .ThrowAsync<StepException>();

        thrown.Which.Kind.Should().Be(StepErrorKind.ResultNotKept);
        thrown.Which.Message.Should().Contain("'loop'").And.Contain("cannot be serialised");
        var step = await test.Session.Steps.GetAsync(thrown.Which.Key, cancellationToken: Token);
        step.Status.Should().Be(StepStatus.Failed);
        step.Attempts.Single().Error!.Message.Should().Contain("was not kept");
        (await test.Session.Steps.ReadInputAsync(step.Inputs.Single(), cancellationToken: Token)).GetString().Should().Be("of itself");
        (await test.Session.CountArtifactsAsync(cancellationToken: Token)).Count.Should().Be(0);
    }

    [Fact]
    public async Task ResultThatCannotBeReadBack_FailsTheStep()
    {
        await using var test = await TestSession.OpenAsync();

        var thrown = await test
            .Session.Awaiting(it => it.StepAsync<IShape>("shape", [], _ => Task.FromResult<IShape>(new Circle()), cancellationToken: Token))
            .Should()
            .ThrowAsync<StepException>();

        thrown.Which.Kind.Should().Be(StepErrorKind.ResultNotKept);
    }

    private sealed class Loop
    {
        public Loop Self => this;
    }

    private sealed class Broken
    {
        public string Reason { get; } = "no value today";

        public int Value => throw new IOException(Reason);
    }

    private interface IShape;

    private sealed class Circle : IShape;
}
