using System.Buffers.Binary;
using System.Text;

namespace Dossier;

/// <summary>
/// The bytes of the zip format (PKWARE APPNOTE 6.3) between what a bundle holds. All of them follow from the names, sizes and check sums of the
/// entries, so that a reader can tell what has to stand where, and that no byte is another one.
/// </summary>
internal static class BundleLayout
{
    public const string ManifestName = "manifest.json";
    public const string RecordsName = "records.jsonl";
    public const string ContentFolder = "content/";
    public const int HeaderSize = 30;

    private const uint HeaderMark = 0x04034b50;
    private const uint DescriptorMark = 0x08074b50;
    private const uint DirectoryMark = 0x02014b50;
    private const uint LargeEndMark = 0x06064b50;
    private const uint LargeEndLocatorMark = 0x07064b50;
    private const uint EndMark = 0x06054b50;
    private const ushort Version = 20;
    private const ushort LargeVersion = 45;
    private const ushort SumsFollow = 1 << 3;
    private const ushort Date = (1 << 5) | 1; // 1980-01-01, the first that there is
    private const uint Large = uint.MaxValue;
    private const int LongestDescribed = 200;
    private const ushort Many = ushort.MaxValue;

    /// <summary>What stands before an entry. Without its check sum, that follows the entry.</summary>
    public static byte[] Header(string name, long size, uint? crc)
    {
        var isLarge = size >= Large;
        var bytes = new Writer(HeaderSize + name.Length + 20);
        bytes.Add(HeaderMark);
        AddCommon(bytes, isLarge, isStreamed: crc is null);
        bytes.Add(crc ?? 0);
        var stated =
            isLarge ? Large
            : crc is null ? 0
            : (uint)size;
        bytes.Add(stated);
        bytes.Add(stated);
        bytes.Add((ushort)name.Length);
        bytes.Add((ushort)(isLarge ? 20 : 0));
        bytes.Add(name);
        if (isLarge)
        {
            bytes.Add((ushort)1);
            bytes.Add((ushort)16);
            bytes.Add(0L);
            bytes.Add(0L);
        }
        return bytes.ToArray();
    }

    /// <summary>What follows an entry whose header is without its check sum.</summary>
    public static byte[] Descriptor(long size, uint crc)
    {
        var bytes = new Writer(24);
        bytes.Add(DescriptorMark);
        bytes.Add(crc);
        for (var i = 0; i < 2; i++)
            if (size >= Large)
                bytes.Add(size);
            else
                bytes.Add((uint)size);
        return bytes.ToArray();
    }

    /// <summary>What the directory says of an entry.</summary>
    public static byte[] InDirectory(string name, long size, uint crc, long offset, bool isStreamed)
    {
        var (isLarge, isFar) = (size >= Large, offset >= Large);
        var extra = (isLarge ? 16 : 0) + (isFar ? 8 : 0);
        var bytes = new Writer(46 + name.Length + 4 + extra);
        bytes.Add(DirectoryMark);
        bytes.Add(LargeVersion);
        AddCommon(bytes, isLarge || isFar, isStreamed);
        bytes.Add(crc);
        bytes.Add(isLarge ? Large : (uint)size);
        bytes.Add(isLarge ? Large : (uint)size);
        bytes.Add((ushort)name.Length);
        bytes.Add((ushort)(extra == 0 ? 0 : extra + 4));
        bytes.Add((ushort)0); // comment
        bytes.Add((ushort)0); // disk
        bytes.Add((ushort)0); // internal attributes
        bytes.Add(0u); // external attributes
        bytes.Add(isFar ? Large : (uint)offset);
        bytes.Add(name);
        if (extra > 0)
        {
            bytes.Add((ushort)1);
            bytes.Add((ushort)extra);
        }
        if (isLarge)
        {
            bytes.Add(size);
            bytes.Add(size);
        }
        if (isFar)
            bytes.Add(offset);
        return bytes.ToArray();
    }

    /// <summary>The last bytes of the file.</summary>
    public static byte[] End(long entries, long directory, long directorySize)
    {
        var bytes = new Writer(98);
        if (entries >= Many || directory >= Large || directorySize >= Large)
        {
            bytes.Add(LargeEndMark);
            bytes.Add(44L); // bytes that follow
            bytes.Add(LargeVersion);
            bytes.Add(LargeVersion);
            bytes.Add(0u);
            bytes.Add(0u);
            bytes.Add(entries);
            bytes.Add(entries);
            bytes.Add(directorySize);
            bytes.Add(directory);
            bytes.Add(LargeEndLocatorMark);
            bytes.Add(0u);
            bytes.Add(directory + directorySize);
            bytes.Add(1u);
        }
        bytes.Add(EndMark);
        bytes.Add(0u);
        bytes.Add((ushort)Math.Min(entries, Many));
        bytes.Add((ushort)Math.Min(entries, Many));
        bytes.Add((uint)Math.Min(directorySize, Large));
        bytes.Add((uint)Math.Min(directory, Large));
        bytes.Add((ushort)0);
        return bytes.ToArray();
    }

    /// <summary>The size and check sum that a header states; null when it is no header.</summary>
    public static (long Size, uint Crc)? ReadHeader(ReadOnlySpan<byte> header) =>
        header.Length >= HeaderSize && BinaryPrimitives.ReadUInt32LittleEndian(header) == HeaderMark
            ? (BinaryPrimitives.ReadUInt32LittleEndian(header[18..]), BinaryPrimitives.ReadUInt32LittleEndian(header[14..]))
            : null;

    /// <summary>What stands where a header was expected, for a message.</summary>
    public static string Describe(ReadOnlySpan<byte> found)
    {
        if (ReadHeader(found) is null)
            return "bytes that begin no entry";
        var method = MethodOf(found);
        var bytes = NameIn(found);
        var name = string.Concat(
            Encoding.UTF8.GetString(bytes[..Math.Min(LongestDescribed, bytes.Length)]).Select(c => char.IsControl(c) ? '?' : c)
        );
        return method == 0 ? $"the entry '{name}'" : $"the entry '{name}', which is compressed (method {method})";
    }

    /// <summary>Why what stands at a byte is not the header or the descriptor of an entry that was expected there, for a message that begins with the entry.</summary>
    public static string Mismatch(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> found, long at) =>
        ReadHeader(expected) is null ? $"is not as it was written: the check sum or the size behind it, at byte {at}, differs"
        : ReadHeader(found) is not null && MethodOf(found) == 0 && NameIn(found).SequenceEqual(NameIn(expected))
            ? $"at byte {at} is not as it was written: its check sum, size or flags differ"
        : $"is expected at byte {at}; found: {Describe(found)}";

    private static ushort MethodOf(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt16LittleEndian(header[8..]);

    /// <summary>As much of an entry's name as is there.</summary>
    private static ReadOnlySpan<byte> NameIn(ReadOnlySpan<byte> header) =>
        header.Slice(HeaderSize, Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(header[26..]), header.Length - HeaderSize));

    private static void AddCommon(Writer bytes, bool isLarge, bool isStreamed)
    {
        bytes.Add(isLarge ? LargeVersion : Version);
        bytes.Add(isStreamed ? SumsFollow : (ushort)0);
        bytes.Add((ushort)0); // stored
        bytes.Add((ushort)0); // midnight
        bytes.Add(Date);
    }

    /// <summary>Numbers as the zip format has them, little-endian.</summary>
    private sealed class Writer(int capacity)
    {
        private readonly byte[] _bytes = new byte[capacity];
        private int _length;

        public void Add(ushort number) => BinaryPrimitives.WriteUInt16LittleEndian(Take(sizeof(ushort)), number);

        public void Add(uint number) => BinaryPrimitives.WriteUInt32LittleEndian(Take(sizeof(uint)), number);

        public void Add(long number) => BinaryPrimitives.WriteInt64LittleEndian(Take(sizeof(long)), number);

        public void Add(string ascii) => Encoding.ASCII.GetBytes(ascii, Take(ascii.Length));

        public byte[] ToArray() => _bytes[.._length];

        private Span<byte> Take(int count)
        {
            _length += count;
            return _bytes.AsSpan(_length - count, count);
        }
    }
}
