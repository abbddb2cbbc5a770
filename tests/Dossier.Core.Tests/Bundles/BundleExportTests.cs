using Dossier.Storage;
using static Dossier.Tests.Bundles.BundleBytes;

namespace Dossier.Tests.Bundles;

public sealed class BundleExportTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory().FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task NameOfTheFile_IsMadeDurableWhenItIsThere()
    {
        await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);
        await using var session = await FillAsync(store, "Some notes.");
        var path = Path.Combine(_directory, "a.zip");
        var synced = new List<(string, bool)>();

        await session.ExportAsync(path, new() { Sync = directory => synced.Add((directory, File.Exists(path))) }, Token);

        synced.Should().Equal((_directory, true));
    }

    [Fact]
    public async Task NameThatCannotBeMadeDurable_IsAnError()
    {
        await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);
        await using var session = await FillAsync(store, "Some notes.");

        var export = () =>
            session.ExportAsync(Path.Combine(_directory, "a.zip"), new() { Sync = _ => throw new IOException("The disk failed.") }, Token);

        (await export.Should().ThrowAsync<BundleException>()).WithMessage("*a.zip*The disk failed.*");
    }
}
