using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Dossier;

/// <summary>
/// Masks JSON string by string, as the strings read once decoded: escapes neither hide a key nor are torn apart. All else stays as
/// it is, byte for byte. A property name of at most 24 letters, and the value of <c>$type</c> when it is one, loses only what has the shape of
/// a key: were it configured as a key too, or found by a redactor, masking it would make the stored message unreadable.
/// </summary>
internal static class JsonMasking
{
    private const int LongestWord = 24;

    private static ReadOnlySpan<byte> TypeProperty => "$type"u8;

    /// <summary>The JSON without its secrets, which are counted; the same memory when it has none. What is not valid JSON is masked as text.</summary>
    public static ReadOnlyMemory<byte> Apply(SecretMasker masker, ReadOnlyMemory<byte> utf8, RedactionTally? tally, RedactedPart part)
    {
        try
        {
            var found = tally is null ? null : new RedactionTally();
            var masked = ApplyToStrings(masker, utf8, found, part);
            if (found is not null)
                tally!.Add(found.Redactions);
            return masked;
        }
        catch (JsonException)
        {
            var text = Encoding.UTF8.GetString(utf8.Span);
            var masked = masker.Apply(text, tally, part);
            return ReferenceEquals(masked, text) ? utf8 : Encoding.UTF8.GetBytes(masked);
        }
    }

    /// <summary>The text as it stands between the quotes of a JSON string.</summary>
    public static string Encode(string text) => JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text);

    private static ReadOnlyMemory<byte> ApplyToStrings(
        SecretMasker masker,
        ReadOnlyMemory<byte> utf8,
        RedactionTally? tally,
        RedactedPart part
    )
    {
        ArrayBufferWriter<byte>? output = null;
        var copied = 0;
        var ofType = false;
        string? name = null;
        var reader = new Utf8JsonReader(utf8.Span, new JsonReaderOptions { MaxDepth = int.MaxValue });
        while (reader.Read())
        {
            var isName = reader.TokenType == JsonTokenType.PropertyName;
            if (isName || reader.TokenType == JsonTokenType.String)
            {
                var text = Decode(ref reader);
                var masked =
                    (isName || ofType) && IsWord(text) ? SecretMasker.ApplyShapes(text, tally, part)
                    : name is null ? masker.Apply(text, tally, part)
                    : masker.ApplyToMember(name, text, tally, part);
                if (!ReferenceEquals(masked, text))
                {
                    var start = (int)reader.TokenStartIndex + 1;
                    output ??= new(utf8.Length);
                    output.Write(utf8.Span[copied..start]);
                    Encoding.UTF8.GetBytes(Encode(masked), output);
                    copied = start + reader.ValueSpan.Length;
                }
                name = isName ? text : null;
            }
            else
                name = null;
            ofType = isName && reader.ValueTextEquals(TypeProperty);
        }
        if (output is null)
            return utf8;
        output.Write(utf8.Span[copied..]);
        return output.WrittenMemory;
    }

    private static bool IsWord(string text) => text.Length <= LongestWord && text.All(char.IsAsciiLetter);

    // The reader's own decoding throws at half a surrogate pair, which JSON allows.
    private static string Decode(ref Utf8JsonReader reader)
    {
        var text = Encoding.UTF8.GetString(reader.ValueSpan);
        if (!reader.ValueIsEscaped)
            return text;
        var decoded = new StringBuilder(text.Length);
        var rest = text.AsSpan();
        while (rest.IndexOf('\\') is var at and >= 0)
        {
            decoded.Append(rest[..at]);
            var isCode = rest[at + 1] == 'u';
            decoded.Append(
                isCode
                    ? (char)ushort.Parse(rest.Slice(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
                    : Unescaped(rest[at + 1])
            );
            rest = rest[(at + (isCode ? 6 : 2))..];
        }
        decoded.Append(rest);
        return decoded.ToString();
    }

    private static char Unescaped(char escape) =>
        escape switch
        {
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            _ => escape,
        };
}
