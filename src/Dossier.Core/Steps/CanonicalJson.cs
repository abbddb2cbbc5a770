using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Dossier;

/// <summary>
/// JSON of which the same value has the same bytes: members in the order of their names' UTF-16 code units, no white space, only what
/// has to be escaped escaped (RFC 8785), numbers as they were written but for zeros at the end of a fraction. It is part of what steps are
/// found by, and never changes.
/// </summary>
internal static class CanonicalJson
{
    public static ReadOnlyMemory<byte> Write(JsonElement value)
    {
        var output = new ArrayBufferWriter<byte>();
        Write(value, output);
        return output.WrittenMemory;
    }

    public static ReadOnlyMemory<byte> Write(string text)
    {
        var output = new ArrayBufferWriter<byte>(text.Length + 2);
        Write(text, output);
        return output.WrittenMemory;
    }

    /// <summary>A number in the form of JSON.</summary>
    public static ReadOnlyMemory<byte> WriteNumber(string number) => Encoding.ASCII.GetBytes(Trimmed(number));

    public static void Write(string text, IBufferWriter<byte> output)
    {
        output.Write("\""u8);
        var rest = text.AsSpan();
        while (rest.IndexOfAny(s_escaped) is >= 0 and var at)
        {
            Encoding.UTF8.GetBytes(rest[..at], output);
            Escape(rest[at], output);
            rest = rest[(at + 1)..];
        }
        Encoding.UTF8.GetBytes(rest, output);
        output.Write("\""u8);
    }

    private static readonly SearchValues<char> s_escaped = SearchValues.Create([
        '"',
        '\\',
        .. Enumerable.Range(0, 0x20).Select(code => (char)code),
    ]);

    private static void Write(JsonElement value, ArrayBufferWriter<byte> output)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(value, output);
                break;
            case JsonValueKind.Array:
                var isFirst = true;
                foreach (var item in value.EnumerateArray())
                {
                    output.Write(isFirst ? "["u8 : ","u8);
                    Write(item, output);
                    isFirst = false;
                }
                output.Write(isFirst ? "[]"u8 : "]"u8);
                break;
            case JsonValueKind.String:
                Write(value.GetString()!, output);
                break;
            case JsonValueKind.Number:
                output.Write(WriteNumber(value.GetRawText()).Span);
                break;
            default:
                output.Write(Encoding.ASCII.GetBytes(value.GetRawText()));
                break;
        }
    }

    private static void WriteObject(JsonElement value, ArrayBufferWriter<byte> output)
    {
        var isFirst = true;
        foreach (var member in value.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
        {
            output.Write(isFirst ? "{"u8 : ","u8);
            Write(member.Name, output);
            output.Write(":"u8);
            Write(member.Value, output);
            isFirst = false;
        }
        output.Write(isFirst ? "{}"u8 : "}"u8);
    }

    private static string Trimmed(string number) =>
        number.Contains('.', StringComparison.Ordinal) && !number.AsSpan().ContainsAny('e', 'E')
            ? number.TrimEnd('0').TrimEnd('.')
            : number;

    private static void Escape(char character, IBufferWriter<byte> output) =>
        output.Write(
            character switch
            {
                '"' => "\\\""u8,
                '\\' => "\\\\"u8,
                '\b' => "\\b"u8,
                '\f' => "\\f"u8,
                '\n' => "\\n"u8,
                '\r' => "\\r"u8,
                '\t' => "\\t"u8,
                _ => Encoding.ASCII.GetBytes($"\\u{(int)character:x4}"),
            }
        );
}
