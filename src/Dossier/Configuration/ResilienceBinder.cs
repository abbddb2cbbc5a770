using System.Globalization;

namespace Dossier;

/// <summary>Reads and writes what configuration says of retries, the circuit breaker and time limits. The bounds are those of the options.</summary>
internal static class ResilienceBinder
{
    private static readonly Member[] s_members =
    [
        Of(nameof(ResilienceOptions.MaxRetries), o => o.MaxRetries, (o, v) => o.MaxRetries = v),
        Of(nameof(ResilienceOptions.BaseDelay), o => o.BaseDelay, (o, v) => o.BaseDelay = v),
        Of(nameof(ResilienceOptions.MaxDelay), o => o.MaxDelay, (o, v) => o.MaxDelay = v),
        Of(nameof(ResilienceOptions.FirstTokenTimeout), o => o.FirstTokenTimeout, (o, v) => o.FirstTokenTimeout = v),
        Of(nameof(ResilienceOptions.AttemptTimeout), o => o.AttemptTimeout, (o, v) => o.AttemptTimeout = v),
        Of(nameof(ResilienceOptions.TotalTimeout), o => o.TotalTimeout, (o, v) => o.TotalTimeout = v),
        new(
            nameof(ResilienceOptions.CircuitFailureRatio),
            o => o.CircuitFailureRatio?.ToString(CultureInfo.InvariantCulture),
            (o, reader, key) => o.CircuitFailureRatio = reader.Number(key)
        ),
        Of(nameof(ResilienceOptions.CircuitMinimumCalls), o => o.CircuitMinimumCalls, (o, v) => o.CircuitMinimumCalls = v),
        Of(nameof(ResilienceOptions.CircuitSampling), o => o.CircuitSampling, (o, v) => o.CircuitSampling = v),
        Of(nameof(ResilienceOptions.CircuitBreak), o => o.CircuitBreak, (o, v) => o.CircuitBreak = v),
    ];

    public static IReadOnlyList<string> Names { get; } = [.. s_members.Select(member => member.Name)];

    /// <summary>What the code set.</summary>
    public static IEnumerable<(string Key, string? Value)> Settings(ResilienceOptions options) =>
        s_members.Select(member => (KeyOf(member), member.Text(options)));

    /// <summary>What all sources set; what is out of its bounds is reported.</summary>
    public static ResilienceOptions Bind(SettingSet settings, SettingReader reader, ConfigurationFailures failures)
    {
        var options = new ResilienceOptions();
        foreach (var member in s_members)
        {
            try
            {
                member.Read(options, reader, KeyOf(member));
            }
            catch (ArgumentOutOfRangeException e) when (settings.Find(KeyOf(member)) is { } setting)
            {
                // The parameter's name is a line of its own.
                failures.Add(setting, "is out of its bounds", e.Message.Split(" (Parameter")[0]);
            }
        }
        return options;
    }

    private static string KeyOf(Member member) => $"{nameof(SessionOptions.Resilience)}:{member.Name}";

    private static Member Of(string name, Func<ResilienceOptions, int?> get, Action<ResilienceOptions, int?> set) =>
        new(name, o => get(o)?.ToString(CultureInfo.InvariantCulture), (o, reader, key) => set(o, reader.WholeNumber(key)));

    private static Member Of(string name, Func<ResilienceOptions, TimeSpan?> get, Action<ResilienceOptions, TimeSpan?> set) =>
        new(name, o => get(o)?.ToString("c", CultureInfo.InvariantCulture), (o, reader, key) => set(o, reader.Duration(key)));

    private sealed record Member(string Name, Func<ResilienceOptions, string?> Text, Action<ResilienceOptions, SettingReader, string> Read);
}
