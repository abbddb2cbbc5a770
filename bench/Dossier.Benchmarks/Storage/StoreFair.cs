using System.Globalization;
using Dossier.Storage;

namespace Dossier.Benchmarks.Storage;

/// <summary>Four processes that each write with 64 awaiting writers, Full, to one store, as fast as they can: the smallest one's share.</summary>
internal static class StoreFair
{
    public const string Command = "fair-writer";
    private const int Processes = 4;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(5);

    public static Ratio Ratio { get; } =
        new("store.fair", "share", "the commits of all four processes in 5 seconds", Goal.Min(0.15), MeasureAsync);

    /// <summary>One of the processes: says "ready", writes from the first line that it reads to the second, and prints how often.</summary>
    public static async Task WriteAsync(string directory)
    {
        await using var storage = new LocalStorage(directory, new() { Durability = Durability.Full });
        await using var store = new SessionStore(storage);
        await using var session = await store.OpenAsync();
        Console.WriteLine("ready");
        await Console.In.ReadLineAsync();
        var isOver = false;
        var count = 0;
        var writers = Enumerable
            .Range(0, Writers.Count)
            .Select(_ =>
                Task.Run(async () =>
                {
                    while (!Volatile.Read(ref isOver))
                    {
                        var i = Interlocked.Increment(ref count);
                        await session.StoreArtifactAsync($"{Environment.ProcessId}-{i}", Samples.Json(i), "json");
                    }
                })
            )
            .ToArray();
        await Console.In.ReadLineAsync();
        var written = Volatile.Read(ref count);
        Volatile.Write(ref isOver, true);
        await Task.WhenAll(writers);
        Console.WriteLine(written);
    }

    private static async Task<Measured> MeasureAsync(string directory)
    {
        // Made before they start, so that none of them has to make it.
        await using (var storage = new LocalStorage(directory))
            await storage.OpenAsync();
        var children = Enumerable.Range(0, Processes).Select(_ => Child.Start(Command, directory)).ToArray();
        try
        {
            foreach (var child in children)
                await Child.ReadLineAsync(child);
            foreach (var child in children)
                await child.StandardInput.WriteLineAsync("go");
            await Task.Delay(Duration);
            foreach (var child in children)
                await child.StandardInput.WriteLineAsync("stop");
            var counts = new List<double>();
            foreach (var child in children)
            {
                counts.Add(int.Parse(await Child.ReadLineAsync(child), CultureInfo.InvariantCulture));
                await child.WaitForExitAsync();
            }
            return counts.Min() / counts.Sum();
        }
        finally
        {
            foreach (var child in children)
            {
                if (!child.HasExited)
                    child.Kill();
                child.Dispose();
            }
        }
    }
}
