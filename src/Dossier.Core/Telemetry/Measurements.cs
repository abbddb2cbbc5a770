using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Dossier;

/// <summary>
/// What is measured of calls and steps, by the meter <c>Dossier</c>; units are UCUM's (https://ucum.org). Without a listener nothing is computed. The names
/// are documented in docs/telemetry.md, which a test compares with this.
/// </summary>
internal static class Measurements
{
    private static readonly Meter s_meter = new(Spans.SourceName, typeof(Measurements).Assembly.GetName().Version?.ToString(3));

    // Seconds: from a fast refusal to a long chain of reasoning, as the GenAI conventions have them for a call.
    private static readonly InstrumentAdvice<double> s_seconds = new()
    {
        HistogramBucketBoundaries = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
    };

    private static readonly InstrumentAdvice<long> s_tokens = new()
    {
        HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304],
    };

    private static readonly InstrumentAdvice<double> s_money = new()
    {
        HistogramBucketBoundaries = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
    };

    private static readonly Histogram<double> s_stepDuration = s_meter.CreateHistogram(
        "dossier.step.duration",
        "s",
        "From the call of a step to its result, which may have been kept",
        tags: null,
        s_seconds
    );

    private static readonly Histogram<double> s_responseDuration = s_meter.CreateHistogram(
        "dossier.response.duration",
        "s",
        "From the start of a response to its end",
        tags: null,
        s_seconds
    );

    private static readonly Histogram<double> s_timeToFirstToken = s_meter.CreateHistogram(
        "dossier.response.time_to_first_token",
        "s",
        "From the start of a streamed response to its first content",
        tags: null,
        s_seconds
    );

    private static readonly Histogram<double> s_attemptDuration = s_meter.CreateHistogram(
        "dossier.attempt.duration",
        "s",
        "From the start of an attempt to its end",
        tags: null,
        s_seconds
    );

    private static readonly Histogram<long> s_usage = s_meter.CreateHistogram(
        "dossier.attempt.tokens",
        "{token}",
        "Tokens of an attempt, by class",
        tags: null,
        s_tokens
    );

    private static readonly Histogram<double> s_cost = s_meter.CreateHistogram(
        "dossier.attempt.cost",
        "{currency}",
        "What an attempt cost, by currency",
        tags: null,
        s_money
    );

    private static readonly Counter<long> s_attempts = s_meter.CreateCounter<long>(
        "dossier.attempts",
        "{attempt}",
        "Attempts, by the reason why they were made and by how they ended"
    );

    private static readonly Counter<long> s_failures = s_meter.CreateCounter<long>(
        "dossier.failures",
        "{failure}",
        "Attempts that failed, by kind"
    );

    private static readonly Counter<long> s_toolCalls = s_meter.CreateCounter<long>(
        "dossier.tool_calls",
        "{call}",
        "Calls of tools, by how they ended"
    );

    private static readonly Gauge<double> s_costLeft = s_meter.CreateGauge<double>(
        "dossier.budget.cost_left",
        "{USD}",
        "The money that the budget of a session has left"
    );

    private static readonly Gauge<long> s_tokensLeft = s_meter.CreateGauge<long>(
        "dossier.budget.tokens_left",
        "{token}",
        "The tokens that the budget of a session has left"
    );

    private static readonly Gauge<long> s_callsLeft = s_meter.CreateGauge<long>(
        "dossier.budget.calls_left",
        "{call}",
        "The calls that the budget of a session has left"
    );

    /// <summary>Whether anybody wants to know what budgets have left: it has to be read from the store.</summary>
    public static bool WantBudgets => s_costLeft.Enabled || s_tokensLeft.Enabled || s_callsLeft.Enabled;

    /// <summary>Whether anybody wants to know of attempts.</summary>
    public static bool WantAttempts =>
        s_attempts.Enabled || s_failures.Enabled || s_attemptDuration.Enabled || s_cost.Enabled || s_usage.Enabled;

    /// <summary>Whether anybody wants to know of steps.</summary>
    public static bool WantSteps => s_stepDuration.Enabled;

    public static void Ended(StepCall call, in StepEnding ending, TimeSpan duration)
    {
        if (!WantSteps)
            return;
        var tags = new TagList
        {
            { Tags.StepName, call.Name },
            { Tags.Outcome, Spans.Name(ending.Outcome) },
            { Tags.StepReused, ending.IsReused },
        };
        s_stepDuration.Record(duration.TotalSeconds, tags);
    }

    public static void Ended(TrackedResponse response)
    {
        if (!s_responseDuration.Enabled && !s_timeToFirstToken.Enabled)
            return;
        var tags = new TagList
        {
            { Tags.Operation, Spans.Name(response.Operation) },
            { Tags.Provider, response.Provider },
            { Tags.RequestedModel, response.RequestedModel },
            { Tags.Outcome, Spans.Name(response.Outcome) },
        };
        s_responseDuration.Record((response.Duration ?? default).TotalSeconds, tags);
        if (response.TimeToFirstToken is { } time)
            s_timeToFirstToken.Record(time.TotalSeconds, tags);
    }

    public static void Ended(Attempt attempt)
    {
        if (s_attempts.Enabled)
        {
            s_attempts.Add(1, OfModel(attempt, (Tags.Reason, Spans.Name(attempt.Reason)), (Tags.Outcome, Spans.Name(attempt.Outcome))));
        }
        if (attempt is { HasFailed: true, Error: { } error } && s_failures.Enabled)
            s_failures.Add(1, OfModel(attempt, (Tags.ErrorKind, Spans.Name(error.Kind))));
        if (attempt is { Outcome: not AttemptOutcome.Skipped, Duration: { } duration } && s_attemptDuration.Enabled)
            s_attemptDuration.Record(duration.TotalSeconds, OfModel(attempt, (Tags.Outcome, Spans.Name(attempt.Outcome))));
        if (attempt.Cost is { } cost && s_cost.Enabled)
            s_cost.Record((double)cost.Amount, OfModel(attempt, (Tags.Currency, cost.Currency)));
        if (attempt.Usage is not { } usage || !s_usage.Enabled)
            return;
        foreach (var (type, count) in Tags.TokensOf(usage))
            s_usage.Record(count, OfModel(attempt, (Tags.TokenType, type)));
    }

    public static void Ended(ToolCall call)
    {
        if (!s_toolCalls.Enabled)
            return;
        var tags = new TagList { { Tags.Outcome, Spans.Name(call.Outcome) } };
        // What was not invoked may have any name that a model makes up, and each would be a series.
        if (call.Outcome is not ToolCallOutcome.NotInvoked)
            tags.Add(Tags.Tool, call.Name);
        s_toolCalls.Add(1, tags);
    }

    /// <summary>What a session's budget has left, of each thing that it limits.</summary>
    public static void Left(string sessionId, Storage.BudgetLedger ledger)
    {
        if (!WantBudgets || ledger.Limits is not { } limits)
            return;
        var taken = ledger.Settled + ledger.Held;
        var session = new KeyValuePair<string, object?>(Tags.Session, sessionId);
        if (limits.MaxCost is { } cost)
            s_costLeft.Record((double)(cost - taken.Cost), session);
        if (limits.MaxTokens is { } tokens)
            s_tokensLeft.Record(tokens - taken.Tokens, session);
        if (limits.MaxCalls is { } calls)
            s_callsLeft.Record(calls - taken.Calls, session);
    }

    private static TagList OfModel(Attempt attempt, params ReadOnlySpan<(string Name, string Value)> more)
    {
        var tags = new TagList { { Tags.Provider, attempt.Provider }, { Tags.RequestedModel, attempt.RequestedModel } };
        foreach (var (name, value) in more)
            tags.Add(name, value);
        return tags;
    }
}
