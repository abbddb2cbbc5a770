using System.Globalization;
using System.Text;
using System.Text.Json;
using Dossier.Storage;

namespace Dossier;

/// <summary>Reads a cassette line by line, and says of what is not as it should be where it is. Used by one caller.</summary>
/// <param name="location">Where the cassette is.</param>
/// <param name="text">The whole of it.</param>
internal sealed class CassetteCursor(string location, string text)
{
    private static readonly UTF8Encoding s_utf8 = new(false, throwOnInvalidBytes: true);
    private static readonly JsonDocumentOptions s_json = new() { MaxDepth = RequestForm.Json.MaxDepth, AllowDuplicateProperties = false };

    private readonly string[] _lines = text.Split('\n');
    private string _line = "";
    private int _at;

    /// <summary>The number of the line, from 1.</summary>
    public int Line { get; private set; }

    /// <summary>Whether there is no line.</summary>
    public bool IsAtEnd => Line > _lines.Length;

    /// <exception cref="CassetteException">It is no text.</exception>
    public static CassetteCursor Of(string location, ReadOnlySpan<byte> utf8)
    {
        if (utf8.StartsWith("\uFEFF"u8))
            utf8 = utf8[3..];
        var rest = utf8;
        for (var line = 1; ; line++)
        {
            var end = rest.IndexOf((byte)'\n');
            if (!System.Text.Unicode.Utf8.IsValid(end < 0 ? rest : rest[..end]))
                throw CassetteException.Unexpected(location, line, "text in UTF-8", "something else");
            if (end < 0)
                break;
            rest = rest[(end + 1)..];
        }
        var cursor = new CassetteCursor(location, s_utf8.GetString(utf8));
        cursor.Next();
        return cursor;
    }

    /// <summary>Goes to the next line.</summary>
    public void Next()
    {
        Line++;
        // A checkout may have put the line ends of its system.
        _line = IsAtEnd ? "" : _lines[Line - 1].TrimEnd('\r');
        _at = 0;
    }

    /// <summary>Goes to the next line that is not empty; stays where it is one.</summary>
    public void SkipBlank()
    {
        while (!IsAtEnd && _line.AsSpan().Trim().IsEmpty)
            Next();
    }

    public bool StartsWith(string start) => _line.StartsWith(start, StringComparison.Ordinal);

    public bool Is(string line) => string.Equals(_line.TrimEnd(), line, StringComparison.Ordinal);

    /// <summary>Takes the beginning of the line, when it is that.</summary>
    public bool TryTake(string start)
    {
        if (string.CompareOrdinal(_line, _at, start, 0, start.Length) != 0)
            return false;
        _at += start.Length;
        return true;
    }

    /// <summary>Whether the line has no more.</summary>
    public bool IsDone => _line.AsSpan(_at).Trim().IsEmpty;

    /// <summary>Takes a name, which may be in quotes.</summary>
    /// <param name="what">What it is.</param>
    /// <param name="isBeforeColon">Whether a colon ends it.</param>
    public string TakeWord(string what, bool isBeforeColon = false)
    {
        var start = _at;
        if (start < _line.Length && _line[start] == '"')
        {
            for (var end = start + 1; end < _line.Length; end++)
            {
                if (_line[end] == '\\')
                    end++;
                else if (_line[end] == '"')
                {
                    _at = end + 1;
                    return StringOf(_line[start.._at]) ?? throw Unexpected($"{what} in quotes, as in JSON");
                }
            }
            throw Unexpected($"{what} with a quote at its end");
        }
        while (_at < _line.Length && _line[_at] is > ' ' and <= '~' && !(isBeforeColon && _line[_at] == ':'))
            _at++;
        return _at > start ? _line[start.._at] : throw Unexpected(what);
    }

    public int TakeNumber(string what, int most)
    {
        var start = _at;
        while (_at < _line.Length && char.IsAsciiDigit(_line[_at]))
            _at++;
        return
            int.TryParse(_line.AsSpan(start, _at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= 1
            && number <= most
            ? number
            : throw Unexpected($"{what} from 1 to {most}");
    }

    public long TakeCount(string what)
    {
        var start = _at;
        while (_at < _line.Length && char.IsAsciiDigit(_line[_at]))
            _at++;
        // What sums up over all calls of a cassette has to fit as well.
        return
            long.TryParse(_line.AsSpan(start, _at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count <= int.MaxValue
            ? count
            : throw Unexpected(what);
    }

    public ContentDigest TakeDigest() =>
        ContentDigest.TryParse(TakeWord("a digest"), null, out var digest) ? digest : throw Unexpected("'sha256:' and 64 hex digits");

    public void Expect(string text)
    {
        if (!TryTake(text))
            throw Unexpected($"'{text.Trim()}' there");
    }

    /// <summary>Ends the line.</summary>
    public void End(string what)
    {
        if (!IsDone)
            throw Unexpected($"{what}, and nothing behind it");
        Next();
    }

    /// <summary>Reads the lines of a text.</summary>
    public string TakeText()
    {
        var read = new StringBuilder();
        for (var isFirst = true; ; isFirst = false)
        {
            if (!StartsWith("|"))
                return isFirst ? throw Unexpected("'| ' and a line of text") : read.ToString();
            if (!isFirst)
                read.Append('\n');
            if (StartsWith("|\""))
                read.Append(StringOf(_line[1..]) ?? throw Unexpected("'|' and a line of text in quotes, as in JSON"));
            else if (StartsWith("| "))
                read.Append(_line, 2, _line.Length - 2);
            else if (_line.Length > 1)
                throw Unexpected("'| ' and a line of text");
            Next();
        }
    }

    /// <summary>Reads what follows a name: JSON behind a colon, or a text or JSON in the lines below it; null when there is no colon.</summary>
    /// <returns>JSON in its canonical form.</returns>
    public ReadOnlyMemory<byte>? TakeValue(string what)
    {
        if (IsDone)
        {
            Next();
            return null;
        }
        Expect(":");
        if (!IsDone)
        {
            Expect(" ");
            var value = Json(_line[_at..], Line);
            Next();
            return value;
        }
        Next();
        if (StartsWith("|"))
            return CanonicalJson.Write(TakeText());
        var first = Line;
        var json = new StringBuilder();
        for (; StartsWith("  "); Next())
            json.Append(_line, 2, _line.Length - 2).Append('\n');
        return json.Length > 0 ? Json(json.ToString(), first) : throw Unexpected($"{what}: '| ' and text, or JSON behind two spaces");
    }

    public CassetteException Unexpected(string expected, Exception? innerException = null) =>
        CassetteException.Unexpected(location, Math.Min(Line, _lines.Length), expected, IsAtEnd ? "the end" : _line, innerException);

    private ReadOnlyMemory<byte> Json(string json, int first)
    {
        try
        {
            using var document = JsonDocument.Parse(json, s_json);
            return CanonicalJson.Write(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            var line = Math.Min(first + (int)((e as JsonException)?.LineNumber ?? 0), _lines.Length);
            throw CassetteException.Unexpected(location, line, "JSON", _lines[line - 1].TrimEnd('\r'), e);
        }
    }

    private static string? StringOf(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, s_json);
            return document.RootElement.ValueKind is JsonValueKind.String ? document.RootElement.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
