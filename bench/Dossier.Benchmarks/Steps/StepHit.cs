using System.Diagnostics;
using System.Text.Json;
using Dossier.Benchmarks.Storage;
using Dossier.Storage;

namespace Dossier.Benchmarks.Steps;

/// <summary>Calling a step whose result, an object of 1 KB, is kept, out of 2,000; every call reads and parses the result anew.</summary>
internal static class StepHit
{
    private const int Count = 2_000;
    private const int Reads = 2_000;

    public static Ratio Ratio { get; } =
        new("step.hit", "×", "getting its artifact by id, reading and parsing it, medians", Goal.Max(1.5), MeasureAsync);

    private static async Task<Measured> MeasureAsync(string directory)
    {
        await using var storage = new LocalStorage(Path.Combine(directory, "store"), new() { Durability = Durability.Process });
        await using var store = new SessionStore(storage);
        await using var session = await store.OpenAsync();
        var ids = new string[Count];
        for (var i = 0; i < Count; i++)
        {
            var result = await session.Steps.RunAsync("record", [i], _ => Task.FromResult(NewRecord(i)));
            ids[i] = (await session.Steps.GetAsync(result.Key)).ResultArtifact!;
        }

        return await Measure.RatioAsync(
            7,
            round =>
                MedianAsync(round, i => session.StepAsync<Record>("record", [i], _ => throw new InvalidOperationException("It is kept."))),
            round => MedianAsync(round, async i => (await (await session.GetArtifactAsync(ids[i])).ReadAsync<Record>())!)
        );
    }

    private static Record NewRecord(int number) => JsonSerializer.Deserialize<Record>(Prose.Json(number), JsonSerializerOptions.Web)!;

    private static async Task<double> MedianAsync(int round, Func<int, Task<Record>> read)
    {
        var random = new Random(round);
        var times = new List<double>(Reads);
        for (var n = 0; n < Reads; n++)
        {
            var i = random.Next(Count);
            var start = Stopwatch.GetTimestamp();
            var record = await read(i);
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            if (record.Number != i)
                throw new InvalidOperationException($"Read another record than {i}.");
        }
        return Measure.Median(times);
    }

    private sealed record Record(int Number, string Title, string Text);
}
