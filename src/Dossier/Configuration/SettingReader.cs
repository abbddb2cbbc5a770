using System.Globalization;

namespace Dossier;

/// <summary>Reads settings as values, and reports those that are none.</summary>
internal sealed class SettingReader(SettingSet settings, ConfigurationFailures failures)
{
    private const string NoValue = "is none of its values";

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

    public bool? Flag(string key) =>
        settings.Find(key) is not { } setting ? null
        : bool.TryParse(setting.Value.Trim(), out var flag) ? flag
        : Refuse<bool>(setting, NoValue, "Write true or false.");

    /// <summary>An amount of money.</summary>
    public decimal? Limit(string key) =>
        settings.Find(key) is not { } setting ? null
        : decimal.TryParse(setting.Value.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var limit) && limit >= 0 ? limit
        : Refuse<decimal>(setting, "is not an amount of money", "Write it in USD, 0 or above, as in 2.50.");

    /// <summary>A number of tokens or calls, also 0.</summary>
    public long? Count(string key) =>
        settings.Find(key) is not { } setting ? null
        : long.TryParse(setting.Value.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count
        : Refuse<long>(setting, "is not a number", "Write a whole number, 0 or above, without separators, as in 100000.");

    /// <summary>A part of a whole.</summary>
    public decimal? Share(string key) =>
        settings.Find(key) is not { } setting ? null
        : decimal.TryParse(setting.Value.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var share) && share is > 0 and <= 1
            ? share
        : Refuse<decimal>(setting, "is not a part of a limit", "Write a number above 0 and up to 1, as in 0.8.");

    public int? WholeNumber(string key, int min = int.MinValue)
    {
        if (settings.Find(key) is not { } setting)
            return null;
        if (!int.TryParse(setting.Value.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            return Refuse<int>(setting, "is not a whole number", "Write it without separators, as in 3.");
        return number >= min ? number : Refuse<int>(setting, "is too small", $"Write {min} or more, or leave it out.");
    }

    public double? Number(string key)
    {
        if (settings.Find(key) is not { } setting)
            return null;
        return double.TryParse(setting.Value.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number
            : Refuse<double>(setting, "is not a number", "Write it with a point, as in 0.8.");
    }

    public T? Choice<T>(string key)
        where T : struct, Enum => settings.Find(key) is { } setting ? Choice<T>(setting) : null;

    public T? Choice<T>(Setting setting)
        where T : struct, Enum =>
        Value<T>(setting.Value) ?? Refuse<T>(setting, NoValue, $"Write {string.Join(" or ", Enum.GetNames<T>())}.");

    /// <summary>Names with commas between them, as one value.</summary>
    public Modalities? Modalities(Setting setting)
    {
        var names = setting.Value.Split(',').Select(Value<Modalities>).ToList();
        return names.Contains(null)
            ? Refuse<Modalities>(setting, NoValue, $"Write {string.Join(" or ", Enum.GetNames<Modalities>())}, or a list of them.")
            : names.Aggregate((all, one) => all | one);
    }

    public Support? Support(Setting setting) =>
        bool.TryParse(setting.Value.Trim(), out var supported)
            ? supported
                ? Dossier.Support.Yes
                : Dossier.Support.No
            : Choice<Support>(setting);

    public long? Tokens(Setting setting) =>
        long.TryParse(setting.Value.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var tokens) && tokens > 0
            ? tokens
            : Refuse<long>(setting, "is not a number of tokens", "Write a whole number above 0, without separators, as in 131072.");

    public decimal? Price(Setting setting) =>
        decimal.TryParse(setting.Value.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var price) && price >= 0
            ? price
            : Refuse<decimal>(setting, "is not a price", "Write the price per million tokens, 0 or above, as in 0.25.");

    public string? Currency(Setting setting)
    {
        var currency = setting.Value.Trim().ToUpperInvariant();
        if (currency.Length == 3 && currency.All(char.IsAsciiLetter))
            return currency;
        failures.Add(setting, "is not a currency", "Write its three letters (ISO 4217), as in USD.");
        return null;
    }

    // By name only: Enum.Parse would take any number.
    private static T? Value<T>(string name)
        where T : struct, Enum => Enum.GetNames<T>().FirstOrDefault(name.Trim().Is) is { } known ? Enum.Parse<T>(known) : null;

    private T? Refuse<T>(Setting setting, string problem, string remedy)
        where T : struct
    {
        failures.Add(setting, problem, remedy);
        return null;
    }
}
