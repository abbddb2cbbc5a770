using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Dossier.Storage;

namespace Dossier;

/// <summary>
/// What a model call is found by: the SHA-256 of lines of text, version 1. They are <c>dossier request 1</c>, the operation, the model as it was
/// asked for, the digest of the options or <c>-</c>, and for each message its digest and the numbers of the tool calls that it speaks of, in the
/// order in which the request first names them.
/// </summary>
internal static class RequestIdentity
{
    public static ContentDigest Of(ResponseOperation operation, string model, ContentDigest? options, IReadOnlyList<string> messages)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append("dossier request 1");
        Append(operation is ResponseOperation.Embedding ? "embedding" : "chat");
        Append(model);
        Append(options?.ToString() ?? "-");
        foreach (var message in messages)
            Append(message);
        Span<byte> result = stackalloc byte[ContentDigest.Size];
        hash.GetHashAndReset(result);
        return new(result);

        void Append(string line)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(line));
            hash.AppendData("\n"u8);
        }
    }

    /// <summary>The lines of messages.</summary>
    public static List<string> LinesOf(IEnumerable<CanonicalMessage> messages)
    {
        var lines = new List<string>();
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var message in messages.Where(static message => !message.SaysNothing))
        {
            var line = message.Digest;
            foreach (var id in message.CallIds)
            {
                if (!numbers.TryGetValue(id, out var number))
                    numbers.Add(id, number = numbers.Count + 1);
                line += " " + number.ToString(CultureInfo.InvariantCulture);
            }
            lines.Add(line);
        }
        return lines;
    }
}
