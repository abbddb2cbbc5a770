using System.Buffers.Binary;
using System.Text;

namespace Dossier.Storage;

/// <summary>What an entry of a session's chain speaks of. The numbers are part of the hashes.</summary>
internal enum ChainEntryKind : byte
{
    Artifact = 1,
    Response = 2,

    /// <summary>The record of an earlier entry was purged, or replaced by the one that follows.</summary>
    Gone = 3,

    /// <summary>Messages that no response stands for: appended by themselves, or inherited.</summary>
    Messages = 4,
}

/// <summary>
/// An entry of a session's chain: a record, or that one is gone. The hash of an entry covers that of the one before it, and that of the first
/// the session's id; the session keeps the last.
/// </summary>
/// <param name="Kind">What it speaks of.</param>
/// <param name="Number">The sequence of an artifact in its session; the number of the entry whose record is gone; the place of the last message; 0 for a response.</param>
/// <param name="Version">The version of an artifact, else 0.</param>
/// <param name="Row">The hash of the record's row; that of the row that is gone; that of the last message, which covers those before it.</param>
internal readonly record struct ChainEntry(ChainEntryKind Kind, long Number, int Version, ContentDigest Row)
{
    /// <summary>How many bytes it is.</summary>
    public const int Size = 1 + sizeof(long) + sizeof(int) + ContentDigest.Size;

    private static ReadOnlySpan<byte> Beginning => "dossier chain 1\n"u8;

    public static ChainEntry Of(ReadOnlySpan<byte> bytes) =>
        bytes.Length == Size
            ? new(
                (ChainEntryKind)bytes[0],
                BinaryPrimitives.ReadInt64BigEndian(bytes[1..]),
                BinaryPrimitives.ReadInt32BigEndian(bytes[9..]),
                new(bytes[13..])
            )
            : throw new FormatException($"An entry of a chain has {Size} bytes, not {bytes.Length}.");

    public void CopyTo(Span<byte> destination)
    {
        destination[0] = (byte)Kind;
        BinaryPrimitives.WriteInt64BigEndian(destination[1..], Number);
        BinaryPrimitives.WriteInt32BigEndian(destination[9..], Version);
        Row.CopyTo(destination[13..]);
    }

    /// <summary>What the first entry of a session's chain covers.</summary>
    public static ContentDigest Start(string sessionId)
    {
        Span<byte> bytes = stackalloc byte[Beginning.Length + Encoding.UTF8.GetMaxByteCount(sessionId.Length)];
        Beginning.CopyTo(bytes);
        return ContentDigest.Of(bytes[..(Beginning.Length + Encoding.UTF8.GetBytes(sessionId, bytes[Beginning.Length..]))]);
    }

    /// <summary>The hash of the entry behind one whose hash is <paramref name="previous"/>.</summary>
    public ContentDigest After(ContentDigest previous)
    {
        Span<byte> bytes = stackalloc byte[ContentDigest.Size + Size];
        previous.CopyTo(bytes);
        CopyTo(bytes[ContentDigest.Size..]);
        return ContentDigest.Of(bytes);
    }
}
