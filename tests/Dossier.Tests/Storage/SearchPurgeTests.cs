using Dossier.Storage;
using Microsoft.Data.Sqlite;

namespace Dossier.Tests.Storage;

/// <summary>What a purge leaves of purged text in <c>search.db</c>: nothing, whatever happens meanwhile.</summary>
public sealed class SearchPurgeTests : IDisposable
{
    private static readonly PurgeOptions Everything = new() { TrashedFor = TimeSpan.Zero, GracePeriod = TimeSpan.Zero };

    // As long as it takes on a busy machine.
    private static readonly SearchOptions Complete = new() { CatchUpLimit = TimeSpan.MaxValue };

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task PurgeThatDiesBeforeTheIndex_IsFinishedByTheNext()
    {
        await using (var storage = await OpenAsync())
        {
            await using var store = new SessionStore(storage);
            await StoreAndDeleteAsync(store);
            await store.SearchAsync("fox", Complete, Token);
            storage.Engine.Runs.Reached = point =>
            {
                if (point is PurgePoint.RecordsDeleted)
                    throw new InvalidOperationException("dies here");
            };
            await store.Invoking(it => it.PurgeAsync(Everything, Token)).Should().ThrowAsync<InvalidOperationException>();
            StoreFiles.Indexed(_directory.Path).Should().Equal([1L, 2L], "nobody has taken it out yet");
        }

        await using (var storage = await OpenAsync())
        await using (var store = new SessionStore(storage))
            await store.PurgeAsync(Everything, Token);

        StoreFiles.Indexed(_directory.Path).Should().Equal(2L);
        StoreFiles.Execute(_directory.Path, "SELECT count(*) FROM purged_places").Should().Be(0L);
    }

    [Fact]
    public async Task PurgeWhileItsTextIsIndexed_LeavesNothingOfIt()
    {
        await using var storage = await OpenAsync();
        await using var store = new SessionStore(storage);
        await StoreAndDeleteAsync(store);
        var recordsDeleted = new TaskCompletionSource();
        storage.Engine.Runs.Reached = point =>
        {
            if (point is PurgePoint.RecordsDeleted)
                recordsDeleted.TrySetResult();
        };
        var purge = Task.CompletedTask;
        var isLocked = false;
        storage.Engine.Indexer.SourcesRead = () =>
        {
            storage.Engine.Indexer.SourcesRead = null;
            isLocked = IsIndexLocked();
            purge = store.PurgeAsync(Everything, Token);
            recordsDeleted.Task.Wait(Token);
        };

        await store.SearchAsync("fox", Complete, Token);
        await purge;

        isLocked.Should().BeTrue("the purge finds in the index what was read before it deleted");
        StoreFiles.Indexed(_directory.Path).Should().Equal(2L);
    }

    [Fact]
    public async Task IndexThatCannotBeUsed_GoesWithWhatWasPurged()
    {
        await using var storage = await OpenAsync();
        await using var store = new SessionStore(storage);
        await StoreAndDeleteAsync(store);
        await store.SearchAsync("fox", Complete, Token);
        var index = Path.Combine(_directory.Path, "search.db");
        var bytes = await File.ReadAllBytesAsync(index, Token);
        bytes.AsSpan(4096).Fill(0x5A);
        await File.WriteAllBytesAsync(index, bytes, Token);

        await store.PurgeAsync(Everything, Token);

        File.Exists(index).Should().BeFalse();
        (await store.SearchAsync("fox", Complete, Token)).Hits.Should().ContainSingle();
    }

    [Fact]
    public async Task IndexThatAnotherProcessMakesAnew_IsLeftToTheNextPurge()
    {
        await using var storage = await OpenAsync();
        await using var store = new SessionStore(storage);
        await StoreAndDeleteAsync(store);
        var index = Path.Combine(_directory.Path, "search.db");
        await File.WriteAllTextAsync(index, "not made yet", Token);
        using (var other = new FileLock(Path.Combine(_directory.Path, "search.lock")))
        {
            other.TryEnter().Should().BeTrue();
            await store.PurgeAsync(Everything, Token);
        }
        StoreFiles.Execute(_directory.Path, "SELECT count(*) FROM purged_places").Should().Be(1L);

        await store.PurgeAsync(Everything, Token);

        File.Exists(index).Should().BeFalse();
        StoreFiles.Execute(_directory.Path, "SELECT count(*) FROM purged_places").Should().Be(0L);
    }

    /// <summary>In place 1 what is deleted, in place 2 what is not.</summary>
    private static async Task StoreAndDeleteAsync(SessionStore store)
    {
        await using var session = await store.OpenAsync(new() { SessionId = "s" }, Token);
        var gone = await session.StoreArtifactAsync("gone", "a quick fox", cancellationToken: Token);
        await session.StoreArtifactAsync("kept", "a slow fox", cancellationToken: Token);
        await session.DeleteArtifactAsync(gone.Id, Token);
    }

    private bool IsIndexLocked()
    {
        using var connection = new SqliteConnection(
            $"Data Source={Path.Combine(_directory.Path, "search.db")};Pooling=False;Default Timeout=1"
        );
        connection.Open();
        try
        {
            connection.BeginTransaction(deferred: false).Dispose();
            return false;
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == SQLitePCL.raw.SQLITE_BUSY)
        {
            return true;
        }
    }

    private async Task<LocalStorage> OpenAsync()
    {
        var storage = new LocalStorage(_directory.Path);
        await storage.OpenAsync(Token);
        return storage;
    }
}
