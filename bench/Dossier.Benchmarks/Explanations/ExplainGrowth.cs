using System.Globalization;
using Dossier.Benchmarks.Chat;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier.Benchmarks.Explanations;

/// <summary>
/// Explaining an artifact with 20 ancestors, each the answer of a call that was sent the one before, with all prompts: in a session of 100,000
/// artifacts, and in one of 100. In both, the chain stands in the middle of artifacts that have nothing to do with it.
/// </summary>
internal static class ExplainGrowth
{
    private const int Many = 100_000;
    private const int Few = 100;
    private const int Ancestors = 20;
    private const int AtOnce = 256;
    private const int Reads = 50;

    public static Ratio Ratio { get; } = new("explain.growth", "×", "in a session of 100 artifacts", Goal.Max(1.5), MeasureAsync);

    private static async Task<Measured> MeasureAsync(string directory)
    {
        await using var many = await FillAsync(Path.Combine(directory, "many"), Many);
        await using var few = await FillAsync(Path.Combine(directory, "few"), Few);
        var ratio = await Measure.RatioAsync(9, _ => MedianAsync(many), _ => MedianAsync(few));
        var each = await MedianAsync(few) * 1e6 / (Ancestors + 1);
        return new(ratio, string.Create(CultureInfo.InvariantCulture, $"among 100: {each:0} µs for each artifact with its call"));
    }

    private static async Task<double> MedianAsync(Chain chain)
    {
        var times = new List<double>(Reads);
        for (var i = 0; i < Reads; i++)
            times.Add(
                await Measure.SecondsAsync(async () =>
                {
                    var explanation = await chain.Session.ExplainAsync(chain.Last);
                    if (explanation.Nodes.OfType<ArtifactNode>().Count() != Ancestors + 1)
                        throw new InvalidOperationException("The chain is not whole.");
                })
            );
        return Measure.Median(times);
    }

    private static async Task<Chain> FillAsync(string path, int count)
    {
        var storage = new LocalStorage(path, new() { Durability = Durability.Process });
        var store = new SessionStore(storage, ownsStorage: true);
        var session = await store.OpenAsync();
        var others = (count - Ancestors - 1) / 2;
        await StoreAsync(session, 0, others);
        var last = await session.StoreArtifactAsync("chain", "begin", role: ArtifactRole.Input);
        for (var i = 1; i <= Ancestors; i++)
        {
            using var chat = session.Track(new LinkClient(i), "acme/link");
            var answer = await chat.GetResponseAsync([new(ChatRole.User, [new TextContent("Go on."), await last.AsContentAsync()])]);
            last = await session.StoreArtifactAsync("chain", answer.Text);
        }
        await StoreAsync(session, others, count - Ancestors - 1);
        return new(store, session, last);
    }

    private static async Task StoreAsync(Session session, int from, int to)
    {
        for (var first = from; first < to; first += AtOnce)
            await Task.WhenAll(
                Enumerable.Range(first, Math.Min(AtOnce, to - first)).Select(i => session.StoreArtifactAsync($"other-{i}", $"text {i}"))
            );
    }

    private sealed record Chain(SessionStore Store, Session Session, Artifact Last) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Session.DisposeAsync();
            await Store.DisposeAsync();
        }
    }

    private sealed class LinkClient(int number) : DelegatingChatClient(new InstantClient())
    {
        public override Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            CancellationToken cancellationToken = default
        ) => Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, $"link {number}")) { ModelId = "link" });
    }
}
