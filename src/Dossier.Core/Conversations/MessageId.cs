using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Dossier;

/// <summary>
/// The id of a message within its session, written <c>run.depth</c>, for example <c>3.12</c>: messages that follow one another make a run,
/// and a branch begins a new one. Allocated by the store, and never given again.
/// </summary>
/// <param name="Run">The run, from 1; unique in its store.</param>
/// <param name="Depth">How many messages there are from the beginning of the conversation to this one, itself included: 1 to <see cref="MaxDepth"/>.</param>
public readonly record struct MessageId(long Run, int Depth) : IParsable<MessageId>
{
    /// <summary>How many messages one branch can have: 16,777,215.</summary>
    public const int MaxDepth = (1 << 24) - 1;

    /// <summary>The greatest number of a run: 2³⁹ − 1.</summary>
    public const long MaxRun = (1L << 39) - 1;

    /// <summary>The id as text, for example <c>3.12</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Run}.{Depth}");

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <exception cref="FormatException">The text is not the id of a message.</exception>
    public static MessageId Parse(string s) =>
        TryParse(s, null, out var id)
            ? id
            : throw new FormatException($"'{s}' is not the id of a message: expected the numbers of run and depth, for example '3.12'.");

    static MessageId IParsable<MessageId>.Parse(string s, IFormatProvider? provider) => Parse(s);

    /// <summary>Reads what <see cref="ToString"/> writes; false when the text is not the id of a message.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out MessageId result)
    {
        result = default;
        var dot = s?.IndexOf('.', StringComparison.Ordinal) ?? -1;
        if (
            dot < 0
            || !long.TryParse(s.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out var run)
            || !int.TryParse(s.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var depth)
            || run is < 1 or > MaxRun
            || depth is < 1 or > MaxDepth
        )
            return false;
        result = new(run, depth);
        return true;
    }
}
