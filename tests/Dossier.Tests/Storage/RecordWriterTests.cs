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

    [Fact]
    public async Task CommitThatIsRepeatedInItsOwnGroup_IsWrittenOnce()
    {
        await using var storage = new LocalStorage(_directory);
        await storage.OpenAsync(Cancellation);
        await CommitAsync(storage, "s-1", "text/plain");
        var turn = new WriteTurn(_directory);
        turn.Enter();
        var (commit, other) = (OneArtifact(), OneArtifact());
        SessionCommit[] commits = [commit, other, commit, OneArtifact(), other];
        var results = commits.Select(it => storage.Records.CommitAsync(it, Cancellation).AsTask()).ToList();

        turn.Dispose();

        (await Task.WhenAll(results)).Select(it => it.ArtifactVersions.Single()).Should().Equal(2, 3, 2, 4, 3);
        (await storage.Records.CommitAsync(OneArtifact(), Cancellation)).ArtifactSequences.Should().Equal(5);
    }

    [Fact]
    public async Task CommitThatIsRepeatedByAnotherProcess_IsWrittenOnce()
    {
        await using var storage = new LocalStorage(_directory);
        await storage.OpenAsync(Cancellation);
        await CommitAsync(storage, "s-1", "text/plain");
        var commit = OneArtifact();
        var first = await storage.Records.CommitAsync(commit, Cancellation);

        var lines = await Child.RunAsync("repeat", _directory, "s-1", commit.CommitId.ToString("N"));

        lines.Should().Equal($"{first.ArtifactVersions[0]} {first.ArtifactSequences[0]}");
        (await storage.Records.CommitAsync(OneArtifact(), Cancellation)).ArtifactVersions.Should().Equal(3);
    }

    [Fact]
    public async Task ArtifactOfASession_NeedsNoRowForItsCommit()
    {
        await using var storage = new LocalStorage(_directory);
        await using var store = new SessionStore(storage);
        await using var session = await store.OpenAsync(cancellationToken: Cancellation);
        var before = storage.Engine.Writer.ReadNumber("SELECT count(*) FROM commits");

        await session.StoreArtifactAsync("a", "text", cancellationToken: Cancellation);

        storage.Engine.Writer.ReadNumber("SELECT count(*) FROM commits").Should().Be(before);
    }

    private static SessionCommit OneArtifact()
    {
        var id = Guid.CreateVersion7();
        return new()
        {
            CommitId = id,
            SessionId = "s-1",
            At = DateTimeOffset.UnixEpoch,
            Contents = [new(ContentDigest.Of("x"u8), 1, "x"u8.ToArray())],
            Artifacts =
            [
                new()
                {
                    SessionId = "s-1",
                    Id = id.ToString("N"),
                    Name = "a",
                    ContentType = "text/plain",
                    Digest = ContentDigest.Of("x"u8),
                    Size = 1,
                    CreatedAt = DateTimeOffset.UnixEpoch,
                },
            ],
        };
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
