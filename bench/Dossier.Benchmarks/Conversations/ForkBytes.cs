using System.Globalization;
using Dossier.Storage;
using Microsoft.Data.Sqlite;

namespace Dossier.Benchmarks.Conversations;

/// <summary>What a fork of a session of 1,000 turns adds to a closed store, per turn. Beside them it has a large artifact and a small one, which it shares.</summary>
internal static class ForkBytes
{
    private const int Count = 1_000;
    private const int LargeBytes = 16 * 1024 * 1024;

    public static Ratio Ratio { get; } = new("fork.bytes", "bytes", "", Goal.Max(2_048), MeasureAsync);

    private static async Task<Measured> MeasureAsync(string directory)
    {
        string id;
        await using (var storage = Open(directory))
        {
            var (session, chat) = await Turns.OpenAsync(storage);
            id = session.Id;
            for (var i = 0; i < Count; i++)
                await Turns.SendAsync(chat, i);
            await session.StoreArtifactAsync("large", new byte[LargeBytes]);
            await session.StoreArtifactAsync("small", new byte[1_024]);
            await session.DisposeAsync();
        }
        var (before, contents) = (BytesOf(directory), ContentsOf(directory));
        await using (var storage = Open(directory))
        {
            var store = new SessionStore(storage);
            await store.ForkAsync(id, new() { SessionId = "fork" });
            await using var fork = await store.OpenAsync(new() { SessionId = "fork" });
            if ((await fork.Conversation().GetInfoAsync())?.Length != 2 * Count)
                throw new InvalidOperationException("Not every turn is in the fork.");
        }
        var added = BytesOf(directory) - before;
        return new(
            added / (double)Count,
            string.Create(CultureInfo.InvariantCulture, $"content among them: {ContentsOf(directory) - contents} bytes")
        );
    }

    private static LocalStorage Open(string directory) => new(directory, new() { Durability = Durability.Process });

    private static long BytesOf(string directory) =>
        new DirectoryInfo(directory).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    /// <summary>All content, in the database and in files.</summary>
    private static long ContentsOf(string directory)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(directory, "dossier.db")};Pooling=False;Mode=ReadOnly");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT sum(length(bytes)) FROM contents";
        return (long)command.ExecuteScalar()! + BytesOf(Path.Combine(directory, "objects"));
    }
}
