using System.Text;
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

    /// <summary>The files that have one of these texts somewhere in them, in letters of whatever case.</summary>
    public static List<string> With(string path, params string[] texts)
    {
        var found = new List<string>();
        foreach (var file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            var content = Encoding.UTF8.GetString(bytes);
            if (texts.Any(text => content.Contains(text, StringComparison.OrdinalIgnoreCase)))
                found.Add(Path.GetRelativePath(path, file));
        }
        return found;
    }

    /// <summary>Runs a statement; returns its first value.</summary>
    public static object? Execute(string path, string sql, string file = "dossier.db")
    {
        using var connection = Open(path, file);
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
