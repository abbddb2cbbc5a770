using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;

namespace Dossier.Storage;

/// <summary>An artifact's or response's id as the database keeps it: 16 bytes instead of 32 hex digits.</summary>
internal readonly record struct RecordId(UInt128 Value)
{
    public const int Size = 16;
    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    public static RecordId? Find(string id) =>
        id is { Length: 32 } && !id.AsSpan().ContainsAnyExcept(LowerHex)
            ? new(UInt128.Parse(id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))
            : null;

    /// <exception cref="ArgumentException">The text is not 32 lower-case hex digits.</exception>
    public static RecordId Parse(string id) =>
        Find(id) ?? throw new ArgumentException($"'{id}' is not the id of a record: 32 lower-case hex digits.", nameof(id));

    public static RecordId Of(Guid id)
    {
        Span<byte> bytes = stackalloc byte[Size];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return Of(bytes);
    }

    public static RecordId Of(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt128BigEndian(bytes));

    public static string ToText(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    public void CopyTo(Span<byte> destination) => BinaryPrimitives.WriteUInt128BigEndian(destination, Value);
}
