using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Dossier.Storage;

namespace Dossier;

/// <summary>
/// What is known of a message of a conversation without reading its content. Immutable. Its <see cref="Hash"/> covers that of the message
/// before it, so that the last one vouches for all.
/// </summary>
public sealed record MessageRecord
{
    /// <summary>Its id. Allocated by the store.</summary>
    public MessageId Id { get; init; }

    /// <summary>The message that it follows; null for the first of a conversation. Set by the store.</summary>
    public MessageId? Parent { get; init; }

    /// <summary>Who speaks: <c>system</c>, <c>user</c>, <c>assistant</c>, <c>tool</c> or a role of the caller's own.</summary>
    public required string Role { get; init; }

    /// <summary>The name of who speaks, where the message has one.</summary>
    public string? Author { get; init; }

    /// <summary>The address of the message itself, as it was encoded when it was kept.</summary>
    public required ContentDigest Content { get; init; }

    /// <summary>The addresses of the images and files that it holds, in the order in which it first names them.</summary>
    public IReadOnlyList<ContentDigest> Data { get; init; } = [];

    /// <summary>The id of the response that it was sent with or came with; null when it was appended without a call.</summary>
    public string? ResponseId { get; init; }

    /// <summary>When it was kept, UTC, in whole microseconds.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>
    /// The SHA-256 of its canonical form, version 1: the text <c>dossier message 1</c>; the 32 bytes of its parent's hash, or zeros; role,
    /// author and response id, each as its number of UTF-8 bytes (4 bytes, −1 for none) and those bytes; the time in microseconds since 1970
    /// (8 bytes); the digest of the content; the number of images and files (4 bytes) and the digest of each. Numbers are big-endian.
    /// </summary>
    public ContentDigest Hash { get; init; }

    /// <summary>What <see cref="Hash"/> has to be.</summary>
    /// <param name="parent">The hash of the message that it follows; null for the first of a conversation.</param>
    public ContentDigest ComputeHash(ContentDigest? parent)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("dossier message 1"u8);
        Append(hash, parent ?? default);
        Append(hash, Role);
        Append(hash, Author);
        Append(hash, ResponseId);
        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(number, (CreatedAt.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);
        hash.AppendData(number);
        Append(hash, Content);
        Append(hash, Data.Count);
        foreach (var data in Data)
            Append(hash, data);
        Span<byte> result = stackalloc byte[ContentDigest.Size];
        hash.GetHashAndReset(result);
        return new(result);
    }

    private static void Append(IncrementalHash hash, string? text)
    {
        Append(hash, text is null ? -1 : Encoding.UTF8.GetByteCount(text));
        if (text is not null)
            hash.AppendData(Encoding.UTF8.GetBytes(text));
    }

    private static void Append(IncrementalHash hash, int number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        hash.AppendData(bytes);
    }

    private static void Append(IncrementalHash hash, ContentDigest digest)
    {
        Span<byte> bytes = stackalloc byte[ContentDigest.Size];
        digest.CopyTo(bytes);
        hash.AppendData(bytes);
    }
}
