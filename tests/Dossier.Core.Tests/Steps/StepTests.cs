using Dossier.Storage;
using Dossier.Tests;

namespace Dossier.Core.Tests.Steps;

public sealed class StepTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task StepWithTheSameInputs_IsNotRunAgain()
    {
        await using var test = await TestSession.OpenAsync();
        var body = new Counter();

        var first = await test.Session.StepAsync("split", ["text", 40], body.CountAsync, cancellationToken: Token);
        var second = await test.Session.StepAsync("split", ["text", 40], body.CountAsync, cancellationToken: Token);

        (first, second, body.Runs).Should().Be((1, 1, 1));
        (test.Session.Steps.RunCount, test.Session.Steps.ReusedCount).Should().Be((1, 1));
    }

    [Fact]
    public async Task ChangedInputs_NameOrVersion_AreAnotherStep()
    {
        await using var test = await TestSession.OpenAsync();
        var body = new Counter();
        var session = test.Session;

        await session.StepAsync("split", ["text", 40], body.CountAsync, cancellationToken: Token);
        await session.StepAsync("split", ["text", 41], body.CountAsync, cancellationToken: Token);
        await session.StepAsync("split", [40, "text"], body.CountAsync, cancellationToken: Token);
        await session.StepAsync("cut", ["text", 40], body.CountAsync, cancellationToken: Token);
        var last = await session.StepAsync("split", ["text", 40], body.CountAsync, new() { Version = "2" }, cancellationToken: Token);

        last.Should().Be(5);
    }

    [Fact]
    public async Task ArtifactAsInput_CountsByItsContent()
    {
        await using var test = await TestSession.OpenAsync();
        var body = new Counter();
        var one = await test.Session.StoreArtifactAsync("one", "same text", cancellationToken: Token);
        var two = await test.Session.StoreArtifactAsync("two", "same text", cancellationToken: Token);
        var other = await test.Session.StoreArtifactAsync("one", "other text", cancellationToken: Token);

        await test.Session.StepAsync("split", [one], body.CountAsync, cancellationToken: Token);
        await test.Session.StepAsync("split", [two], body.CountAsync, cancellationToken: Token);
        await test.Session.StepAsync("split", [other], body.CountAsync, cancellationToken: Token);
        await test.Session.StepAsync("split", ["same text"], body.CountAsync, cancellationToken: Token);

        body.Runs.Should().Be(3, "text and an artifact with that text are different inputs");
    }

    [Fact]
    public async Task LaterProcess_FindsTheResult()
    {
        await using var test = await TestSession.OpenAsync(options => options.SessionId = "s-1");
        await test.Session.StepAsync("parts", [], _ => Task.FromResult(new Part("Introduction", [1, 2])), cancellationToken: Token);

        await using var again = await test.Store.OpenAsync(new() { SessionId = "s-1" }, cancellationToken: Token);
        var result = await again.Steps.RunAsync<Part>(
            "parts",
            [],
            _ => throw new InvalidOperationException("It is kept."),
            cancellationToken: Token
        );

        result.Value.Should().BeEquivalentTo(new Part("Introduction", [1, 2]));
        result.IsReused.Should().BeTrue();
    }

    [Fact]
    public async Task Result_IsAnArtifactThatPeopleFind()
    {
        await using var test = await TestSession.OpenAsync();

        var result = await test.Session.Steps.RunAsync(
            "outline",
            ["a"],
            _ => Task.FromResult("# Outline"),
            new() { ContentType = "markdown" },
            cancellationToken: Token
        );

        var step = await test.Session.Steps.GetAsync(result.Key, cancellationToken: Token);
        var artifact = await test.Session.GetArtifactAsync(step.ResultArtifact!, cancellationToken: Token);
        artifact.Name.Should().Be($"step/outline/{step.Key.ToHex()[..12]}");
        (artifact.ContentType, artifact.Role, artifact.Record.StepKey).Should().Be(("text/markdown", ArtifactRole.Intermediate, step.Key));
        (await artifact.ReadTextAsync(cancellationToken: Token)).Should().Be("# Outline");
    }

    [Fact]
    public async Task ResultUnderANameOfYourOwn_IsFoundByIt()
    {
        await using var test = await TestSession.OpenAsync();

        await test.Session.StepAsync(
            "outline",
            [],
            _ => Task.FromResult<byte[]>([1, 2]),
            new() { ArtifactName = "outline" },
            cancellationToken: Token
        );

        var artifact = await test.Session.FindArtifactAsync("outline", cancellationToken: Token);
        artifact!.ContentType.Should().Be("application/octet-stream");
        (await test.Session.StepAsync("outline", [], _ => Task.FromResult<byte[]>([]), cancellationToken: Token)).Should().Equal(1, 2);
    }

    [Fact]
    public async Task ArtifactAsResult_IsThatArtifact()
    {
        await using var test = await TestSession.OpenAsync();
        var first = await test.Session.StepAsync(
            "store",
            [],
            token => test.Session.StoreArtifactAsync("kept", "text", cancellationToken: token),
            cancellationToken: Token
        );

        var second = await test.Session.StepAsync<Artifact>(
            "store",
            [],
            _ => throw new InvalidOperationException("It is kept."),
            cancellationToken: Token
        );

        second.Id.Should().Be(first.Id);
        (await test.Session.CountArtifactsAsync(cancellationToken: Token)).Count.Should().Be(1);
    }

    [Fact]
    public async Task SecretsInInputsAndResults_AreNotKept()
    {
        await using var test = await TestSession.OpenAsync();

        var result = await test.Session.Steps.RunAsync(
            "call",
            [$"with {TestSession.Key}"],
            _ => Task.FromResult($"got {TestSession.Key}"),
            cancellationToken: Token
        );

        result.Value.Should().Be("got [masked]", "a first run gives what a later one gives");
        var step = await test.Session.Steps.GetAsync(result.Key, cancellationToken: Token);
        (await test.Session.Steps.ReadInputAsync(step.Inputs.Single(), cancellationToken: Token)).GetString().Should().Be("with [masked]");
        test.Log.GetSnapshot().Should().NotContain(record => record.Message.Contains(TestSession.Key));
    }

    [Fact]
    public async Task ResultThatIsPurgedWhileItIsRead_IsMadeAgain()
    {
        var storage = new FailingStorage();
        await using var test = await TestSession.OpenAsync(storage: storage);
        var first = await test.Session.Steps.RunAsync("note", [], WriteAsync, cancellationToken: Token);
        storage.BeforeArtifact = async () =>
        {
            storage.BeforeArtifact = () => Task.CompletedTask;
            await test.Session.DeleteArtifactAsync(first.Value.Id, cancellationToken: Token);
        };

        var second = await test.Session.Steps.RunAsync("note", [], WriteAsync, cancellationToken: Token);

        (second.IsReused, second.Value.Version).Should().Be((false, 2));

        Task<Artifact> WriteAsync(CancellationToken cancellationToken) =>
            test.Session.StoreArtifactAsync("note", "text", cancellationToken: cancellationToken);
    }

    [Fact]
    public async Task NoText_IsNoResult()
    {
        await using var test = await TestSession.OpenAsync();

        await test
            .Session.Awaiting(it => it.StepAsync("text", [], _ => Task.FromResult<string>(null!), cancellationToken: Token))
            .Should()
            .ThrowAsync<StepException>()
            .WithMessage("*A result of the type System.String cannot be kept: it is null. Return *");
        await test
            .Session.Awaiting(it => it.StepAsync("artifact", [], _ => Task.FromResult<Artifact>(null!), cancellationToken: Token))
            .Should()
            .ThrowAsync<StepException>();
        (await test.Session.StepAsync("object", [], _ => Task.FromResult<Part?>(null), cancellationToken: Token)).Should().BeNull();
    }

    [Fact]
    public async Task KeptResultOfAnotherType_IsSaid()
    {
        await using var test = await TestSession.OpenAsync();
        await test.Session.StepAsync("count", [], _ => Task.FromResult(1), cancellationToken: Token);

        var thrown = await test
            .Session.Awaiting(it => it.StepAsync("count", [], _ => Task.FromResult("1"), cancellationToken: Token))
            .Should()
            .ThrowAsync<StepException>();

        (thrown.Which.Kind, thrown.Which.IsTransient).Should().Be((StepErrorKind.ResultType, false));
        thrown.Which.Message.Should().Contain("System.Int32").And.Contain("System.String").And.Contain("StepOptions.Version");
    }

    [Fact]
    public async Task DeletedResult_RunsTheStepAgain_AndSaysWhy()
    {
        await using var test = await TestSession.OpenAsync();
        var body = new Counter();
        var first = await test.Session.Steps.RunAsync("count", [], body.CountAsync, cancellationToken: Token);
        await test.Session.DeleteArtifactAsync(
            (await test.Session.Steps.GetAsync(first.Key, cancellationToken: Token)).ResultArtifact!,
            cancellationToken: Token
        );

        var second = await test.Session.Steps.RunAsync("count", [], body.CountAsync, cancellationToken: Token);

        (second.Value, second.IsReused).Should().Be((2, false));
        (await test.Session.Steps.GetAsync(first.Key, cancellationToken: Token)).Attempts[^1].Reason.Should().Be(StepReason.ResultGone);
        test.Log.GetSnapshot().Should().Contain(record => record.Id.Id == 50 && record.Message.Contains("ResultGone"));
        (await test.Session.Steps.RunAsync("count", [], body.CountAsync, cancellationToken: Token)).IsReused.Should().BeTrue();
    }

    [Fact]
    public async Task PurgedResult_RunsTheStepAgain()
    {
        await using var test = await TestSession.OpenAsync();
        var body = new Counter();
        await test.Session.StepAsync("count", [], body.CountAsync, cancellationToken: Token);
        await test.Store.ApplyRetentionAsync(new() { KeepArtifactsFor = TimeSpan.Zero }, cancellationToken: Token);
        test.Time.Advance(TimeSpan.FromDays(1));
        await test.Store.ApplyRetentionAsync(new() { KeepArtifactsFor = TimeSpan.FromHours(1) }, cancellationToken: Token);

        await test.Store.PurgeAsync(new() { TrashedFor = TimeSpan.Zero, GracePeriod = TimeSpan.Zero }, cancellationToken: Token);

        (await test.Session.StepAsync("count", [], body.CountAsync, cancellationToken: Token)).Should().Be(2);
    }

    [Theory]
    [InlineData(0, 1, 0)]
    [InlineData(30, 0, 0)]
    [InlineData(30, 101, 0)]
    [InlineData(30, 1, -1)]
    public async Task OptionOutOfBounds_IsRefused(int lease, int attempts, int delay)
    {
        await using var test = await TestSession.OpenAsync();
        var options = new StepOptions
        {
            Lease = TimeSpan.FromSeconds(lease),
            MaxAttempts = attempts,
            RetryDelay = TimeSpan.FromSeconds(delay),
        };

        await test
            .Session.Awaiting(it => it.StepAsync("s", [], _ => Task.FromResult(1), options, cancellationToken: Token))
            .Should()
            .ThrowAsync<ArgumentException>();
    }

    [Fact]
    public async Task ClosedSession_RunsNothing()
    {
        await using var test = await TestSession.OpenAsync();
        await test.Session.DisposeAsync();

        await test
            .Session.Awaiting(it => it.StepAsync("s", [], _ => Task.FromResult(1), cancellationToken: Token))
            .Should()
            .ThrowAsync<ObjectDisposedException>();
    }

    [Fact]
    public async Task DerivedSession_SeesTheResultBeforeItIsStored()
    {
        await using var storage = new MemoryStorage();
        await using var store = new SessionStore(storage);
        await using var session = await store.OpenAsync(context => new Tagging(context), cancellationToken: Token);

        var result = await session.Steps.RunAsync("count", [], _ => Task.FromResult(1), cancellationToken: Token);

        var step = await session.Steps.GetAsync(result.Key, cancellationToken: Token);
        (await session.GetArtifactAsync(step.ResultArtifact!, cancellationToken: Token)).Metadata.Should().ContainKey("tagged");
    }

    private sealed class Tagging(SessionContext context) : Session(context)
    {
        protected override Task<Artifact> StoreArtifactCoreAsync(ArtifactDraft draft, CancellationToken cancellationToken) =>
            base.StoreArtifactCoreAsync(draft with { Metadata = new Dictionary<string, object?> { ["tagged"] = true } }, cancellationToken);
    }

    private sealed class Counter
    {
        public int Runs { get; private set; }

        public Task<int> CountAsync(CancellationToken cancellationToken) => Task.FromResult(++Runs);
    }

    private sealed record Part(string Title, int[] Pages);
}
