using System.Globalization;
using Dossier.Storage;

namespace Dossier.Benchmarks.Conversations;

/// <summary>A turn when 1,000 turns were before it, compared with one when 10 were; each store with its defaults, the worse of them counts.</summary>
internal static class HistoryGrowth
{
    private const int Early = 10;
    private const int Late = 1_000;
    private const int Around = 20;
    private const int MemoryRounds = 9;
    private const int LocalRounds = 3;

    public static Ratio Ratio { get; } = new("history.growth", "×", "turn 10", Goal.Max(1.3), MeasureAsync);

    private static async Task<Measured> MeasureAsync(string directory)
    {
        var memory = await MeasureAsync(MemoryRounds, _ => new MemoryStorage());
        var local = await MeasureAsync(LocalRounds, round => new LocalStorage(Path.Combine(directory, $"{round}")));
        return new(
            Math.Max(memory, local),
            string.Create(CultureInfo.InvariantCulture, $"memory: {memory:0.00}"),
            string.Create(CultureInfo.InvariantCulture, $"default store: {local:0.00}")
        );
    }

    /// <summary>The median over rounds, after one that does not count.</summary>
    private static async Task<double> MeasureAsync(int rounds, Func<int, IStorage> open)
    {
        var ratios = new List<double>();
        for (var round = 0; round <= rounds; round++)
        {
            GC.Collect();
            var storage = open(round);
            await storage.OpenAsync();
            await using (storage)
            {
                var (session, chat) = await Turns.OpenAsync(storage);
                var times = new double[Late + (Around / 2)];
                for (var i = 0; i < times.Length; i++)
                    times[i] = await Measure.SecondsAsync(() => Turns.SendAsync(chat, i));
                if (round > 0)
                    ratios.Add(MedianAround(times, Late) / MedianAround(times, Early));
                await session.DisposeAsync();
            }
        }
        return Measure.Median(ratios);
    }

    private static double MedianAround(double[] times, int turn) => Measure.Median([.. times.AsSpan(turn - (Around / 2), Around)]);
}
