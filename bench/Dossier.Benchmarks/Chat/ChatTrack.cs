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
    private static readonly string Answer = string.Concat(Enumerable.Repeat("The answer goes on for a while. ", 48));
    private static readonly string Question = string.Concat(Enumerable.Repeat("What about this, then? ", 22));

    public static Ratio Ratio { get; } =
        new("chat.track", "×", "what UseDistributedCache with a memory cache adds on a miss", Goal.Max(1), _ => MeasureAsync());

    private static async Task<Measured> MeasureAsync()
    {
        return await Measure.RatioAsync(
            7,
            async round =>
            {
                await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);
                await using var session = await store.OpenAsync();
                return await AddedAsync(session.Track(new InstantClient(), "bench/instant"), round);
            },
            async round =>
            {
                var cache = new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions { SizeLimit = null }));
                using var cached = new InstantClient().AsBuilder().UseDistributedCache(cache).Build();
                return await AddedAsync(cached, round);
            }
        );
    }

    private static async Task<double> AddedAsync(IChatClient client, int round)
    {
        using var bare = new InstantClient();
        var alone = await TimeAsync(bare, round);
        return await TimeAsync(client, round) - alone;
    }

    private static Task<double> TimeAsync(IChatClient client, int round) =>
        Measure.SecondsAsync(async () =>
        {
            for (var i = 0; i < Calls; i++)
                await client.GetResponseAsync([new(ChatRole.User, $"{round}.{i} {Question}")]);
        });

    private sealed class InstantClient : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            CancellationToken cancellationToken = default
        ) =>
            Task.FromResult(
                new ChatResponse(new ChatMessage(ChatRole.Assistant, Answer))
                {
                    ModelId = "instant",
                    FinishReason = ChatFinishReason.Stop,
                    Usage = new()
                    {
                        InputTokenCount = 128,
                        OutputTokenCount = 384,
                        TotalTokenCount = 512,
                    },
                }
            );

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            CancellationToken cancellationToken = default
        ) => throw new InvalidOperationException("This benchmark does not stream.");

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose() { }
    }
}
