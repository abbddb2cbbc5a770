using Dossier.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Dossier.Tests.Storage;

/// <summary>What happens while another process keeps the turn to write: here a second handle on the lock, which is as foreign as one.</summary>
public sealed class WriteTurnWaitTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("dossier-test-").FullName;
    private static readonly PurgeOptions Everything = new() { TrashedFor = TimeSpan.Zero, GracePeriod = TimeSpan.Zero };

    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string StorePath => Path.Combine(_root, "store");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task CommitThatIsCancelledWhileItWaits_IsNotWritten()
    {
        await using var storage = await OpenAsync();
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var holder = HoldTurn();
        var commit = storage.Records.CommitAsync(Creation("s-1"), cancellation.Token).AsTask();
        SpinWait.SpinUntil(() => storage.Engine.Writer.IsWaiting);

        await cancellation.CancelAsync();

        await commit.Invoking(it => it).Should().ThrowAsync<OperationCanceledException>();
        holder.Dispose();
        await storage.Records.CommitAsync(Creation("s-2"), Cancellation);
        (await storage.Records.GetSessionAsync("s-1", Cancellation)).Should().BeNull();
    }

    [Fact]
    public async Task CommitThatWaitsForTooLong_FailsAsTransient()
    {
        await using var storage = await OpenAsync();
        using var holder = HoldTurn();

        var failure = await FailsWithTimeAsync(storage.Records.CommitAsync(Creation("s-1"), Cancellation).AsTask());

        failure.IsTransient.Should().BeTrue();
        failure.Message.Should().Contain(StorePath).And.Contain("Another process").And.Contain("30 seconds");
        holder.Dispose();
        await storage.Records.CommitAsync(Creation("s-2"), Cancellation);
        (await storage.Records.GetSessionAsync("s-1", Cancellation)).Should().BeNull();
    }

    [Fact]
    public async Task DisposingWhileTheTurnIsTaken_DoesNotWaitForEver()
    {
        var storage = await OpenAsync();
        using var holder = HoldTurn();
        await FailsWithTimeAsync(storage.Records.CommitAsync(Creation("s-1"), Cancellation).AsTask());

        await storage.DisposeAsync();

        storage.Invoking(it => it.Records).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public async Task CommitsThatArriveWhileTheTurnIsTaken_AreWrittenWhenItIsFree()
    {
        await using var storage = await OpenAsync();
        var holder = HoldTurn();
        var first = storage.Records.CommitAsync(Creation("s-1"), Cancellation).AsTask();
        SpinWait.SpinUntil(() => storage.Engine.Writer.IsWaiting);
        var second = storage.Records.CommitAsync(Creation("s-2"), Cancellation).AsTask();

        holder.Dispose();

        (await Task.WhenAll(first, second)).Should().AllSatisfy(result => result.Revision.Should().Be(1));
    }

    [Fact]
    public async Task OpeningThatWaitsForTooLong_FailsAsTransient()
    {
        await CreateAsync();
        var holder = HoldTurn();
        await using var storage = NewStorage(StorePath);

        var failure = await FailsWithTimeAsync(storage.OpenAsync(Cancellation));

        failure.IsTransient.Should().BeTrue();
        failure.Message.Should().Contain(StorePath).And.Contain("Another process");
        holder.Dispose();
        await storage.OpenAsync(Cancellation);
        await storage.Records.CommitAsync(Creation("s-1"), Cancellation);
    }

    [Fact]
    public async Task OpeningThatWaits_CanBeCancelled()
    {
        await CreateAsync();
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        using var holder = HoldTurn();
        await using var storage = NewStorage(StorePath);
        var opening = storage.OpenAsync(cancellation.Token);

        await cancellation.CancelAsync();

        await opening.Invoking(it => it).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task OpeningThatWaits_KeepsNoOtherStoreWaiting()
    {
        await CreateAsync();
        var holder = HoldTurn();
        await using var waiting = NewStorage(StorePath);
        await using var other = NewStorage(Path.Combine(_root, "other"));
        var opening = waiting.OpenAsync(Cancellation);

        await other.OpenAsync(Cancellation);

        opening.IsCompleted.Should().BeFalse();
        holder.Dispose();
        await opening;
    }

    [Fact]
    public async Task PurgeThatWaitsForTooLong_FailsAsTransientAndSaysWhatItIs()
    {
        await using var storage = await OpenAsync();
        await storage.Records.CommitAsync(Creation("s-1"), Cancellation);
        await TrashAsync(storage, "s-1");
        using var holder = HoldTurn();

        var failure = await FailsWithTimeAsync(
            storage.Maintenance.PurgeAsync(Everything, DateTimeOffset.UnixEpoch.AddDays(1), Cancellation)
        );

        failure.IsTransient.Should().BeTrue();
        failure
            .Message.Should()
            .Contain("The purge of the store")
            .And.Contain(StorePath)
            .And.Contain("30 seconds")
            .And.Contain("another process");
        holder.Dispose();
        (await storage.Maintenance.PurgeAsync(Everything, DateTimeOffset.UnixEpoch.AddDays(1), Cancellation)).Sessions.Should().Be(1);
    }

    [Fact]
    public async Task QuarantineThatWaitsForTooLong_FailsAsTransientAndSaysWhatItIs()
    {
        await using var storage = await OpenAsync();
        var content = await storage.Contents.WriteAsync(new MemoryStream(new byte[100_000]), Cancellation);
        await storage.Records.CommitAsync(Creation("s-1") with { Contents = [content] }, Cancellation);
        using (var file = File.OpenWrite(StoreFiles.Content(StorePath, content.Digest)))
            file.WriteByte(42);
        using var holder = HoldTurn();

        var failure = await FailsWithTimeAsync(storage.Maintenance.VerifyAsync(new() { Quarantine = true }, null, Cancellation));

        failure.IsTransient.Should().BeTrue();
        failure.Message.Should().Contain("The verification of the store").And.Contain(StorePath).And.Contain("30 seconds");
    }

    [Fact]
    public async Task PurgeThatWaits_CanBeCancelled()
    {
        await using var storage = await OpenAsync();
        await storage.Records.CommitAsync(Creation("s-1"), Cancellation);
        await TrashAsync(storage, "s-1");
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        using var holder = HoldTurn();
        var purge = storage.Maintenance.PurgeAsync(Everything, DateTimeOffset.UnixEpoch.AddDays(1), cancellation.Token);

        await cancellation.CancelAsync();

        await purge.Invoking(it => it).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task ClosingTheStore_EndsAPurgeThatWaits()
    {
        var storage = await OpenAsync();
        await storage.Records.CommitAsync(Creation("s-1"), Cancellation);
        await TrashAsync(storage, "s-1");
        using var holder = HoldTurn();
        var purge = storage.Maintenance.PurgeAsync(Everything, DateTimeOffset.UnixEpoch.AddDays(1), Cancellation);

        await storage.DisposeAsync();

        purge.IsCompleted.Should().BeTrue();
        await purge.Invoking(it => it).Should().ThrowAsync<ObjectDisposedException>();
    }

    [Fact]
    public async Task ClosingTheStore_EndsAVerificationAndWaitsForIt()
    {
        var storage = await OpenAsync();
        await storage.Records.CommitAsync(Creation("s-1"), Cancellation);
        var progress = new Gate();
        var verification = storage.Maintenance.VerifyAsync(new(), progress, Cancellation);
        progress.Reached.Wait(Cancellation);

        var closing = storage.DisposeAsync().AsTask();

        closing.IsCompleted.Should().BeFalse("the verification still reads");
        progress.Open.Set();
        await closing;
        verification.IsCompleted.Should().BeTrue();
        await verification.Invoking(it => it).Should().ThrowAsync<ObjectDisposedException>();
    }

    private static async Task TrashAsync(LocalStorage storage, string id) =>
        await storage.Records.CommitAsync(
            Creation(id) with
            {
                Session = new() { Id = id, TrashedAt = DateTimeOffset.UnixEpoch },
            },
            Cancellation
        );

    /// <summary>Holds a verification at its first report.</summary>
    private sealed class Gate : IProgress<VerifyProgress>
    {
        public ManualResetEventSlim Reached { get; } = new();

        public ManualResetEventSlim Open { get; } = new();

        public void Report(VerifyProgress value)
        {
            Reached.Set();
            Open.Wait(Cancellation);
        }
    }

    /// <summary>Lets time pass until the task has failed.</summary>
    private async Task<StorageException> FailsWithTimeAsync(Task task)
    {
        while (!task.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }
        return (await task.Invoking(it => it).Should().ThrowAsync<StorageException>()).Which;
    }

    private WriteTurn HoldTurn()
    {
        var turn = new WriteTurn(StorePath);
        turn.Enter();
        return turn;
    }

    private LocalStorage NewStorage(string path) => new(path, new() { TimeProvider = _time });

    private async Task CreateAsync() => await (await OpenAsync()).DisposeAsync();

    private async Task<LocalStorage> OpenAsync()
    {
        var storage = NewStorage(StorePath);
        await storage.OpenAsync(Cancellation);
        return storage;
    }

    private static SessionCommit Creation(string id) =>
        new()
        {
            CommitId = Guid.CreateVersion7(),
            SessionId = id,
            At = DateTimeOffset.UnixEpoch,
            Session = new() { Id = id },
        };
}
