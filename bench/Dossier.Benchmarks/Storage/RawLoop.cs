namespace Dossier.Benchmarks.Storage;

/// <summary>The floor of durable writing: 1 KB records written and synced, one by one, into a file allocated beforehand.</summary>
internal static class RawLoop
{
    /// <summary>Records of 1 KB per second.</summary>
    public static Task<double> RateAsync(string directory, int count) => RateAsync(directory, count, Samples.Json(0));

    /// <summary>Records per second.</summary>
    public static async Task<double> RateAsync(string directory, int count, byte[] record)
    {
        var path = Path.Combine(directory, $"raw-{Guid.NewGuid():N}");
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite);
        // Written rather than only reserved, so that no sync has to allocate.
        for (var i = 0; i < count; i++)
            RandomAccess.Write(file, record, (long)i * record.Length);
        RandomAccess.FlushToDisk(file);
        var seconds = await Measure.SecondsAsync(() =>
        {
            for (var i = 0; i < count; i++)
            {
                RandomAccess.Write(file, record, (long)i * record.Length);
                RandomAccess.FlushToDisk(file);
            }
            return Task.CompletedTask;
        });
        return count / seconds;
    }
}
