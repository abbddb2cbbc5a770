using Dossier.Storage;

namespace Dossier.Tests.Storage;

public sealed class PendingCommitTests
{
    private readonly PendingCommit _pending = new(
        new()
        {
            CommitId = Guid.Empty,
            SessionId = "s-1",
            At = DateTimeOffset.UnixEpoch,
        }
    );

    [Fact]
    public async Task CancelledBeforeItIsTaken_IsNotTaken()
    {
        _pending.Cancel(new CancellationToken(canceled: true));

        _pending.TryTake().Should().BeFalse();
        await _pending.Invoking(it => it.Completion).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task CancelledAfterItWasTaken_TellsTheTrueOutcome()
    {
        var result = new CommitResult { Revision = 4 };
        _pending.TryTake().Should().BeTrue();

        _pending.Cancel(new CancellationToken(canceled: true));
        _pending.Settle(result);
        _pending.Complete(failure: null);

        (await _pending.Completion).Should().BeSameAs(result);
    }

    [Fact]
    public async Task FailureOfTheTransaction_FailsEvenWhatWasSettled()
    {
        _pending.Settle(new CommitResult { Revision = 4 });

        _pending.Complete(new StorageException("disk full"));

        await _pending.Invoking(it => it.Completion).Should().ThrowAsync<StorageException>();
    }

    [Fact]
    public async Task ItsOwnFailure_IsWhatTheCallerLearns()
    {
        _pending.Settle(new NotFoundException("no session"));

        _pending.Complete(new StorageException("disk full"));

        await _pending.Invoking(it => it.Completion).Should().ThrowAsync<NotFoundException>();
    }
}
