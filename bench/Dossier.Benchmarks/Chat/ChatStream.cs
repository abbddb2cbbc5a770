using System.Globalization;
using System.Security.Cryptography;
using System.Text;
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
        var (bare, passed, whole, shortest, hashed) = (NewList(), NewList(), NewList(), NewList(), NewList());
        using var client = new InstantClient(Updates);
        using var passing = new PassingClient(client);
        using var brief = new InstantClient(Fewest);
        var text = Encoding.UTF8.GetBytes((await client.GetStreamingResponseAsync([]).ToChatResponseAsync()).Text);
        var ratio = await Measure.RatioAsync(
            9,
            async round =>
            {
                await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);
                await using var session = await store.OpenAsync();
                hashed.Add(Measure.Seconds(() => Hash(text)));
                passed.Add(await SecondsAsync<Passed>(passing, round));
                shortest.Add(await SecondsAsync<Tracked>(session.Track(brief, "bench/instant"), round));
                return Added(whole, await SecondsAsync<Tracked>(session.Track(client, "bench/instant"), round));
            },
            async round => Added(bare, await SecondsAsync<Bare>(client, round)),
            Warmups
        );
        var (alone, tracked, call, digest) = (Micros(bare), Micros(whole), Micros(shortest), Micros(hashed));
        return new(
            ratio,
            string.Create(
                CultureInfo.InvariantCulture,
                $"a bare stream: {alone:0} µs; one that is only passed on: {Micros(passed):0} µs; a tracked call with a stream of one word: {call:0} µs; the digest of the whole text: {digest:0.0} µs; what tracking adds beside that call: {(tracked - alone - call) * 1e3 / Updates:0} ns for each update"
            )
        );

        static List<double> NewList() => [];

        static double Micros(List<double> seconds) => Measure.Median(seconds[Warmups..]) * 1e6 / Streams;

        static double Added(List<double> seconds, double value)
        {
            seconds.Add(value);
            return value;
        }
    }

    private static void Hash(ReadOnlySpan<byte> text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        for (var i = 0; i < Streams; i++)
            SHA256.HashData(text, hash);
    }

    /// <typeparam name="TKind">Has a loop compiled for it alone, as in a program that has streams of one kind.</typeparam>
    private static Task<double> SecondsAsync<TKind>(IChatClient client, int round)
        where TKind : struct =>
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

    private readonly struct Bare;

    private readonly struct Passed;

    private readonly struct Tracked;

    /// <summary>Passes a stream on, update by update, and does nothing else: what nobody who wants to see a stream can do without.</summary>
    private sealed class PassingClient(IChatClient client) : DelegatingChatClient(client)
    {
        public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            CancellationToken cancellationToken = default
        ) => new Stream(base.GetStreamingResponseAsync(messages, options, cancellationToken));

        private sealed class Stream(IAsyncEnumerable<ChatResponseUpdate> stream) : IAsyncEnumerable<ChatResponseUpdate>
        {
            public IAsyncEnumerator<ChatResponseUpdate> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
                new Reader(stream.GetAsyncEnumerator(cancellationToken));
        }

        private sealed class Reader(IAsyncEnumerator<ChatResponseUpdate> updates) : IAsyncEnumerator<ChatResponseUpdate>
        {
            public ChatResponseUpdate Current { get; private set; } = null!;

            // By hand, as what tracks a stream is: an asynchronous method would take longer than all else.
            public ValueTask<bool> MoveNextAsync()
            {
                var next = updates.MoveNextAsync();
                return next.IsCompletedSuccessfully ? new(Take(next.Result)) : TakeAsync(next);
            }

            private async ValueTask<bool> TakeAsync(ValueTask<bool> next) => Take(await next);

            private bool Take(bool isThere)
            {
                if (isThere)
                    Current = updates.Current;
                return isThere;
            }

            public ValueTask DisposeAsync() => updates.DisposeAsync();
        }
    }
}
