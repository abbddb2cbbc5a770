using System.Globalization;
using System.Text;

namespace Dossier.Storage;

/// <summary>What orders the rows of a page: a key of their own, or a value that several may share and then the key.</summary>
/// <param name="Key">The key's column, which is the first that is selected.</param>
/// <param name="Descending">Whether the greatest comes first, of key and value.</param>
/// <param name="Sort">The value's column or expression, or null.</param>
/// <param name="SortColumn">Where it is selected.</param>
/// <param name="IsText">Whether it is text; otherwise it is a whole number.</param>
internal sealed record PageOrder(string Key, bool Descending, string? Sort = null, int SortColumn = 0, bool IsText = false)
{
    /// <summary>What says that a page ended with this row.</summary>
    public string Continuation(Statement rows)
    {
        var key = rows.Number(0).ToString(CultureInfo.InvariantCulture);
        if (Sort is null)
            return key;
        return IsText
            ? $"{key}.{Convert.ToHexString(rows.Bytes(SortColumn))}"
            : string.Create(CultureInfo.InvariantCulture, $"{key}.{rows.Number(SortColumn)}");
    }

    /// <exception cref="ArgumentException">It is none that <see cref="Continuation"/> gave.</exception>
    public static long ParseKey(string continuation) =>
        long.TryParse(continuation, NumberStyles.None, CultureInfo.InvariantCulture, out var key) ? key : throw Foreign(continuation);

    /// <exception cref="ArgumentException">It is none that <see cref="Continuation"/> gave.</exception>
    public (long Key, object Value) Parse(string continuation)
    {
        var dot = continuation.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || !long.TryParse(continuation.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out var key))
            throw Foreign(continuation);
        var value = continuation[(dot + 1)..];
        if (!IsText)
            return long.TryParse(value, CultureInfo.InvariantCulture, out var number) ? (key, number) : throw Foreign(continuation);
        var bytes = new byte[value.Length / 2];
        return Convert.FromHexString(value, bytes, out _, out _) is System.Buffers.OperationStatus.Done
            ? (key, Encoding.UTF8.GetString(bytes))
            : throw Foreign(continuation);
    }

    private static ArgumentException Foreign(string continuation) =>
        new($"'{continuation}' is not a continuation that an earlier page gave.", nameof(continuation));
}
