using System.Globalization;
using Dossier.Storage;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace Dossier.Benchmarks.Chat;

/// <summary>What tracking adds to a call of a client that answers at once, over the memory store, which keeps encoded bytes.</summary>
internal static class ChatTrack
{
    private const int Calls = 5_000;

    // Of these, the runtime compiles anew what it has compiled in haste; the baseline's parts are compiled beforehand, with the framework.
    private const int Warmups = 15;
    private const string Baseline = "what UseDistributedCache with a memory cache adds on a miss";

    public static Ratio Time { get; } = new("chat.track", "×", Baseline, Goal.Max(1), _ => MeasureAsync(Measure.SecondsAsync, 1e6, "µs"));

    public static Ratio Allocated { get; } =
        new("chat.track.alloc", "×", Baseline + ", in bytes allocated", Goal.Max(1), _ => MeasureAsync(Measure.AllocatedAsync, 1, "bytes"));

    private static async Task<Measured> MeasureAsync(Func<Func<Task>, Task<double>> measure, double scale, string unit)
    {
        var added = new List<double>();
        var ratio = await Measure.RatioAsync(
            7,
            async round =>
            {
                await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);
                await using var session = await store.OpenAsync();
                var own = await AddedAsync(session.Track(new InstantClient(), "bench/instant"), round, measure);
                added.Add(own);
                return own;
            },
            async round =>
            {
                var cache = new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions { SizeLimit = null }));
                using var cached = new InstantClient().AsBuilder().UseDistributedCache(cache).Build();
                return await AddedAsync(cached, round, measure);
            },
            Warmups
        );
        return new(
            ratio,
            string.Create(CultureInfo.InvariantCulture, $"for each call: {Measure.Median(added[Warmups..]) * scale / Calls:0.0} {unit}")
        );
    }

    private static async Task<double> AddedAsync(IChatClient client, int round, Func<Func<Task>, Task<double>> measure)
    {
        using var bare = new InstantClient();
        var alone = await measure(() => CallAsync(bare, round));
        return await measure(() => CallAsync(client, round)) - alone;
    }

    private static async Task CallAsync(IChatClient client, int round)
    {
        for (var i = 0; i < Calls; i++)
            await client.GetResponseAsync([InstantClient.Ask(round, i)]);
    }
}
