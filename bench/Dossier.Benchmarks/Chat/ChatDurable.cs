using Dossier.Benchmarks.Storage;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier.Benchmarks.Chat;

/// <summary>
/// 64 callers that each await one tracked call of a client that answers at once, before they make the next: every call is two commits,
/// its intent and its outcome, with the messages; all on the disk before the caller has its answer.
/// </summary>
internal static class ChatDurable
{
    private const int Calls = 4_000;
    private const int RawCount = 1_000;

    public static Ratio Ratio { get; } =
        new("chat.durable", "×", "raw loop: write+fsync of 1 KB records into a file allocated beforehand", Goal.Min(1.5), MeasureAsync);

    private static async Task<Measured> MeasureAsync(string directory)
    {
        await using var storage = new LocalStorage(Path.Combine(directory, "store"), new() { Durability = Durability.Full });
        await using var store = new SessionStore(storage);
        await using var session = await store.OpenAsync();
        using var client = session.Track(new InstantClient(), "bench/instant");
        return await Measure.RatioAsync(5, round => RateAsync(client, round), _ => RawLoop.RateAsync(directory, RawCount));
    }

    private static async Task<double> RateAsync(IChatClient client, int round)
    {
        var next = -1;
        return Calls / await Measure.SecondsAsync(() => Task.WhenAll(Enumerable.Range(0, Writers.Count).Select(_ => Task.Run(CallAsync))));

        async Task CallAsync()
        {
            for (int i; (i = Interlocked.Increment(ref next)) < Calls; )
                await client.GetResponseAsync([InstantClient.Ask(round, i)]);
        }
    }
}
