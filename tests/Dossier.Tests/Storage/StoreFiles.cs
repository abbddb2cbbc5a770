using Dossier.Storage;
using Microsoft.Data.Sqlite;

namespace Dossier.Tests.Storage;

/// <summary>A local store from outside: its files, and its database without Dossier.</summary>
internal static class StoreFiles
{
    /// <summary>The file of large content.</summary>
    public static string Content(string path, ContentDigest digest) =>
        Path.Combine(path, "objects", "sha256", digest.ToHex()[..2], digest.ToHex()[2..]);

    /// <summary>The places of the artifacts whose words are in the full text.</summary>
    public static List<long> Indexed(string path) => ReadNumbers(path, "search.db", "SELECT id FROM texts_docsize");

    /// <summary>The places of the artifacts.</summary>
    public static List<long> Places(string path) => ReadNumbers(path, "dossier.db", "SELECT place FROM artifacts");

    /// <summary>Runs a statement; returns its first value.</summary>
    public static object? Execute(string path, string sql)
    {
        using var connection = Open(path, "dossier.db");
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    private static List<long> ReadNumbers(string path, string file, string sql)
    {
        using var connection = Open(path, file);
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var rows = command.ExecuteReader();
        var numbers = new List<long>();
        while (rows.Read())
            numbers.Add(rows.GetInt64(0));
        return numbers;
    }

    private static SqliteConnection Open(string path, string file)
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(path, file)};Pooling=False");
        connection.Open();
        return connection;
    }
}
