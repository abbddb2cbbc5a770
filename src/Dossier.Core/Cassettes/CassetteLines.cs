using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Dossier;

/// <summary>Writes the lines of a cassette: words, texts a line for each of theirs, and JSON.</summary>
internal sealed class CassetteLines
{
    // What is longer goes below, so that a change shows where it is.
    private const int LongestText = 60;
    private const int LongestJson = 100;

    private static readonly JsonWriterOptions s_indented = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
        MaxDepth = int.MaxValue,
    };

    // What is not seen, what turns the direction of the text, and what editors take away or take for the end of a line.
    private static readonly SearchValues<char> s_unseen = SearchValues.Create([
        .. Enumerable.Range(0, 0x20).Where(code => code != '\t').Select(code => (char)code),
        .. Enumerable.Range(0x7F, 0x21).Select(code => (char)code),
        .. Enumerable.Range(0x2028, 7).Select(code => (char)code),
        .. Enumerable.Range(0x2066, 4).Select(code => (char)code),
        '\u200B',
        '\u200E',
        '\u200F',
        '\uFEFF',
        '\uFFFD',
    ]);

    private readonly StringBuilder _text = new();

    public void Add(string line) => _text.Append(line).Append('\n');

    public void AddLines(string lines) => _text.Append(lines);

    public override string ToString() => _text.ToString();

    /// <summary>A text, a line for each of its own.</summary>
    public void AddText(string text)
    {
        foreach (var line in text.Split('\n'))
            Add(
                line.Length == 0 ? "|"
                : line.AsSpan().ContainsAny(s_unseen) || char.IsWhiteSpace(line[^1]) ? "|" + Quoted(line)
                : "| " + line
            );
    }

    /// <summary>A name and its value, beside it where that is short.</summary>
    public void AddValue(string head, ReadOnlyMemory<byte>? json)
    {
        if (json is not { } value)
        {
            Add(head);
            return;
        }
        using var document = JsonDocument.Parse(value, RequestForm.Json);
        if (document.RootElement.ValueKind is JsonValueKind.String)
        {
            var text = document.RootElement.GetString()!;
            if (text.Length <= LongestText && !text.Contains('\n', StringComparison.Ordinal))
            {
                Add($"{head}: {Quoted(text)}");
                return;
            }
            Add(head + ":");
            AddText(text);
            return;
        }
        var compact = Encoding.UTF8.GetString(value.Span);
        if (compact.Length <= LongestJson)
        {
            Add($"{head}: {compact}");
            return;
        }
        Add(head + ":");
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output, s_indented))
            document.RootElement.WriteTo(writer);
        foreach (var line in Encoding.UTF8.GetString(output.WrittenSpan).Split('\n'))
            Add("  " + line);
    }

    /// <summary>A name as it is, or in quotes where it could be taken for something else.</summary>
    public static string Word(string word) =>
        word.Length > 0 && word is not "-" && word[0] != '"' && word.All(static c => c is > ' ' and <= '~') ? word : Quoted(word);

    /// <summary>The same, before a colon.</summary>
    public static string Name(string name) => name.Contains(':', StringComparison.Ordinal) ? Quoted(name) : Word(name);

    private static string Quoted(string text) =>
        $"\"{(text.AsSpan().ContainsAny(s_unseen) ? JavaScriptEncoder.Default : JavaScriptEncoder.UnsafeRelaxedJsonEscaping).Encode(text)}\"";
}
