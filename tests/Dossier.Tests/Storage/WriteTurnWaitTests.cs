using Dossier.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Dossier.Tests.Storage;

/// <summary>What happens while another process keeps the turn to write: here a second handle on the lock, which is as foreign as one.</summary>
public sealed class WriteTurnWaitTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("dossier-test-").FullName;
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
