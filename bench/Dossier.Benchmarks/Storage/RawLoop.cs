namespace Dossier.Benchmarks.Storage;

/// <summary>The floor of durable writing: 1 KB records written and synced, one by one, into a file allocated beforehand.</summary>
internal static class RawLoop
{
    /// <summary>Records per second.</summary>
    public static async Task<double> RateAsync(string directory, int count)
    {
        var path = Path.Combine(directory, $"raw-{Guid.NewGuid():N}");
        var record = Samples.Json(0);
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite);
        // Written rather than only reserved, so that no sync has to allocate.
        RandomAccess.Write(file, new byte[count * record.Length], 0);
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
