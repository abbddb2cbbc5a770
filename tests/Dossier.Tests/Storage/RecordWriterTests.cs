using Dossier.Storage;

namespace Dossier.Tests.Storage;

/// <summary>Commits that share a transaction and are not all of them fit to be written.</summary>
public sealed class RecordWriterTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("dossier-test-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task CommitThatViolatesAConstraint_FailsAlone()
    {
        await using var storage = new LocalStorage(_directory);
        await storage.OpenAsync(Cancellation);
        // While the turn is taken all three queue up, to be written in one transaction.
        var turn = new WriteTurn(_directory);
        turn.Enter();
        var before = CommitAsync(storage, "s-1", "text/plain");
        var broken = CommitAsync(storage, "s-2", null!);
        var after = CommitAsync(storage, "s-3", "text/plain");

        turn.Dispose();

        (await before).ArtifactVersions.Should().Equal(1);
        (await after).ArtifactVersions.Should().Equal(1);
        (await broken.Invoking(it => it).Should().ThrowAsync<StorageException>()).WithMessage("*constraint*");
        (await storage.Records.GetSessionAsync("s-2", Cancellation)).Should().BeNull();
    }

    [Fact]
    public async Task FailureOfTheWholeStore_FailsEveryCommit()
    {
        await using var storage = new LocalStorage(_directory);
        await storage.OpenAsync(Cancellation);
        storage.Engine.Writer.ReadNumber("PRAGMA max_page_count = 1"); // as small as it is: a full disk
        var turn = new WriteTurn(_directory);
        turn.Enter();
        var large = new string('x', 100_000);
        var first = CommitAsync(storage, "s-1", large);
        var second = CommitAsync(storage, "s-2", "text/plain");

        turn.Dispose();

        await first.Invoking(it => it).Should().ThrowAsync<StorageException>().WithMessage("*full*");
        await second.Invoking(it => it).Should().ThrowAsync<StorageException>().WithMessage("*full*");
    }

    private static Task<CommitResult> CommitAsync(LocalStorage storage, string sessionId, string contentType) =>
        storage
            .Records.CommitAsync(
                new()
                {
                    CommitId = Guid.CreateVersion7(),
                    SessionId = sessionId,
                    At = DateTimeOffset.UnixEpoch,
                    Session = new() { Id = sessionId },
                    Artifacts =
                    [
                        new()
                        {
                            SessionId = sessionId,
                            Id = new string('a', 32),
                            Name = "a",
                            ContentType = contentType,
                            Digest = ContentDigest.Of("x"u8),
                            Size = 1,
                        },
                    ],
                },
                Cancellation
            )
            .AsTask();
}
