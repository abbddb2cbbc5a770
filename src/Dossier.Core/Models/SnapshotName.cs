namespace Dossier;

/// <summary>Names of snapshots: a model's name and the date of the snapshot, as vendors write them.</summary>
internal static class SnapshotName
{
    private const string Latest = "latest";

    /// <summary>
    /// The name without what makes it a snapshot: <c>-2025-08-07</c>, <c>-20250929</c>, <c>@20250929</c>,
    /// <c>-09-2025</c>, <c>-0709</c> (month and day), <c>-2512</c> (year and month), or <c>-latest</c>; null when it has nothing of the kind.
    /// </summary>
    public static string? WithoutDate(string name) =>
        Strip(name, 10, static s => s[4] == '-' && s[7] == '-' && IsDate(s[..4], s[5..7], s[8..]))
        ?? Strip(name, 8, static s => IsDate(s[..4], s[4..6], s[6..]))
        ?? Strip(name, 7, static s => s[2] == '-' && IsDate(s[3..], s[..2], "01"))
        ?? Strip(name, 4, static s => IsDate("2000", s[..2], s[2..]) || IsDate(string.Concat("20", s[..2]), s[2..], "01"))
        ?? Strip(name, Latest.Length, static s => s.Equals(Latest, StringComparison.OrdinalIgnoreCase));

    private static string? Strip(string name, int length, Func<ReadOnlySpan<char>, bool> isSuffix)
    {
        var end = name.Length - length - 1;
        return end > 0 && name[end] is '-' or '@' && isSuffix(name.AsSpan(end + 1)) ? name[..end] : null;
    }

    private static bool IsDate(ReadOnlySpan<char> year, ReadOnlySpan<char> month, ReadOnlySpan<char> day) =>
        Number(year) is >= 2000 and < 2100 && Number(month) is >= 1 and <= 12 && Number(day) is >= 1 and <= 31;

    private static int Number(ReadOnlySpan<char> digits) =>
        int.TryParse(digits, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)
            ? number
            : -1;
}
