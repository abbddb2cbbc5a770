using System.Globalization;
using Dossier.Benchmarks.Chat;
using Microsoft.Extensions.AI;

namespace Dossier.Benchmarks.Replay;

/// <summary>
/// Calls that are answered from the record of a session of 10,000, one after the other, over the local store: the reading of the record, when the
/// session opens, counts. The baseline tracks the same calls of a client that answers at once.
/// </summary>
internal static class ReplayRate
{
    private const int Recorded = 10_000;
    private const int Calls = 2_000;

    public static Ratio Ratio { get; } =
        new("replay.rate", "×", "tracked calls to a client that answers at once, default store", Goal.Min(1), MeasureAsync);

    private static async Task<Measured> MeasureAsync(string directory)
    {
        var path = Path.Combine(directory, "store");
        await using (var session = await Session.OpenAsync(new() { StoragePath = path, SessionId = "recorded" }))
            await RecordAsync(session);
        var opening = new List<double>();
        var ratio = await Measure.RatioAsync(
            5,
            async _ =>
            {
                Session? session = null;
                var opened = await Measure.SecondsAsync(async () =>
                    session = await Session.OpenAsync(
                        new()
                        {
                            StoragePath = path,
                            ReplayFrom = "recorded",
                            Replay = ReplayMode.Only,
                        }
                    )
                );
                await using (session)
                {
                    opening.Add(opened);
                    var answered = await Measure.SecondsAsync(() => CallAsync(session!, Calls));
                    // All of the record is read for the calls of all of it: these bear their part.
                    return Calls / (answered + (opened * Calls / Recorded));
                }
            },
            async _ =>
            {
                await using var session = await Session.OpenAsync(new() { StoragePath = path });
                return Calls / await Measure.SecondsAsync(() => CallAsync(session, Calls));
            }
        );
        return new(
            ratio,
            string.Create(
                CultureInfo.InvariantCulture,
                $"opening the replay of {Recorded:N0} calls: {Measure.Median(opening):0.00} s, of which {Calls:N0} calls bear their part"
            )
        );
    }

    private static async Task RecordAsync(Session session)
    {
        using var client = session.Track(new InstantClient(), "bench/instant");
        await Parallel.ForAsync(
            0,
            Recorded,
            new ParallelOptions { MaxDegreeOfParallelism = 64 },
            async (i, token) => await client.GetResponseAsync([InstantClient.Ask(0, i)], cancellationToken: token)
        );
    }

    private static async Task CallAsync(Session session, int count)
    {
        using var client = session.Track(new InstantClient(), "bench/instant");
        for (var i = 0; i < count; i++)
            await client.GetResponseAsync([InstantClient.Ask(0, i)]);
    }
}
