using System.Globalization;
using System.Runtime.CompilerServices;

namespace Dossier;

/// <summary>
/// How calls survive failures: retries, the circuit breaker, time limits. Bound from <c>Dossier:Resilience</c>. Holds for every
/// model; what is refused or counted for a provider is in <see cref="ProviderOptions"/>. A value out of its bounds throws
/// <see cref="ArgumentOutOfRangeException"/> when it is set.
/// </summary>
public sealed class ResilienceOptions
{
    /// <summary>How often a call is tried again on the same model after a failure that may pass; 0 for never.</summary>
    /// <value>0 to 20. Null by default, which means 3.</value>
    public int? MaxRetries
    {
        get;
        set => field = Within(value, 0, 20);
    }

    /// <summary>The pause before the first retry; it doubles with each one, and half of it and more is left to chance, so that callers do not return all at once.</summary>
    /// <value>1 ms to 1 day. Null by default, which means 1 second.</value>
    public TimeSpan? BaseDelay
    {
        get;
        set => field = Duration(value);
    }

    /// <summary>
    /// The longest pause before a retry. When the provider asks for a longer one (<c>Retry-After</c>), the model is not tried again, and
    /// a fallback takes over where there is one.
    /// </summary>
    /// <value>1 ms to 1 day. Null by default, which means 1 minute.</value>
    public TimeSpan? MaxDelay
    {
        get;
        set => field = Duration(value);
    }

    /// <summary>How long each attempt of a stream may take to its first content: text, reasoning or a tool call.</summary>
    /// <value>1 ms to 1 day. Null by default: as long as <see cref="ProviderOptions.Timeout"/> allows.</value>
    public TimeSpan? FirstTokenTimeout
    {
        get;
        set => field = Duration(value);
    }

    /// <summary>How long each attempt may take as a whole; of a stream that includes the time for which its reader leaves it waiting.</summary>
    /// <value>1 ms to 1 day. Null by default: as long as <see cref="ProviderOptions.Timeout"/> allows.</value>
    public TimeSpan? AttemptTimeout
    {
        get;
        set => field = Duration(value);
    }

    /// <summary>How long a model call may take with all its retries, pauses and fallbacks. Where tools are called, each model call has so long.</summary>
    /// <value>1 ms to 1 day. Null by default: no limit of its own.</value>
    public TimeSpan? TotalTimeout
    {
        get;
        set => field = Duration(value);
    }

    /// <summary>
    /// The share of calls to a provider that have to fail for the circuit to open: then nothing is sent to it for a while. Timeouts, lost
    /// connections and 5xx count as failures; being told to slow down (429) does not.
    /// </summary>
    /// <value>0 to 1; 0 switches the circuit breaker off. Null by default, which means 0.8.</value>
    public double? CircuitFailureRatio
    {
        get;
        set => field = Within(value, 0, 1);
    }

    /// <summary>How many calls there have to be within <see cref="CircuitSampling"/> before the circuit can open.</summary>
    /// <value>2 to 1,000,000. Null by default, which means 10.</value>
    public int? CircuitMinimumCalls
    {
        get;
        set => field = Within(value, 2, 1_000_000);
    }

    /// <summary>The time over which failures are counted.</summary>
    /// <value>500 ms to 1 day. Null by default, which means 1 minute.</value>
    public TimeSpan? CircuitSampling
    {
        get;
        set => field = Duration(value, leastMilliseconds: 500);
    }

    /// <summary>For how long an open circuit lets nothing through; then one call is tried.</summary>
    /// <value>500 ms to 1 day. Null by default, which means 30 seconds.</value>
    public TimeSpan? CircuitBreak
    {
        get;
        set => field = Duration(value, leastMilliseconds: 500);
    }

    private static TimeSpan? Duration(TimeSpan? value, int leastMilliseconds = 1, [CallerMemberName] string name = "") =>
        Within(value, TimeSpan.FromMilliseconds(leastMilliseconds), TimeSpan.FromDays(1), name);

    private static T? Within<T>(T? value, T min, T max, [CallerMemberName] string name = "")
        where T : struct, IComparable<T>, IFormattable =>
        value is { } given && (given.CompareTo(min) < 0 || given.CompareTo(max) > 0)
            ? throw new ArgumentOutOfRangeException(
                name,
                string.Format(
                    CultureInfo.InvariantCulture,
                    "ResilienceOptions.{0} is {1}; set it between {2} and {3}.",
                    name,
                    given,
                    min,
                    max
                )
            )
            : value;
}

/// <summary>The resilience of a store, nothing left to default.</summary>
internal sealed record ResilienceSettings
{
    public ResilienceSettings(ResilienceOptions? options)
    {
        MaxRetries = options?.MaxRetries ?? 3;
        BaseDelay = options?.BaseDelay ?? TimeSpan.FromSeconds(1);
        MaxDelay = options?.MaxDelay ?? TimeSpan.FromMinutes(1);
        FirstTokenTimeout = options?.FirstTokenTimeout;
        AttemptTimeout = options?.AttemptTimeout;
        TotalTimeout = options?.TotalTimeout;
        Circuit = new(
            options?.CircuitFailureRatio ?? 0.8,
            options?.CircuitMinimumCalls ?? 10,
            options?.CircuitSampling ?? TimeSpan.FromMinutes(1),
            options?.CircuitBreak ?? TimeSpan.FromSeconds(30)
        );
    }

    public int MaxRetries { get; }

    public TimeSpan BaseDelay { get; }

    public TimeSpan MaxDelay { get; }

    public TimeSpan? FirstTokenTimeout { get; }

    public TimeSpan? AttemptTimeout { get; }

    public TimeSpan? TotalTimeout { get; }

    public CircuitSettings Circuit { get; }
}

/// <summary>When a circuit opens, and for how long.</summary>
internal sealed record CircuitSettings(double FailureRatio, int MinimumCalls, TimeSpan Sampling, TimeSpan Break);
