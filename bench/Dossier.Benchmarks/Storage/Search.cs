using Dossier.Storage;

namespace Dossier.Benchmarks.Storage;

/// <summary>How fast the full text is made of 1 KB JSON artifacts, and how large it is.</summary>
internal static class Search
{
    private const int Count = 10_000;

    public static Ratio Rate { get; } =
        new("search.rate", "×", "storing the same artifacts with 64 awaiting writers, Full", Goal.Min(0.3), MeasureRateAsync);

    public static Ratio Bytes { get; } = new("search.bytes", "×", "the bytes of the indexed texts", Goal.Max(0.7), MeasureBytesAsync);

    private static async Task<Measured> MeasureRateAsync(string directory)
    {
        await using var storage = new LocalStorage(Path.Combine(directory, "store"));
        await using var store = new SessionStore(storage);
        await using var session = await store.OpenAsync();
        // The baseline of a round stores what its subject then indexes.
        return await Measure.RatioAsync(
            5,
            async _ => Count / await Measure.SecondsAsync(() => CatchUpAsync(store)),
            async round =>
            {
                var documents = Enumerable.Range(round * Count, Count).Select(Prose.Json).ToArray();
                return Count / await Measure.SecondsAsync(() => Writers.StoreAsync(session, round, documents));
            }
        );
    }

    private static async Task<Measured> MeasureBytesAsync(string directory)
    {
        var path = Path.Combine(directory, "store");
        await using var storage = new LocalStorage(path, new() { Durability = Durability.Process });
        await using var store = new SessionStore(storage);
        await using var session = await store.OpenAsync();
        var documents = Enumerable.Range(0, Count).Select(Prose.Json).ToArray();
        await Writers.StoreAsync(session, 0, documents);
        await CatchUpAsync(store);
        return (double)new FileInfo(Path.Combine(path, "search.db")).Length / documents.Sum(document => (long)document.Length);
    }

    private static async Task CatchUpAsync(SessionStore store)
    {
        var result = await store.SearchAsync("nothing-has-this-name", new() { CatchUpLimit = TimeSpan.FromMinutes(10) });
        if (!result.IsComplete || result.Hits.Count > 0)
            throw new InvalidOperationException("The search did not catch up, or found what is not there.");
    }
}
