using System.Globalization;
using Dossier.Storage;

namespace Dossier.Benchmarks.Storage;

/// <summary>One awaiting writer of 1 KB JSON artifacts, everything durable before the next begins.</summary>
internal static class StoreSingle
{
    private const int Count = 1000;

    public static Ratio Ratio { get; } =
        new("store.single", "×", "raw loop: write+fsync of 1 KB records into a file allocated beforehand", Goal.Min(0.5), MeasureAsync);

    private static async Task<Measured> MeasureAsync(string directory)
    {
        await using var storage = new LocalStorage(Path.Combine(directory, "store"), new() { Durability = Durability.Full });
        await using var store = new SessionStore(storage);
        await using var session = await store.OpenAsync();
        var ratio = await Measure.RatioAsync(
            5,
            async round =>
            {
                var documents = Samples.Round(round, Count);
                var seconds = await Measure.SecondsAsync(async () =>
                {
                    for (var i = 0; i < Count; i++)
                        await session.StoreArtifactAsync($"record-{round}-{i}", documents[i], "json");
                });
                return Count / seconds;
            },
            _ => RawLoop.RateAsync(directory, Count)
        );
        using var rows = await HandWritten.CreateAsync(Path.Combine(directory, "rows"));
        var floor = await Measure.RatioAsync(
            5,
            round => Task.FromResult(rows.Rate(round, Count, perTransaction: 1)),
            _ => RawLoop.RateAsync(directory, Count)
        );
        return new(ratio, string.Create(CultureInfo.InvariantCulture, $"hand-written transactions of one row: {floor:0.00}"));
    }
}
