using System.Globalization;
using Dossier.Storage;

namespace Dossier.Benchmarks.Storage;

/// <summary>64 awaiting writers of 1 KB JSON artifacts, Full, against three ways of writing the same that promise less or know more.</summary>
internal static class StoreConcurrent
{
    private const int Count = 10_000;
    private const int RawCount = 1_000;

    public static Ratio Concurrent { get; } =
        new(
            "store.concurrent",
            "×",
            "raw loop: write+fsync of 1 KB records into a file allocated beforehand",
            Goal.Min(4),
            async directory =>
            {
                var ratio = await MeasureAsync(directory, _ => RawLoop.RateAsync(directory, RawCount));
                return ratio with
                {
                    Notes =
                    [
                        await FloorAsync(directory, "rows", false),
                        await FloorAsync(directory, "fewer", true),
                        await WithoutSyncAsync(directory),
                    ],
                };
            }
        );

    public static Ratio Group { get; } =
        new(
            "store.group",
            "×",
            "hand-written prepared transactions of 64 rows of the same tables, Full",
            Goal.Min(0.7),
            async directory =>
            {
                using var rows = await HandWritten.CreateAsync(Path.Combine(directory, "rows"));
                return await MeasureAsync(directory, round => Task.FromResult(rows.Rate(round, Count, Writers.Count)));
            }
        );

    public static Ratio VersusFiles { get; } =
        new(
            "store.vs-files",
            "×",
            "one JSON file per artifact without any sync, one writer",
            Goal.Min(2),
            directory => MeasureAsync(directory, round => Task.FromResult(FileRate(directory, round)))
        );

    private static async Task<Measured> MeasureAsync(
        string directory,
        Func<int, Task<double>> baseline,
        Durability durability = Durability.Full
    )
    {
        await using var storage = new LocalStorage(Path.Combine(directory, $"store-{durability}"), new() { Durability = durability });
        await using var store = new SessionStore(storage);
        await using var session = await store.OpenAsync();
        return await Measure.RatioAsync(5, round => Writers.RateAsync(session, round, Count), baseline);
    }

    /// <summary>What hand-written transactions reach of the raw loop, and what they would without the index of digests.</summary>
    private static async Task<string> FloorAsync(string directory, string name, bool withoutDigests)
    {
        using var rows = await HandWritten.CreateAsync(Path.Combine(directory, name), withoutDigests);
        var ratio = await Measure.RatioAsync(
            5,
            round => Task.FromResult(rows.Rate(round, Count, Writers.Count)),
            _ => RawLoop.RateAsync(directory, RawCount)
        );
        var what = withoutDigests ? " without the index of digests" : "";
        return string.Create(CultureInfo.InvariantCulture, $"hand-written transactions of {Writers.Count} rows{what}: {ratio:0.00}");
    }

    private static async Task<string> WithoutSyncAsync(string directory)
    {
        var ratio = await MeasureAsync(directory, _ => RawLoop.RateAsync(directory, RawCount), Durability.Process);
        return string.Create(CultureInfo.InvariantCulture, $"without syncs (Durability.Process): {ratio.Value:0.00}");
    }

    private static double FileRate(string directory, int round)
    {
        var documents = Samples.Round(round, Count);
        var files = Directory.CreateDirectory(Path.Combine(directory, $"files-{round}")).FullName;
        var seconds = Measure.Seconds(() =>
        {
            for (var i = 0; i < documents.Length; i++)
                File.WriteAllBytes(Path.Combine(files, $"record-{round}-{i}.json"), documents[i]);
        });
        return Count / seconds;
    }
}
