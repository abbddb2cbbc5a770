using Dossier.Storage;
using Microsoft.Data.Sqlite;

namespace Dossier.Tests.Storage;

/// <summary>A local store from outside: its files, and its database without Dossier.</summary>
internal static class StoreFiles
{
    /// <summary>The file of large content.</summary>
    public static string Content(string path, ContentDigest digest) =>
        Path.Combine(path, "objects", "sha256", digest.ToHex()[..2], digest.ToHex()[2..]);

    /// <summary>Runs a statement; returns its first value.</summary>
    public static object? Execute(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(path, "dossier.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
