using System.Globalization;
using Dossier.Storage;
using Microsoft.Data.Sqlite;

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
        return new(files.Sum(file => file.Length) / Said, [.. Parts(directory, Said)]);
    }

    /// <summary>Where the bytes are: of what is stored, of the page that every table and index has at least, and of the rest.</summary>
    private static IEnumerable<string> Parts(string directory, double said)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(directory, "dossier.db")};Pooling=False;Mode=ReadOnly");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = """
            SELECT 'messages as they are encoded', (SELECT sum(length(bytes)) FROM contents)
            UNION ALL SELECT 'bodies of the responses', (SELECT sum(length(body)) FROM responses)
            UNION ALL SELECT 'the first page of every table and index', (SELECT count(*) FROM sqlite_schema WHERE rootpage > 0) * page_size
                FROM pragma_page_size
            """;
        using var rows = command.ExecuteReader();
        while (rows.Read())
            yield return string.Create(CultureInfo.InvariantCulture, $"{rows.GetString(0)}: {rows.GetInt64(1) / said:0.000}");
    }
}
