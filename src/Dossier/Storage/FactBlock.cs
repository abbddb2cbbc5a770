using System.Buffers.Binary;
using System.Numerics;

namespace Dossier.Storage;

/// <summary>
/// Which of 4,096 neighbouring positions have a fact, as the index keeps them: few as 2 bytes each, many as a bitmap of 512 bytes,
/// whichever is smaller. So two conditions that are true of half the artifacts each are intersected at a few
/// thousand artifacts per row read.
/// </summary>
internal static class FactBlock
{
    public const int Size = 4096;
    public const int Words = Size / 64;
    private const int BitmapBytes = Size / 8;

    public static long Of(long position) => position / Size;

    /// <summary>Sets the bits of the members and leaves the others as they are.</summary>
    public static void Read(ReadOnlySpan<byte> members, Span<ulong> bits)
    {
        if (members.Length == BitmapBytes)
            for (var word = 0; word < Words; word++)
                bits[word] |= BinaryPrimitives.ReadUInt64LittleEndian(members[(word * 8)..]);
        else
            for (var i = 0; i + 1 < members.Length; i += 2)
                Set(bits, BinaryPrimitives.ReadUInt16LittleEndian(members[i..]));
    }

    public static void Set(Span<ulong> bits, long position) => bits[(int)(position % Size) / 64] |= 1UL << (int)(position % 64);

    public static byte[] Write(ReadOnlySpan<ulong> bits)
    {
        var count = 0;
        foreach (var word in bits)
            count += BitOperations.PopCount(word);
        var members = new byte[Math.Min(count * 2, BitmapBytes)];
        if (members.Length == BitmapBytes)
        {
            for (var word = 0; word < Words; word++)
                BinaryPrimitives.WriteUInt64LittleEndian(members.AsSpan(word * 8), bits[word]);
            return members;
        }
        var at = 0;
        for (var word = 0; word < Words; word++)
        for (var rest = bits[word]; rest != 0; rest &= rest - 1, at += 2)
            BinaryPrimitives.WriteUInt16LittleEndian(members.AsSpan(at), (ushort)((word * 64) + BitOperations.TrailingZeroCount(rest)));
        return members;
    }
}
