using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Dossier.Storage;

namespace Dossier;

/// <summary>
/// The end of the chain of a session's artifacts and ended responses, written <c>length:sha256:hash</c>. Each entry's hash covers the record
/// and the entry before it, so that this one covers all of them: noted where nobody can change it, it shows later whether they are still what
/// they were. See <see cref="VerifyOptions.ChainHeads"/>.
/// </summary>
/// <param name="Length">How many entries the chain has; 0 for none yet. It only grows: what is purged or replaced leaves its entry behind.</param>
/// <param name="Hash">The hash of the last entry; that of the session's id when there is none yet.</param>
public readonly record struct ChainHead(long Length, ContentDigest Hash) : IParsable<ChainHead>
{
    /// <summary>For example <c>12:sha256:9f86d081…</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Length}:{Hash}");

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <exception cref="FormatException">The text is not the end of a chain.</exception>
    public static ChainHead Parse(string s) =>
        TryParse(s, null, out var head)
            ? head
            : throw new FormatException($"'{s}' is not the end of a chain: expected its length and a hash, for example '12:sha256:…'.");

    static ChainHead IParsable<ChainHead>.Parse(string s, IFormatProvider? provider) => Parse(s);

    /// <summary>Reads what <see cref="ToString"/> writes; false when the text is not the end of a chain.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out ChainHead result)
    {
        result = default;
        var colon = s?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        if (
            colon < 0
            || !long.TryParse(s.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || !ContentDigest.TryParse(s![(colon + 1)..], null, out var hash)
        )
            return false;
        result = new(length, hash);
        return true;
    }
}
