using System.Globalization;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier.Benchmarks.Chat;

/// <summary>Consuming a stream whose updates are all there at once, tracked over the memory store, divided by consuming it bare.</summary>
internal static class ChatStream
{
    private const int Updates = 1_000;
    private const int Streams = 400;

    // Until the runtime has compiled both for good.
    private const int Warmups = 40;

    // One word, and what ends a stream.
    private const int Fewest = 2;

    public static Ratio Ratio { get; } =
        new("chat.stream", "×", "the same stream of 1,000 updates without tracking", Goal.Max(1.3), _ => MeasureAsync());

    private static async Task<Measured> MeasureAsync()
    {
        var (bare, whole, shortest) = (new List<double>(), new List<double>(), new List<double>());
        using var client = new InstantClient(Updates);
        using var brief = new InstantClient(Fewest);
        var ratio = await Measure.RatioAsync(
            9,
            async round =>
            {
                await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);
                await using var session = await store.OpenAsync();
                shortest.Add(await SecondsAsync(session.Track(brief, "bench/instant"), round));
                var seconds = await SecondsAsync(session.Track(client, "bench/instant"), round);
                whole.Add(seconds);
                return seconds;
            },
            async round =>
            {
                var seconds = await SecondsAsync(client, round);
                bare.Add(seconds);
                return seconds;
            },
            Warmups
        );
        var (alone, tracked, call) = (Micros(bare), Micros(whole), Micros(shortest));
        return new(
            ratio,
            string.Create(
                CultureInfo.InvariantCulture,
                $"a bare stream: {alone:0} µs; a tracked call with a stream of one word: {call:0} µs; what tracking adds beyond that: {(tracked - alone - call) * 1e3 / Updates:0} ns for each update"
            )
        );

        static double Micros(List<double> seconds) => Measure.Median(seconds[Warmups..]) * 1e6 / Streams;
    }

    private static Task<double> SecondsAsync(IChatClient client, int round) =>
        Measure.SecondsAsync(async () =>
        {
            for (var i = 0; i < Streams; i++)
            {
                var length = 0;
                await foreach (var update in client.GetStreamingResponseAsync([InstantClient.Ask(round, i)]))
                    length += update.Text.Length;
                if (length == 0)
                    throw new InvalidOperationException("The stream was empty.");
            }
        });
}
