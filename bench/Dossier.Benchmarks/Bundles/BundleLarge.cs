using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Dossier.Storage;

namespace Dossier.Benchmarks.Bundles;

/// <summary>A session with an artifact of 1 GiB, exported to a file: how fast, and in how much memory.</summary>
internal static class BundleLarge
{
    public const string Command = "large-bundle";
    private const int Size = 1 << 30;
    private const int BufferSize = 128 * 1024;
    private const double MiB = 1 << 20;

    public static Ratio Speed { get; } =
        new("bundle.rate", "×", "hashing the same bytes with SHA-256 and copying them", Goal.Min(0.5), MeasureSpeedAsync);

    public static Ratio Memory { get; } =
        new("bundle.memory", "MiB", "growth of the peak working set of a process of its own", Goal.Max(64), MeasureMemoryAsync);

    /// <summary>The process whose memory is measured: prints how many bytes its peak has grown by.</summary>
    public static async Task ExportAsync(string directory)
    {
        await using var storage = new LocalStorage(Path.Combine(directory, "store"));
        await using var store = new SessionStore(storage);
        await using var small = await store.OpenAsync(new() { SessionId = "small" });
        await small.StoreArtifactAsync("small", new byte[1 << 20]);
        // What every first export of a process takes is not what its size takes.
        await small.ExportAsync(Path.Combine(directory, "small.zip"));
        await using var large = await store.OpenAsync(new() { SessionId = "large", OpenMode = OpenMode.Open });
        var before = Peak();
        await large.ExportAsync(Path.Combine(directory, "large.zip"));
        Console.WriteLine(Peak() - before);
    }

    private static async Task<Measured> MeasureSpeedAsync(string directory)
    {
        var source = await FillAsync(directory);
        await using var storage = new LocalStorage(Path.Combine(directory, "store"));
        await using var store = new SessionStore(storage);
        await using var session = await store.OpenAsync(new() { SessionId = "large", OpenMode = OpenMode.Open });
        var bundle = Path.Combine(directory, "bundle.zip");
        return await Measure.RatioAsync(
            3,
            async _ =>
            {
                var seconds = await Measure.SecondsAsync(() => session.ExportAsync(bundle));
                File.Delete(bundle);
                return Size / seconds;
            },
            _ => Task.FromResult(Size / CopySeconds(source, Path.Combine(directory, "copy")))
        );
    }

    private static async Task<Measured> MeasureMemoryAsync(string directory)
    {
        await FillAsync(directory);
        using var child = Child.Start(Command, directory);
        var growth = long.Parse(await Child.ReadLineAsync(child), CultureInfo.InvariantCulture);
        await child.WaitForExitAsync();
        return growth / MiB;
    }

    /// <summary>A store with the session, and a file with the bytes of its artifact.</summary>
    private static async Task<string> FillAsync(string directory)
    {
        var path = Path.Combine(directory, "source");
        var block = new byte[1 << 20];
        await using (var file = File.Create(path))
            for (var i = 0; i < Size / block.Length; i++)
            {
                new Random(i).NextBytes(block);
                await file.WriteAsync(block);
            }
        await using var storage = new LocalStorage(Path.Combine(directory, "store"));
        await using var store = new SessionStore(storage);
        await using var session = await store.OpenAsync(new() { SessionId = "large" });
        await using var content = File.OpenRead(path);
        await session.StoreArtifactAsync("large", content);
        return path;
    }

    private static double CopySeconds(string from, string to)
    {
        var seconds = Measure.Seconds(() =>
        {
            using var source = File.OpenHandle(from);
            using var copy = File.OpenHandle(to, FileMode.Create, FileAccess.Write);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[BufferSize];
            var at = 0L;
            for (int read; (read = RandomAccess.Read(source, buffer, at)) > 0; at += read)
            {
                hash.AppendData(buffer, 0, read);
                RandomAccess.Write(copy, buffer.AsSpan(0, read), at);
            }
            hash.GetHashAndReset();
        });
        File.Delete(to);
        return seconds;
    }

    private static long Peak()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
