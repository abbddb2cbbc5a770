using Dossier.Storage;

namespace Dossier.Benchmarks.Storage;

/// <summary>What 10,000 distinct 1 KB artifacts take on the disk once the store is closed, all files of the store together.</summary>
internal static class StoreBytes
{
    private const int Count = 10_000;

    public static Ratio Ratio { get; } = new("store.bytes", "×", "the bytes of their content", Goal.Max(1.6), MeasureAsync);

    private static async Task<Measured> MeasureAsync(string directory)
    {
        var documents = Samples.Round(0, Count);
        await using (var storage = new LocalStorage(directory, new() { Durability = Durability.Process }))
        await using (var store = new SessionStore(storage))
        await using (var session = await store.OpenAsync())
            await Writers.StoreAsync(session, 0, documents);
        var files = new DirectoryInfo(directory).EnumerateFiles("*", SearchOption.AllDirectories);
        return (double)files.Sum(file => file.Length) / documents.Sum(document => (long)document.Length);
    }
}
