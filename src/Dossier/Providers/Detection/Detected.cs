using System.Globalization;

namespace Dossier;

/// <summary>The source of facts that a provider stated itself.</summary>
internal static class Detected
{
    /// <summary>The age in days from which on facts say how old they are. They stay in use: they are the last that is known.</summary>
    public const int StaleDays = 7;

    private const string Name = "detected";

    /// <summary>The source of what is detected now.</summary>
    public static FactSource Source(ProviderConnection connection) => new(Name, Today(connection.TimeProvider));

    /// <summary>The source of what was detected on a day, as of today.</summary>
    public static FactSource Source(DateOnly date, DateOnly today)
    {
        var days = today.DayNumber - date.DayNumber;
        return days < StaleDays ? new(Name, date) : new(string.Create(CultureInfo.InvariantCulture, $"{Name} {days} days ago"), date);
    }

    public static DateOnly Today(TimeProvider timeProvider) => DateOnly.FromDateTime(timeProvider.GetUtcNow().UtcDateTime);
}
