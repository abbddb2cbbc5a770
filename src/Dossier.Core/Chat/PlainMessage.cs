using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// How a message that is one text is kept, as nearly all are: its role on a line, and behind it the text as it is, which JSON would escape and
/// wrap. Its author, time and id, where it has them, stand behind the role as JSON: <c>assistant {"messageId":"1"}</c>. All other messages are
/// JSON, which begins with no letter.
/// </summary>
internal static class PlainMessage
{
    private static readonly ChatRole[] s_roles = [ChatRole.User, ChatRole.Assistant, ChatRole.System, ChatRole.Tool];

    /// <summary>Whether a role stands for itself; any other may hold a line break.</summary>
    public static bool HasRole(ChatMessage message) => RoleOf(message.Role.Value) is not null;

    /// <summary>Whether an encoded message is one.</summary>
    public static bool Is(ReadOnlySpan<byte> encoded) => encoded is [>= (byte)'a' and <= (byte)'z', ..];

    /// <param name="role">A role that <see cref="HasRole"/> knows.</param>
    /// <param name="properties">What else is known of the message, as JSON without line breaks; empty for nothing.</param>
    /// <param name="text">The text.</param>
    public static ReadOnlyMemory<byte> Encode(string role, ReadOnlySpan<byte> properties, string text)
    {
        var line = role.Length + (properties.IsEmpty ? 1 : properties.Length + 2);
        var encoded = new byte[line + Encoding.UTF8.GetByteCount(text)];
        Encoding.UTF8.GetBytes(role, encoded);
        if (!properties.IsEmpty)
        {
            encoded[role.Length] = (byte)' ';
            properties.CopyTo(encoded.AsSpan(role.Length + 1));
        }
        encoded[line - 1] = (byte)'\n';
        Encoding.UTF8.GetBytes(text, encoded.AsSpan(line));
        return encoded;
    }

    /// <param name="encoded">The message.</param>
    /// <param name="message">How its properties are read.</param>
    /// <exception cref="JsonException">It is not an encoded message.</exception>
    public static ChatMessage Decode(ReadOnlySpan<byte> encoded, JsonTypeInfo<ChatMessage> message)
    {
        var line = encoded[..Math.Max(0, encoded.IndexOf((byte)'\n'))];
        var space = line.IndexOf((byte)' ');
        var role =
            RoleOf(Encoding.UTF8.GetString(space < 0 ? line : line[..space]))
            ?? throw new JsonException("This is not an encoded message: it begins with no role.");
        var decoded = space < 0 ? new ChatMessage() : JsonSerializer.Deserialize(line[(space + 1)..], message)!;
        decoded.Role = role;
        decoded.Contents = [new TextContent(Encoding.UTF8.GetString(encoded[(line.Length + 1)..]))];
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
