using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// How a message that is one text is kept, as nearly all are: the text as it is, which JSON would escape and wrap, and behind it a line with
/// its role. Its author, time and id, where it has them, stand before the role as JSON: <c>{"messageId":"1"} assistant</c>. All other messages
/// are JSON, which ends with no letter. The text comes first so that its own digest is a halt on the way to that of the whole.
/// </summary>
internal static class PlainMessage
{
    private static readonly ChatRole[] s_roles = [ChatRole.User, ChatRole.Assistant, ChatRole.System, ChatRole.Tool];

    /// <summary>Whether a role stands for itself; any other may hold a line break.</summary>
    public static bool HasRole(ChatMessage message) => RoleOf(message.Role.Value) is not null;

    /// <summary>Whether an encoded message is one.</summary>
    public static bool Is(ReadOnlySpan<byte> encoded) => encoded is [.., >= (byte)'a' and <= (byte)'z'];

    /// <summary>How many bytes of an encoded message that is one are its text; negative when it has no line for its role.</summary>
    public static int TextLength(ReadOnlySpan<byte> encoded) => encoded.LastIndexOf((byte)'\n');

    /// <param name="role">A role that <see cref="HasRole"/> knows.</param>
    /// <param name="properties">What else is known of the message, as JSON without line breaks; empty for nothing.</param>
    /// <param name="text">The text.</param>
    public static ReadOnlyMemory<byte> Encode(string role, ReadOnlySpan<byte> properties, string text)
    {
        var line = role.Length + (properties.IsEmpty ? 1 : properties.Length + 2);
        var encoded = new byte[Encoding.UTF8.GetByteCount(text) + line];
        var rest = encoded.AsSpan(Encoding.UTF8.GetBytes(text, encoded));
        rest[0] = (byte)'\n';
        if (!properties.IsEmpty)
        {
            properties.CopyTo(rest[1..]);
            rest[properties.Length + 1] = (byte)' ';
        }
        Encoding.UTF8.GetBytes(role, rest[^role.Length..]);
        return encoded;
    }

    /// <param name="encoded">The message.</param>
    /// <param name="message">How its properties are read.</param>
    /// <exception cref="JsonException">It is not an encoded message.</exception>
    public static ChatMessage Decode(ReadOnlySpan<byte> encoded, JsonTypeInfo<ChatMessage> message)
    {
        var length = TextLength(encoded);
        var line = encoded[(length + 1)..];
        var space = line.LastIndexOf((byte)' ');
        var role =
            (length < 0 ? null : RoleOf(Encoding.UTF8.GetString(line[(space + 1)..])))
            ?? throw new JsonException("This is not an encoded message: it ends with no role.");
        var decoded = space < 0 ? new ChatMessage() : JsonSerializer.Deserialize(line[..space], message)!;
        decoded.Role = role;
        decoded.Contents = [new TextContent(Encoding.UTF8.GetString(encoded[..length]))];
        return decoded;
    }

    private static ChatRole? RoleOf(string? name)
    {
        foreach (var role in s_roles)
            if (string.Equals(role.Value, name, StringComparison.Ordinal))
                return role;
        return null;
    }
}
