using System.Globalization;
using Dossier.Storage;

namespace Dossier.Benchmarks.Storage;

/// <summary>
/// Where content of 1 to 64 KiB is better kept: in the database or in files. Each size is written by 64 awaiting writers, Full, and
/// then read once in another order. The value is the whole time at the default of <see cref="LocalStorageOptions.InlineLimit"/>.
/// </summary>
internal static class StoreInline
{
    private const int Rounds = 3;
    private const int LargestInline = 64 * 1024;
    private const long BytesPerRound = 8 << 20;

    public static Ratio Ratio { get; } =
        new("store.inline", "×", "the same in files, at the default limit, writing and reading once", Goal.Max(1), MeasureAsync);

    private static async Task<Measured> MeasureAsync(string directory)
    {
        var notes = new List<string>();
        var atLimit = double.NaN;
        for (var size = 1024; size <= LargestInline; size *= 2)
        {
            var inline = new List<(double Write, double Read)>();
            var files = new List<(double Write, double Read)>();
            for (var round = 0; round <= Rounds; round++)
            {
                var contents = Contents(size, round);
                files.Add(await TimeAsync(directory, 0, contents));
                inline.Add(await TimeAsync(directory, LargestInline, contents));
            }
            var (write, read, both) = (Over(it => it.Write), Over(it => it.Read), Over(it => it.Write + it.Read));
            notes.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{size / 1024, 2} KiB: both {both:0.00}, writing {write:0.00}, reading {read:0.00}"
                )
            );
            if (size == new LocalStorageOptions().InlineLimit)
                atLimit = both;

            double Over(Func<(double Write, double Read), double> of) =>
                Measure.Median([.. inline.Zip(files).Skip(1).Select(pair => of(pair.First) / of(pair.Second))]);
        }
        return new(atLimit, notes);
    }

    private static async Task<(double Write, double Read)> TimeAsync(string directory, int inlineLimit, byte[][] contents)
    {
        var path = Path.Combine(directory, "store");
        try
        {
            await using var storage = new LocalStorage(path, new() { InlineLimit = inlineLimit });
            await using var store = new SessionStore(storage);
            await using var session = await store.OpenAsync();
            GC.Collect();
            var write = await Measure.SecondsAsync(() => Writers.StoreAsync(session, 0, contents));
            var artifacts = await session.ListArtifactsAsync().ToListAsync();
            new Random(1).Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(artifacts));
            var read = await Measure.SecondsAsync(async () =>
            {
                foreach (var artifact in artifacts)
                    await artifact.ReadBytesAsync();
            });
            return (write, read);
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    private static byte[][] Contents(int size, int round)
    {
        var random = new Random(round);
        var contents = new byte[(int)Math.Min(BytesPerRound / size, 1000)][];
        foreach (ref var content in contents.AsSpan())
        {
            content = new byte[size];
            random.NextBytes(content);
        }
        return contents;
    }
}
