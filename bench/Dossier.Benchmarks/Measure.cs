using System.Diagnostics;

namespace Dossier.Benchmarks;

/// <summary>How everything here is timed: subject and baseline in turn, several rounds, the median of the rounds' ratios.</summary>
internal static class Measure
{
    /// <summary>The median over rounds of <paramref name="subject"/> ÷ <paramref name="baseline"/>, each after the other, after rounds that do not count.</summary>
    /// <param name="rounds">How many count.</param>
    /// <param name="subject">What is measured.</param>
    /// <param name="baseline">What it is divided by.</param>
    /// <param name="warmups">How many do not: more than one where what is measured takes microseconds, until the runtime has compiled both for good.</param>
    public static async Task<double> RatioAsync(
        int rounds,
        Func<int, Task<double>> subject,
        Func<int, Task<double>> baseline,
        int warmups = 1
    )
    {
        var ratios = new List<double>();
        for (var round = 0; round < warmups + rounds; round++)
        {
            GC.Collect();
            var below = await baseline(round);
            GC.Collect();
            var above = await subject(round);
            if (below <= 0 || above <= 0)
                throw new InvalidOperationException("The machine is too noisy to measure this; run it again when it is quiet.");
            if (round >= warmups)
                ratios.Add(above / below);
        }
        return Median(ratios);
    }

    /// <summary>Seconds that the action took.</summary>
    public static async Task<double> SecondsAsync(Func<Task> action)
    {
        var start = Stopwatch.GetTimestamp();
        await action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Bytes that all threads allocated while the action ran.</summary>
    public static async Task<double> AllocatedAsync(Func<Task> action)
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        await action();
        return GC.GetTotalAllocatedBytes(precise: true) - before;
    }

    /// <summary>Seconds that an action without anything to await took.</summary>
    public static double Seconds(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public static double Median(List<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
