using System.Globalization;
using Dossier.Storage;

namespace Dossier.Benchmarks.Conversations;

/// <summary>What 1,000 turns take on the disk once the store is closed, response records and all files of the store included.</summary>
internal static class HistoryBytes
{
    private const int Count = 1_000;

    public static Ratio Ratio { get; } = new("history.bytes", "×", "the bytes of the questions and answers", Goal.Max(1.6), MeasureAsync);

    private static async Task<Measured> MeasureAsync(string directory)
    {
        await using (var storage = new LocalStorage(directory, new() { Durability = Durability.Process }))
        {
            var (session, chat) = await Turns.OpenAsync(storage);
            for (var i = 0; i < Count; i++)
                await Turns.SendAsync(chat, i);
            if ((await session.Conversation().GetInfoAsync())?.Length != 2 * Count)
                throw new InvalidOperationException("Not every turn is in the conversation.");
            await session.DisposeAsync();
        }
        var files = new DirectoryInfo(directory).EnumerateFiles("*", SearchOption.AllDirectories).ToList();
        const double Said = Count * (Turns.QuestionBytes + Turns.AnswerBytes);
        return new(
            files.Sum(file => file.Length) / Said,
            [
                .. files
                    .Where(file => file.Length > 0)
                    .Select(file => string.Create(CultureInfo.InvariantCulture, $"{file.Name}: {file.Length / Said:0.000}")),
            ]
        );
    }
}
