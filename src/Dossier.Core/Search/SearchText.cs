using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Dossier.Storage;

/// <summary>What of an artifact's content is searched, as UTF-8.</summary>
internal static class SearchText
{
    /// <summary>How much of a content is searched, in bytes: its beginning.</summary>
    public const int MostBytes = 4 * 1024 * 1024;

    /// <summary>Whether content of that type is searched; of all others only the name is.</summary>
    public static bool IsSearched(string contentType) => ContentTypes.IsText(contentType);

    /// <summary>The searched text: of JSON its names and values, one a line, since in its own notation an escape would stick to a word.</summary>
    public static ReadOnlyMemory<byte> Extract(string contentType, ReadOnlyMemory<byte> content)
    {
        var utf8 = ToUtf8(content);
        return IsJson(contentType) && TryReadJson(utf8.Span) is { } text ? text : utf8;
    }

    /// <summary>Reads and extracts the searched text of an artifact; empty when it has none, or when its content is missing.</summary>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(
        IRecordStore records,
        IContentStore contents,
        string contentType,
        ContentDigest digest,
        CancellationToken cancellationToken
    )
    {
        if (!IsSearched(contentType))
            return default;
        var entry = await records.GetContentAsync(digest, cancellationToken).ConfigureAwait(false);
        if (entry?.Inline is { } inline)
            return Extract(contentType, inline[..Math.Min(inline.Length, MostBytes)]);
        var stream = await contents.OpenReadAsync(digest, 0, MostBytes, cancellationToken).ConfigureAwait(false);
        if (stream is null)
            return default;
        await using (stream.ConfigureAwait(false))
        {
            var buffer = new byte[Math.Clamp(entry?.Size ?? MostBytes, 0, MostBytes)];
            var length = await stream
                .ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken)
                .ConfigureAwait(false);
            return Extract(contentType, buffer.AsMemory(0, length));
        }
    }

    private static bool IsJson(string contentType) => contentType.Contains("json", StringComparison.OrdinalIgnoreCase);

    private static ReadOnlyMemory<byte> ToUtf8(ReadOnlyMemory<byte> content) =>
        content.Span switch
        {
            [0xEF, 0xBB, 0xBF, ..] => content[3..],
            [0xFF, 0xFE, 0, 0, ..] => Encoding.UTF8.GetBytes(Encoding.UTF32.GetString(content.Span[4..])),
            [0xFF, 0xFE, ..] => Encoding.UTF8.GetBytes(Encoding.Unicode.GetString(content.Span[2..])),
            [0xFE, 0xFF, ..] => Encoding.UTF8.GetBytes(Encoding.BigEndianUnicode.GetString(content.Span[2..])),
            _ => content,
        };

    /// <summary>As much as can be read; null when not even the first value can.</summary>
    private static ReadOnlyMemory<byte>? TryReadJson(ReadOnlySpan<byte> utf8)
    {
        var text = new ArrayBufferWriter<byte>(utf8.Length + 1);
        // A cut content ends in the middle, and JSON lines are many values.
        var reader = new Utf8JsonReader(
            utf8,
            isFinalBlock: false,
            new(new() { AllowMultipleValues = true, CommentHandling = JsonCommentHandling.Skip })
        );
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String)
                    text.Advance(reader.CopyString(text.GetSpan(reader.ValueSpan.Length + 1)));
                else if (reader.TokenType is JsonTokenType.Number)
                    text.Write(reader.ValueSpan);
                else
                    continue;
                text.Write("\n"u8);
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Not JSON, whatever its type says, or with text that is not Unicode: then it is searched as it stands.
            return null;
        }
        return text.WrittenMemory;
    }
}
