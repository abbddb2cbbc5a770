using System.Globalization;
using Dossier.Storage;

namespace Dossier.Benchmarks.Storage;

/// <summary>One awaiting writer of 1 KB JSON artifacts, everything durable before the next begins.</summary>
internal static class StoreSingle
{
    private const int Count = 1000;

    // What a commit of one artifact changes.
    private const int Pages = 7;
    private const int PageSize = 8192;

    public static Ratio Ratio { get; } =
        new("store.single", "×", "raw loop: write+fsync of 1 KB records into a file allocated beforehand", Goal.Min(0.5), MeasureAsync);

    private static async Task<Measured> MeasureAsync(string directory)
    {
        var ratio = await DossierAsync(directory, Durability.Full);
        using var rows = await HandWritten.CreateAsync(Path.Combine(directory, "rows"));
        var handWritten = await AgainstRawLoopAsync(directory, round => Task.FromResult(rows.Rate(round, Count, perTransaction: 1)));
        var pages = await AgainstRawLoopAsync(directory, _ => RawLoop.RateAsync(directory, Count, new byte[Pages * PageSize]));
        var withoutSync = await DossierAsync(directory, Durability.Process);
        return new(
            ratio,
            Note("hand-written transactions of one row", handWritten),
            Note($"the raw loop with records of {Pages} pages of {PageSize} bytes", pages),
            Note("without syncs (Durability.Process)", withoutSync)
        );
    }

    private static async Task<double> DossierAsync(string directory, Durability durability)
    {
        await using var storage = new LocalStorage(Path.Combine(directory, $"store-{durability}"), new() { Durability = durability });
        await using var store = new SessionStore(storage);
        await using var session = await store.OpenAsync();
        return await AgainstRawLoopAsync(
            directory,
            async round =>
            {
                var documents = Samples.Round(round, Count);
                var seconds = await Measure.SecondsAsync(async () =>
                {
                    for (var i = 0; i < Count; i++)
                        await session.StoreArtifactAsync($"record-{round}-{i}", documents[i], "json");
                });
                return Count / seconds;
            }
        );
    }

    private static Task<double> AgainstRawLoopAsync(string directory, Func<int, Task<double>> subject) =>
        Measure.RatioAsync(5, subject, _ => RawLoop.RateAsync(directory, Count));

    private static string Note(string what, double ratio) => string.Create(CultureInfo.InvariantCulture, $"{what}: {ratio:0.00}");
}
