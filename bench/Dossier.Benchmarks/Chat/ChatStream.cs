using System.Globalization;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier.Benchmarks.Chat;

/// <summary>Consuming a stream whose updates are all there at once, tracked over the memory store, divided by consuming it bare.</summary>
internal static class ChatStream
{
    private const int Updates = 1_000;
    private const int Streams = 400;

    public static Ratio Ratio { get; } =
        new("chat.stream", "×", "the same stream of 1,000 updates without tracking", Goal.Max(1.3), _ => MeasureAsync());

    private static async Task<Measured> MeasureAsync()
    {
        var bare = new List<double>();
        using var client = new InstantClient(Updates);
        var ratio = await Measure.RatioAsync(
            9,
            async round =>
            {
                await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);
                await using var session = await store.OpenAsync();
                return await SecondsAsync(session.Track(client, "bench/instant"), round);
            },
            async round =>
            {
                var seconds = await SecondsAsync(client, round);
                bare.Add(seconds);
                return seconds;
            }
        );
        return new(ratio, string.Create(CultureInfo.InvariantCulture, $"a bare stream: {Measure.Median(bare) * 1e6 / Streams:0} µs"));
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
