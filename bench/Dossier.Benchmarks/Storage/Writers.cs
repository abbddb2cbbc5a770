using System.Globalization;

namespace Dossier.Benchmarks.Storage;

/// <summary>64 writers that each await one artifact before they store the next.</summary>
internal static class Writers
{
    public const int Count = 64;

    /// <summary>Stores all documents; names are new for each round.</summary>
    public static Task StoreAsync(Session session, int round, byte[][] documents)
    {
        var next = -1;
        return Task.WhenAll(Enumerable.Range(0, Count).Select(_ => Task.Run(WriteAsync)));

        async Task WriteAsync()
        {
            for (int i; (i = Interlocked.Increment(ref next)) < documents.Length; )
                await session.StoreArtifactAsync(string.Create(CultureInfo.InvariantCulture, $"record-{round}-{i}"), documents[i], "json");
        }
    }

    /// <summary>Artifacts per second.</summary>
    public static async Task<double> RateAsync(Session session, int round, int count)
    {
        var documents = Samples.Round(round, count);
        return count / await Measure.SecondsAsync(() => StoreAsync(session, round, documents));
    }
}
