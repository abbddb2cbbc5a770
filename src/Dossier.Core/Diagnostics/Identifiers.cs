using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Dossier;

/// <summary>Makes and checks ids. Records have time-ordered UUIDs (RFC 9562, version 7); sessions have ids that people can read.</summary>
internal static class Identifiers
{
    private const int MaxSessionIdLength = 128;
    private const int MaxNameLength = 1024;

    // Without the letters and digits that are mistaken for one another.
    private const string Alphabet = "abcdefghjkmnpqrstuvwxyz23456789";

    private static readonly SearchValues<char> SessionIdCharacters = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
    );

    // Asking the system for a few bytes costs as much as asking it for many.
    private const int RandomAtOnce = 64 * 16;

    [ThreadStatic]
    private static byte[]? t_random;

    [ThreadStatic]
    private static int t_taken;

    /// <summary>What <see cref="Guid.CreateVersion7(DateTimeOffset)"/> makes, with random bits that were drawn for many at once.</summary>
    public static Guid NewGuid(DateTimeOffset now)
    {
        if (t_random is null || t_taken == RandomAtOnce)
        {
            RandomNumberGenerator.Fill(t_random ??= new byte[RandomAtOnce]);
            t_taken = 0;
        }
        var bytes = t_random.AsSpan(t_taken, 16);
        t_taken += 16;
        var milliseconds = now.ToUnixTimeMilliseconds();
        BinaryPrimitives.WriteInt16BigEndian(bytes, (short)(milliseconds >> 32));
        BinaryPrimitives.WriteInt32BigEndian(bytes[2..], (int)milliseconds);
        bytes[6] = (byte)(0x70 | (bytes[6] & 0x0F)); // version
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F)); // variant
        return new(bytes, bigEndian: true);
    }

    public static string NewRecordId(DateTimeOffset now) => NewGuid(now).ToString("N");

    public static string NewSessionId(DateTimeOffset now) =>
        $"{now.UtcDateTime.ToString("yyyyMMdd-HHmmss", System.Globalization.CultureInfo.InvariantCulture)}-{RandomNumberGenerator.GetString(Alphabet, 6)}";

    /// <summary>The time that records carry: whole microseconds, which every backend keeps exactly.</summary>
    public static DateTimeOffset GetRecordTime(this TimeProvider time) => time.GetUtcNow().ToRecordTime();

    public static DateTimeOffset ToRecordTime(this DateTimeOffset value)
    {
        var utc = value.UtcTicks;
        return new(utc - (utc % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
    }

    public static bool IsSessionId(string id) =>
        id.Length is > 0 and <= MaxSessionIdLength && id[0] != '.' && !id.AsSpan().ContainsAnyExcept(SessionIdCharacters);

    public static void CheckSessionId(string id, string parameter)
    {
        ArgumentException.ThrowIfNullOrEmpty(id, parameter);
        if (!IsSessionId(id))
        {
            throw new ArgumentException(
                $"Session id '{Shorten(id)}' is not valid: use 1 to {MaxSessionIdLength} letters, digits, '-', '_' and '.', not beginning with a dot.",
                parameter
            );
        }
    }

    public static void CheckName(string name, string parameter)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name, parameter);
        if (name.Length > MaxNameLength)
            throw new ArgumentException(
                $"The name '{Shorten(name)}' has {name.Length} characters; at most {MaxNameLength} are kept.",
                parameter
            );
        foreach (var c in name)
        {
            if (char.IsControl(c))
                throw new ArgumentException($"The name '{Shorten(name)}' has the control character U+{(int)c:X4}; remove it.", parameter);
        }
        // A lone surrogate has no UTF-8 and would come back as another name.
        foreach (var rune in name.EnumerateRunes())
        {
            if (rune == System.Text.Rune.ReplacementChar && !name.Contains('\uFFFD', StringComparison.Ordinal))
                throw new ArgumentException("The name has half of a surrogate pair; it is not valid Unicode.", parameter);
        }
    }

    /// <summary>A name as it may be told; masked first, as half a key is none that could be found.</summary>
    private static string Shorten(string text)
    {
        var masked = SecretMasker.ApplyShapes(text);
        return masked.Length <= 80 ? masked : string.Concat(masked.AsSpan(0, 79), "…");
    }
}
