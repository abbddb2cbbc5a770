using System.Text;
using Dossier.Storage;

namespace Dossier.Tests.Storage;

/// <summary>A writer at every point of a purge that deletes what the writer is about to use, and a purge at every point of a writer.</summary>
public sealed class PurgeRaceTests : IDisposable
{
    private static readonly PurgeOptions Everything = new() { TrashedFor = TimeSpan.Zero, GracePeriod = TimeSpan.Zero };
    private static readonly byte[] Large = Encoding.UTF8.GetBytes(new string('x', 100_000));

    private readonly TemporaryDirectory _directory = new();

    public enum Writing
    {
        StoreInline,
        StoreLarge,
        StoreStream,
        CommitPrepared,
        Restore,
        Repeat,
        Delete,
    }

    public static TheoryData<string, Writing> Meetings
    {
        get
        {
            var meetings = new TheoryData<string, Writing>();
            foreach (var point in Enum.GetNames<PurgePoint>())
            foreach (var writing in Enum.GetValues<Writing>())
                meetings.Add(point, writing);
            return meetings;
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Meetings))]
    public async Task WriterAtAnyPoint_FindsItsContentAfterwards(string point, Writing writing)
    {
        await using var storage = new LocalStorage(_directory.Path);
        await storage.OpenAsync(Token);
        await using var store = new SessionStore(storage);
        await using var session = await store.OpenAsync(new() { SessionId = "s" }, Token);
        var trashed = await session.StoreArtifactAsync("inline", "the same text", cancellationToken: Token);
        var large = await session.StoreArtifactAsync("large", Large, cancellationToken: Token);
        var kept = await session.StoreArtifactAsync("kept", "kept", cancellationToken: Token);
        var repeated = CommitOf(await storage.Contents.WriteAsync(new MemoryStream([.. Large, 1]), Token));
        await storage.Records.CommitAsync(repeated, Token);
        await session.DeleteArtifactAsync(trashed.Id, Token);
        await session.DeleteArtifactAsync(large.Id, Token);
        var prepared = CommitOf(await storage.Contents.WriteAsync(new MemoryStream(Large), Token));
        Task<string> write = Task.FromResult("never");
        storage.Engine.Runs.Reached = reached =>
        {
            if (reached.ToString() != point || write.Result != "never")
                return;
            write = Task.Run(WriteAsync, Token);
            // Within a turn of the purge it waits for its own.
            if (reached is not PurgePoint.RowsDeleted)
                write.Wait(Token);
        };

        await store.PurgeAsync(Everything, Token);

        (await write).Should().BeOneOf(Outcomes(writing));
        await CheckAsync(session);
        storage.Engine.Runs.Reached = null;
        await store.PurgeAsync(Everything, Token);
        await CheckAsync(session);

        async Task<string> WriteAsync()
        {
            try
            {
                switch (writing)
                {
                    case Writing.StoreInline:
                        await session.StoreArtifactAsync("written", "the same text", cancellationToken: Token);
                        break;
                    case Writing.StoreLarge:
                        await session.StoreArtifactAsync("written", Large, cancellationToken: Token);
                        break;
                    case Writing.StoreStream:
                        await session.StoreArtifactAsync("written", new OneWayStream(Large), cancellationToken: Token);
                        break;
                    case Writing.CommitPrepared:
                        await storage.Records.CommitAsync(prepared, Token);
                        break;
                    case Writing.Restore:
                        await session.RestoreArtifactAsync(large.Id, Token);
                        break;
                    case Writing.Repeat:
                        (await storage.Records.CommitAsync(repeated, Token)).ArtifactVersions.Should().Equal(1);
                        break;
                    default:
                        await session.DeleteArtifactAsync(kept.Id, Token);
                        break;
                }
                return "done";
            }
            catch (StorageException exception) when (exception.IsTransient)
            {
                return "store it again";
            }
            catch (ConflictException exception)
            {
                return exception.Guard;
            }
            catch (NotFoundException)
            {
                return "purged";
            }
        }
    }

    [Fact]
    public async Task SecondPurgeAtTheSameTime_IsRefused()
    {
        await using var storage = new LocalStorage(_directory.Path);
        await storage.OpenAsync(Token);
        Task<PurgeReport>? second = null;
        storage.Engine.Runs.Reached = reached =>
        {
            if (reached is PurgePoint.Scanned)
                second ??= storage.Maintenance.PurgeAsync(Everything, DateTimeOffset.UnixEpoch, Token);
            if (reached is PurgePoint.Condemned)
                ((IAsyncResult)second!).AsyncWaitHandle.WaitOne();
        };

        await storage.Maintenance.PurgeAsync(Everything, DateTimeOffset.UnixEpoch, Token);

        var refused = async () => await second!;
        (await refused.Should().ThrowAsync<StorageException>()).Which.IsTransient.Should().BeTrue();
    }

    [Fact]
    public async Task SessionThatIsErasedMeanwhile_KeepsItsTrashForItsErasure()
    {
        await using var storage = new LocalStorage(_directory.Path);
        await storage.OpenAsync(Token);
        await using var store = new SessionStore(storage);
        await using (await store.OpenAsync(new() { SessionId = "purged" }, Token)) { }
        await store.DeleteSessionAsync("purged", Token);
        await using (var session = await store.OpenAsync(new() { SessionId = "erased" }, Token))
            await session.DeleteArtifactAsync((await session.StoreArtifactAsync("trash", "text", cancellationToken: Token)).Id, Token);
        // What an erasure does in a turn between those of the purge, when the purge has looked for such sessions.
        StoreFiles.Execute(
            _directory.Path,
            """
            CREATE TRIGGER hide AFTER DELETE ON commits BEGIN
                INSERT OR IGNORE INTO purged SELECT 1, key FROM sessions WHERE id = 'erased';
                DELETE FROM sessions WHERE id = 'erased';
            END
            """
        );

        await store.PurgeAsync(Everything, Token);

        StoreFiles.Places(_directory.Path).Should().ContainSingle();
        await store.PurgeAsync(Everything, Token);
        StoreFiles.Places(_directory.Path).Should().BeEmpty();
    }

    [Fact]
    public async Task CancelledPurge_IsFinishedByTheNext()
    {
        foreach (var point in Enum.GetValues<PurgePoint>())
        {
            await using var storage = new LocalStorage(Path.Combine(_directory.Path, point.ToString()));
            await storage.OpenAsync(Token);
            await using var store = new SessionStore(storage);
            await using (var session = await store.OpenAsync(new() { SessionId = "s" }, Token))
            {
                await session.StoreArtifactAsync("inline", "text", cancellationToken: Token);
                await session.StoreArtifactAsync("large", Large, cancellationToken: Token);
            }
            await store.DeleteSessionAsync("s", Token);
            using var cancellation = new CancellationTokenSource();
            storage.Engine.Runs.Reached = reached =>
            {
                if (reached == point)
                    cancellation.Cancel();
            };

            try
            {
                await store.PurgeAsync(Everything, cancellation.Token);
            }
            catch (OperationCanceledException) { }
            await store.PurgeAsync(Everything, Token);

            (await store.PurgeAsync(Everything, Token)).Should().Be(new PurgeReport());
            (await storage.Contents.ListAsync(Token).ToListAsync(Token)).Should().BeEmpty();
            storage.Engine.Writer.ReadNumber("SELECT count(*) FROM contents").Should().Be(0);
            storage.Engine.Writer.ReadNumber("SELECT count(*) FROM artifacts").Should().Be(0);
            storage.Engine.Writer.ReadNumber("SELECT count(*) FROM commits").Should().Be(0);
            storage.Engine.Writer.ReadNumber("SELECT count(*) FROM purged_sessions").Should().Be(0);
        }
    }

    /// <summary>A stream that is consumed by reading cannot be put again, and a commit made by hand is repeated by hand.</summary>
    private static string[] Outcomes(Writing writing) =>
        writing switch
        {
            Writing.StoreStream => ["done", "store it again"],
            Writing.CommitPrepared => ["done", "content.exists"],
            Writing.Restore => ["done", "purged"],
            _ => ["done"],
        };

    private static async Task CheckAsync(Session session)
    {
        var query = new ArtifactQuery { Trash = TrashFilter.Include };
        await foreach (var artifact in session.ListArtifactsAsync(query, Token))
            ContentDigest.Of(await artifact.ReadBytesAsync(Token)).Should().Be(artifact.Digest, "{0} has its content", artifact);
    }

    private static SessionCommit CommitOf(ContentEntry content) =>
        new()
        {
            CommitId = Guid.CreateVersion7(),
            SessionId = "s",
            At = DateTimeOffset.UnixEpoch,
            Contents = [content],
            Artifacts =
            [
                new()
                {
                    SessionId = "s",
                    Id = Guid.CreateVersion7().ToString("N"),
                    Name = $"by hand {content.Size}",
                    ContentType = "text/plain",
                    Digest = content.Digest,
                    Size = content.Size,
                },
            ],
        };

    private sealed class OneWayStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
