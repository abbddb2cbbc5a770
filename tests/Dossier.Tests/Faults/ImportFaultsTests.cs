using System.Security.Cryptography;
using Dossier.Storage;

namespace Dossier.Tests.Faults;

/// <summary>An import whose process is killed leaves a session that is whole, or none.</summary>
public sealed class ImportFaultsTests : IDisposable
{
    private const string SessionId = "carried";
    private const int Kills = 6;
    private const int MostLines = 6;
    private const int Artifacts = 8;
    private const int Size = 300_000;

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Bundle => Path.Combine(_directory.Path, "bundle.zip");

    private string Store => Path.Combine(_directory.Path, "store");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task KilledInTheMiddle_ShowsNothingAndCanBeRepeated()
    {
        await ExportAsync();
        using var child = Child.Start(Child.Command("import-stay", Store, Bundle));
        (await child.StandardOutput.ReadLineAsync(Token)).Should().Be("inside");
        child.Kill();
        await child.WaitForExitAsync(Token);

        await using var storage = new LocalStorage(Store);
        await storage.OpenAsync(Token);
        await using var store = new SessionStore(storage);
        (await storage.Contents.ListAsync(Token).CountAsync(Token)).Should().BeInRange(1, Artifacts - 1, "it was killed in the middle");
        (await store.CountSessionsAsync(cancellationToken: Token)).Should().Be(0);
        (await store.CountArtifactsAsync(cancellationToken: Token)).Count.Should().Be(0);
        (await store.VerifyAsync(cancellationToken: Token)).IsClean.Should().BeTrue();

        await store.ImportAsync(Bundle, cancellationToken: Token);

        await ShouldBeWholeAsync(store, SessionId);
        var report = await store.VerifyAsync(cancellationToken: Token);
        (report.IsClean, report.Unreferenced).Should().Be((true, 0L), report.ToString());
    }

    [Fact]
    public async Task KilledAnywhere_LeavesWholeSessionsOrNone()
    {
        await ExportAsync();
        var acknowledged = new HashSet<string>();
        for (var kill = 0; kill < Kills; kill++)
        {
            using var child = Child.Start(Child.Command("import", Store, Bundle));
            var killAfter = Random.Shared.Next(1, MostLines);
            var lines = 0;
            while (await child.StandardOutput.ReadLineAsync(Token) is { } line)
            {
                if (line.Split(' ') is ["imported", var id, "."])
                    acknowledged.Add(id);
                if (++lines != killAfter)
                    continue;
                Thread.SpinWait(Random.Shared.Next(500_000));
                child.Kill();
            }
            await child.WaitForExitAsync(Token);
        }

        await using var storage = new LocalStorage(Store);
        await using var store = new SessionStore(storage);
        var sessions = await store.ListSessionsAsync(cancellationToken: Token).Select(session => session.Id).ToListAsync(Token);
        acknowledged.Except(sessions).Should().BeEmpty("what was acknowledged is there");
        sessions.Count.Should().BeInRange(Kills, acknowledged.Count + Kills);
        foreach (var id in sessions)
            await ShouldBeWholeAsync(store, id);
        (await store.VerifyAsync(cancellationToken: Token)).IsClean.Should().BeTrue();
    }

    private async Task ExportAsync()
    {
        await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);
        await using var session = await store.OpenAsync(new() { SessionId = SessionId }, Token);
        for (var i = 0; i < Artifacts; i++)
            await session.StoreArtifactAsync($"{i}", RandomNumberGenerator.GetBytes(Size), cancellationToken: Token);
        await session.ExportAsync(Bundle, cancellationToken: Token);
    }

    /// <summary>Exported again under the id that it had, it is the file that it came from.</summary>
    private async Task ShouldBeWholeAsync(SessionStore store, string id)
    {
        await using var session = await store.OpenAsync(new() { SessionId = id, OpenMode = OpenMode.Open }, Token);
        var carried = Path.Combine(_directory.Path, $"{id}.zip");
        await session.ExportAsync(carried, cancellationToken: Token);
        await using var memory = new SessionStore(new MemoryStorage(), ownsStorage: true);
        await memory.ImportAsync(carried, new() { SessionId = SessionId }, Token);
        await using var same = await memory.OpenAsync(new() { SessionId = SessionId, OpenMode = OpenMode.Open }, Token);
        var again = Path.Combine(_directory.Path, "again.zip");
        await same.ExportAsync(again, cancellationToken: Token);

        (await DigestOfAsync(again)).Should().Be(await DigestOfAsync(Bundle));
    }

    private static async Task<ContentDigest> DigestOfAsync(string path) => ContentDigest.Of(await File.ReadAllBytesAsync(path, Token));
}
