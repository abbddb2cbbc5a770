using System.Globalization;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier.Benchmarks.Conversations;

/// <summary>The last 20 messages of a conversation of 10,000, compared with one of 100; the worse of memory and the default store counts.</summary>
internal static class HistoryTail
{
    private const int Many = 10_000;
    private const int Few = 100;
    private const int Tail = 20;
    private const int Reads = 500;
    private const int PerAppend = 100;

    public static Ratio Ratio { get; } = new("history.tail", "×", "the last 20 of 100", Goal.Max(1.3), MeasureAsync);

    private static async Task<Measured> MeasureAsync(string directory)
    {
        await using var memory = new MemoryStorage();
        await using var local = new LocalStorage(directory, new() { Durability = Durability.Process });
        var (inMemory, onDisk) = (await MeasureAsync(memory), await MeasureAsync(local));
        return new(
            Math.Max(inMemory, onDisk),
            string.Create(CultureInfo.InvariantCulture, $"memory: {inMemory:0.00}"),
            string.Create(CultureInfo.InvariantCulture, $"default store: {onDisk:0.00}")
        );
    }

    private static async Task<double> MeasureAsync(IStorage storage)
    {
        await storage.OpenAsync();
        await using var session = await new SessionStore(storage).OpenAsync();
        var (many, few) = (session.Conversation("many"), session.Conversation("few"));
        for (var i = 0; i < Many; i += PerAppend)
            await many.AppendAsync(Enumerable.Range(i, PerAppend).Select(Message));
        await few.AppendAsync(Enumerable.Range(0, Few).Select(Message));
        return await Measure.RatioAsync(9, _ => SecondsAsync(many), _ => SecondsAsync(few));
    }

    private static ChatMessage Message(int number) => new(ChatRole.User, $"{number} {new string('x', 1000)}");

    private static async Task<double> SecondsAsync(Conversation conversation)
    {
        var times = new List<double>(Reads);
        for (var i = 0; i < Reads; i++)
            times.Add(
                await Measure.SecondsAsync(async () =>
                {
                    if ((await conversation.ReadTailAsync(Tail)).Count != Tail)
                        throw new InvalidOperationException("The tail is too short.");
                })
            );
        return Measure.Median(times);
    }
}
