using System.Globalization;

namespace Dossier;

/// <summary>Reads settings as values, and reports those that are none.</summary>
internal sealed class SettingReader(SettingSet settings, ConfigurationFailures failures)
{
    public string? Text(string key) => settings.Find(key)?.Value;

    public Uri? HttpUri(string key)
    {
        if (settings.Find(key) is not { } setting)
            return null;
        if (Uri.TryCreate(setting.Value.Trim(), UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
            return uri;
        failures.Add(setting, "is not an absolute http or https URI", "Write it whole, as in https://example.com/v1/.");
        return null;
    }

    public TimeSpan? Duration(string key)
    {
        if (settings.Find(key) is not { } setting)
            return null;
        // A bare number would mean days, and whoever writes one means seconds.
        var isDuration =
            TimeSpan.TryParseExact(setting.Value.Trim(), "c", CultureInfo.InvariantCulture, out var value)
            && setting.Value.Contains(':', StringComparison.Ordinal);
        if (isDuration && value > TimeSpan.Zero)
            return value;
        failures.Add(setting, isDuration ? "is not above 0" : "is not a duration", "Write hours, minutes and seconds, as in 00:01:40.");
        return null;
    }

    public T? Choice<T>(string key)
        where T : struct, Enum
    {
        if (settings.Find(key) is not { } setting)
            return null;
        var names = Enum.GetNames<T>();
        // By name only: Enum.Parse would take any number.
        if (names.FirstOrDefault(setting.Value.Trim().Is) is { } name)
            return Enum.Parse<T>(name);
        failures.Add(setting, "is none of its values", $"Write {string.Join(" or ", names)}.");
        return null;
    }
}
