using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Dossier.Storage;

/// <summary>
/// The address of content: the SHA-256 (FIPS 180-4) of its bytes, written <c>sha256:</c> and 64 lower-case hex digits.
/// A value type without allocations, safe to use from any thread.
/// </summary>
public readonly struct ContentDigest : IEquatable<ContentDigest>, IParsable<ContentDigest>
{
    /// <summary>The length of the hash, in bytes.</summary>
    public const int Size = 32;

    /// <summary>The length of the digest as text.</summary>
    internal const int TextLength = 7 + (2 * Size);

    private const string Prefix = "sha256:";

    [ThreadStatic]
    private static IncrementalHash? t_hash;

    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    // Made once for each thread: for a kilobyte, making one takes as long as a part of the hash.
    private static IncrementalHash Hash => t_hash ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Wraps a hash that was computed elsewhere.</summary>
    /// <param name="hash">Exactly 32 bytes.</param>
    /// <exception cref="ArgumentException">The length is not 32.</exception>
    public ContentDigest(ReadOnlySpan<byte> hash)
    {
        if (hash.Length != Size)
            throw new ArgumentException($"A SHA-256 hash has {Size} bytes, not {hash.Length}.", nameof(hash));
        _a = BinaryPrimitives.ReadUInt64BigEndian(hash);
        _b = BinaryPrimitives.ReadUInt64BigEndian(hash[8..]);
        _c = BinaryPrimitives.ReadUInt64BigEndian(hash[16..]);
        _d = BinaryPrimitives.ReadUInt64BigEndian(hash[24..]);
    }

    /// <summary>Hashes bytes that are in memory.</summary>
    public static ContentDigest Of(ReadOnlySpan<byte> content)
    {
        Span<byte> result = stackalloc byte[Size];
        Hash.AppendData(content);
        Hash.GetHashAndReset(result);
        return new(result);
    }

    /// <summary>Hashes bytes, and the beginning of them, in one go.</summary>
    /// <param name="content">The bytes.</param>
    /// <param name="length">How many are the beginning.</param>
    internal static (ContentDigest Whole, ContentDigest Beginning) OfBoth(ReadOnlySpan<byte> content, int length)
    {
        var hash = Hash;
        Span<byte> result = stackalloc byte[Size];
        hash.AppendData(content[..length]);
        hash.GetCurrentHash(result);
        var beginning = new ContentDigest(result);
        hash.AppendData(content[length..]);
        hash.GetHashAndReset(result);
        return (new(result), beginning);
    }

    /// <summary>Writes the 32 bytes of the hash.</summary>
    /// <param name="destination">At least 32 bytes.</param>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _a);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _b);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], _c);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], _d);
    }

    /// <summary>The 32 bytes of the hash, in a new array.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>The 64 hex digits, without the name of the algorithm.</summary>
    public string ToHex() =>
        string.Create(
            Size * 2,
            this,
            static (span, digest) =>
            {
                Span<byte> bytes = stackalloc byte[Size];
                digest.CopyTo(bytes);
                Convert.TryToHexStringLower(bytes, span, out _);
            }
        );

    /// <summary><c>sha256:</c> and 64 hex digits.</summary>
    public override string ToString() => Prefix + ToHex();

    /// <summary>Writes what <see cref="ToString"/> returns, as ASCII.</summary>
    /// <param name="utf8">At least <see cref="TextLength"/> bytes.</param>
    internal void CopyTextTo(Span<byte> utf8)
    {
        Span<byte> bytes = stackalloc byte[Size];
        CopyTo(bytes);
        "sha256:"u8.CopyTo(utf8);
        Convert.TryToHexStringLower(bytes, utf8[Prefix.Length..], out _);
    }

    /// <summary>Reads what <see cref="ToString"/> writes; hex digits in either case.</summary>
    /// <exception cref="FormatException">The text is not a digest.</exception>
    public static ContentDigest Parse(string s) =>
        TryParse(s, null, out var digest)
            ? digest
            : throw new FormatException($"'{s}' is not a digest: expected 'sha256:' and 64 hex digits.");

    static ContentDigest IParsable<ContentDigest>.Parse(string s, IFormatProvider? provider) => Parse(s);

    /// <summary>Reads what <see cref="ToString"/> writes; false when the text is not a digest.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out ContentDigest result)
    {
        Span<byte> bytes = stackalloc byte[Size];
        if (
            s is { Length: TextLength }
            && s.StartsWith(Prefix, StringComparison.Ordinal)
            && Convert.FromHexString(s.AsSpan(Prefix.Length), bytes, out _, out var written) == System.Buffers.OperationStatus.Done
            && written == Size
        )
        {
            result = new(bytes);
            return true;
        }
        result = default;
        return false;
    }

    /// <inheritdoc/>
    public bool Equals(ContentDigest other) => _a == other._a && _b == other._b && _c == other._c && _d == other._d;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ContentDigest other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _a.GetHashCode();

    /// <summary>Whether both are the address of the same bytes.</summary>
    public static bool operator ==(ContentDigest left, ContentDigest right) => left.Equals(right);

    /// <summary>Whether they are the addresses of different bytes.</summary>
    public static bool operator !=(ContentDigest left, ContentDigest right) => !left.Equals(right);
}
