using Dossier.Storage;
using Microsoft.Data.Sqlite;

namespace Dossier.Tests.Faults;

/// <summary>The backup that docs/storage.md describes: the database first, by SQLite, and then the files of the content.</summary>
public sealed class BackupTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string StorePath => Path.Combine(_directory.Path, "store");

    private string BackupPath => Path.Combine(_directory.Path, "backup");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task BackupOfAStoreInUse_IsWhole()
    {
        await using var session = await Session.OpenAsync(new() { StoragePath = StorePath, SessionId = "s" }, Token);
        await StoreAsync(session, 20);
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(() => WriteUntilAsync(session, stop.Token), Token);

        BackUp();
        await stop.CancelAsync();
        await writing;

        await using var restored = new SessionStore(new LocalStorage(BackupPath), ownsStorage: true);
        var state = await StoreState.ReadAsync(restored, []);
        state.Artifacts.Count.Should().BeGreaterThanOrEqualTo(40);
        var report = await restored.VerifyAsync(new() { GracePeriod = TimeSpan.Zero }, cancellationToken: Token);
        report.Problems.Should().OnlyContain(problem => problem.Kind == VerifyProblemKind.Orphaned, "files may be newer than the records");
    }

    private void BackUp()
    {
        Directory.CreateDirectory(BackupPath);
        using (var source = new SqliteConnection($"Data Source={Path.Combine(StorePath, "dossier.db")};Pooling=False;Mode=ReadOnly"))
        using (var target = new SqliteConnection($"Data Source={Path.Combine(BackupPath, "dossier.db")};Pooling=False"))
        {
            source.Open();
            target.Open();
            source.BackupDatabase(target);
        }
        foreach (var file in Directory.EnumerateFiles(Path.Combine(StorePath, "objects", "sha256"), "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(BackupPath, Path.GetRelativePath(StorePath, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    private static async Task WriteUntilAsync(Session session, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
            await StoreAsync(session, 1);
    }

    private static async Task StoreAsync(Session session, int count)
    {
        for (var i = 0; i < count; i++)
        {
            byte[] large = [.. Guid.NewGuid().ToByteArray(), .. new byte[100_000]];
            await session.StoreArtifactAsync("small", Guid.NewGuid().ToString(), cancellationToken: Token);
            await session.StoreArtifactAsync("large", large, "binary", cancellationToken: Token);
        }
    }
}
