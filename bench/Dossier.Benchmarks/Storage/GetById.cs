using System.Diagnostics;
using System.Text.Json;
using Dossier.Storage;

namespace Dossier.Benchmarks.Storage;

/// <summary>Reading a 1 KB JSON artifact by its id and parsing it, out of 10,000.</summary>
internal static class GetById
{
    private const int Count = 10_000;
    private const int Reads = 2_000;

    public static Ratio Ratio { get; } =
        new("get.by-id", "×", "reading such a JSON file and parsing it, medians", Goal.Max(0.8), MeasureAsync);

    private static async Task<Measured> MeasureAsync(string directory)
    {
        await using var storage = new LocalStorage(Path.Combine(directory, "store"), new() { Durability = Durability.Process });
        await using var store = new SessionStore(storage);
        await using var session = await store.OpenAsync();
        var files = Directory.CreateDirectory(Path.Combine(directory, "files")).FullName;
        var ids = new string[Count];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Count),
            new ParallelOptions { MaxDegreeOfParallelism = 64 },
            async (i, cancellationToken) =>
            {
                var document = Samples.Json(i);
                ids[i] = (await session.StoreArtifactAsync($"record-{i}", document, "json", cancellationToken: cancellationToken)).Id;
                await File.WriteAllBytesAsync(Path.Combine(files, ids[i] + ".json"), document, cancellationToken);
            }
        );

        return await Measure.RatioAsync(
            5,
            round =>
                MedianAsync(
                    round,
                    async i =>
                    {
                        var artifact = await session.GetArtifactAsync(ids[i]);
                        using var json = JsonDocument.Parse(await artifact.ReadBytesAsync());
                        return json.RootElement.GetProperty("number").GetInt32() == i;
                    }
                ),
            round =>
                MedianAsync(
                    round,
                    async i =>
                    {
                        using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(files, ids[i] + ".json")));
                        return json.RootElement.GetProperty("number").GetInt32() == i;
                    }
                )
        );
    }

    private static async Task<double> MedianAsync(int round, Func<int, Task<bool>> read)
    {
        var random = new Random(round);
        var times = new List<double>(Reads);
        for (var n = 0; n < Reads; n++)
        {
            var i = random.Next(Count);
            var start = Stopwatch.GetTimestamp();
            var right = await read(i);
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            if (!right)
                throw new InvalidOperationException($"Read another record than {i}.");
        }
        return Measure.Median(times);
    }
}
