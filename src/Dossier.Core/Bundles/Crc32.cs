using System.Buffers.Binary;

namespace Dossier;

/// <summary>The check sum that the zip format asks for (CRC-32 of ISO/IEC/IEEE 8802-3), sixteen bytes at a time.</summary>
internal struct Crc32
{
    private const int Slices = 16;
    private static readonly uint[] Tables = MakeTables();

    private uint _inverted;

    public readonly uint Value => _inverted;

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = new Crc32();
        crc.Append(bytes);
        return crc.Value;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        var tables = Tables.AsSpan(0, Slices * 256);
        var crc = ~_inverted;
        for (; bytes.Length >= Slices; bytes = bytes[Slices..])
        {
            var one = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ crc;
            var two = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            var three = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
            var four = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
            crc = Look(tables, 12, one) ^ Look(tables, 8, two) ^ Look(tables, 4, three) ^ Look(tables, 0, four);
        }
        foreach (var b in bytes)
            crc = (crc >> 8) ^ tables[(byte)(crc ^ b)];
        _inverted = ~crc;
    }

    private static uint Look(ReadOnlySpan<uint> tables, int slice, uint word) =>
        tables[((slice + 3) << 8) + (byte)word]
        ^ tables[((slice + 2) << 8) + (byte)(word >> 8)]
        ^ tables[((slice + 1) << 8) + (byte)(word >> 16)]
        ^ tables[(slice << 8) + (byte)(word >> 24)];

    private static uint[] MakeTables()
    {
        const uint Polynomial = 0xEDB88320;
        var tables = new uint[Slices * 256];
        for (var i = 0u; i < 256; i++)
        {
            var value = i;
            for (var bit = 0; bit < 8; bit++)
                value = (value & 1) == 0 ? value >> 1 : (value >> 1) ^ Polynomial;
            tables[i] = value;
        }
        for (var i = 256; i < tables.Length; i++)
            tables[i] = (tables[i - 256] >> 8) ^ tables[(byte)tables[i - 256]];
        return tables;
    }
}
