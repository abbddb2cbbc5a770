using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace Dossier;

/// <summary>Reads the section <c>Dossier</c> of a JSON file, and remembers in which line each value stands.</summary>
internal static class JsonSettings
{
    /// <param name="path">The file; need not exist.</param>
    /// <param name="source">What it counts as.</param>
    /// <param name="failures">Where its faults are added.</param>
    public static IReadOnlyList<Setting> Read(string path, SettingSource source, ConfigurationFailures failures)
    {
        try
        {
            return File.Exists(path) ? Parse(File.ReadAllText(path), path, source, failures) : [];
        }
        catch (JsonException exception)
        {
            // Its message ends with a position that counts lines from 0.
            var problem = exception.Message.Split(" LineNumber:", 2)[0];
            failures.Add($"{path}, line {(exception.LineNumber ?? 0) + 1}: not valid JSON: {problem} Correct the file.");
        }
        catch (FormatException exception)
        {
            failures.Add($"{path}: {exception.Message} Correct the file.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            failures.Add($"{path}: cannot be read: {exception.Message} Make it readable, or move it away.");
        }
        return [];
    }

    private static List<Setting> Parse(string text, string path, SettingSource source, ConfigurationFailures failures)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        using var stream = new MemoryStream(utf8);
        var configuration = new ConfigurationBuilder().AddJsonStream(stream).Build();
        var lines = JsonLines.Read(utf8);
        var settings = new List<Setting>();
        foreach (var (key, value) in configuration.AsEnumerable())
        {
            if (string.IsNullOrWhiteSpace(value))
                continue;
            var origin = lines.TryGetValue(key, out var line) ? $"{path}, line {line}" : path;
            if (key.StartsWith(Setting.Section + ":", StringComparison.OrdinalIgnoreCase))
                settings.Add(new(key[(Setting.Section.Length + 1)..], value, source, origin));
            else if (source != SettingSource.UserSecrets && !key.StartsWith('$'))
                failures.Add(
                    $"{key} ({origin}): stands outside the section '{Setting.Section}'. Write {{ \"{Setting.Section}\": {{ ... }} }} around it."
                );
        }
        return settings;
    }
}

/// <summary>Finds the line of every value in a JSON text, by its configuration key.</summary>
internal static class JsonLines
{
    public static Dictionary<string, int> Read(ReadOnlySpan<byte> utf8)
    {
        var lines = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        // The same leniency as Microsoft.Extensions.Configuration.Json.
        var reader = new Utf8JsonReader(utf8, new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        reader.Read();
        Visit(ref reader, "", utf8, lines);
        return lines;
    }

    private static void Visit(ref Utf8JsonReader reader, string key, ReadOnlySpan<byte> utf8, Dictionary<string, int> lines)
    {
        lines[key] = utf8[..(int)reader.TokenStartIndex].Count((byte)'\n') + 1;
        var prefix = key.Length == 0 ? "" : key + ":";
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                var name = reader.GetString();
                reader.Read();
                Visit(ref reader, prefix + name, utf8, lines);
            }
        }
        else if (reader.TokenType == JsonTokenType.StartArray)
        {
            for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
                Visit(ref reader, $"{prefix}{index}", utf8, lines);
        }
    }
}
