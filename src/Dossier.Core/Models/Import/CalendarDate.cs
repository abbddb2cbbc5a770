using System.Globalization;

namespace Dossier;

/// <summary>Dates as catalogues write them: <c>2025-08-07</c>, <c>2025-08</c> or <c>2025</c>.</summary>
internal static class CalendarDate
{
    /// <summary>The day, the first of the month or the first of the year; false when no calendar has it.</summary>
    public static bool TryParse(string text, out DateOnly date)
    {
        var whole = text.Length switch
        {
            4 => text + "-01-01",
            7 => text + "-01",
            _ => text,
        };
        return DateOnly.TryParseExact(whole, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out date);
    }
}
