using System.Diagnostics;

namespace Dossier;

/// <summary>
/// The spans of calls, from the source <c>Dossier</c>: a step, a response, its attempts, its tools. Without a listener there are none, and nothing is
/// computed for them. The names are documented in docs/telemetry.md, which a test compares with this.
/// </summary>
internal static class Spans
{
    public const string SourceName = "Dossier";

    private static readonly ActivitySource s_source = new(SourceName, typeof(Spans).Assembly.GetName().Version?.ToString(3));

    /// <summary>Whether anybody listens.</summary>
    public static bool AreWanted => s_source.HasListeners();

    /// <summary>Begins the span of a step in the caller's own flow, so that what its body calls belongs to it.</summary>
    public static Activity? StartStep(StepCall call)
    {
        var span = s_source.HasListeners() ? s_source.StartActivity("dossier.step") : null;
        if (span is null)
            return null;
        span.DisplayName = $"step {call.Name}";
        return span.SetTag(Tags.Session, call.SessionId).SetTag(Tags.Step, call.Key.ToString()).SetTag(Tags.StepName, call.Name);
    }

    /// <summary>Begins the span of a response in the caller's own flow, so that what is called within belongs to it.</summary>
    public static Activity? StartResponse() => s_source.HasListeners() ? s_source.StartActivity("dossier.response") : null;

    /// <summary>Begins the span of an attempt. In a stream the flow is that of whoever reads it, so its parent is named.</summary>
    public static Activity? StartAttempt(TrackedCall call) => Start(call, "dossier.attempt", ActivityKind.Client);

    /// <summary>Begins the span of a tool.</summary>
    public static Activity? StartTool(TrackedCall call) => Start(call, "dossier.tool", ActivityKind.Internal);

    /// <summary>Says what a response is about to do. Its names are said again when it ends: that of the provider is masked only then.</summary>
    public static void Describe(Activity? span, TrackedResponse response)
    {
        if (span is null)
            return;
        Name(span, response);
        span.SetTag(Tags.Session, response.SessionId).SetTag(Tags.Response, response.Id);
        if (!span.IsAllDataRequested)
            return;
        span.SetTag(Tags.Operation, Name(response.Operation))
            .SetTag(Tags.Provider, response.Provider)
            .SetTag(Tags.RequestedModel, response.RequestedModel)
            .SetTag(Tags.Streaming, response.Streaming)
            .SetTag(Tags.Step, response.StepKey?.ToString());
    }

    /// <summary>Says what a step gave; not what it was given, and not what it returned.</summary>
    public static void End(Activity? span, in StepEnding ending)
    {
        if (span is not { IsAllDataRequested: true })
            return;
        span.SetTag(Tags.StepReused, ending.IsReused).SetTag(Tags.StepAttempt, ending.Attempt);
        End(span, ending.Outcome.ToString(), ending.Error, ending.Outcome is not (StepOutcome.Kept or StepOutcome.Cancelled));
    }

    /// <summary>Says how a response ended and what it took.</summary>
    public static void End(Activity span, TrackedResponse response)
    {
        Name(span, response);
        if (!span.IsAllDataRequested)
            return;
        span.SetTag(Tags.Provider, response.Provider)
            .SetTag(Tags.ServedProvider, response.ServedProvider)
            .SetTag(Tags.ServedModel, response.ServedModel)
            .SetTag(Tags.Attempts, response.Attempts.Count)
            .SetTag(Tags.FinishReason, response.FinishReason);
        if (response.ToolCalls.Count > 0)
            span.SetTag(Tags.ToolCalls, response.ToolCalls.Count);
        End(span, response.Outcome.ToString(), response.Error, response.Outcome is ResponseOutcome.Failed);
        Took(span, response.Usage, response.Cost, response.TimeToFirstToken);
    }

    /// <summary>Says what an attempt is, how it ended and what it took.</summary>
    public static void End(Activity span, Attempt attempt, BudgetAmount? held)
    {
        span.DisplayName = $"attempt {attempt.Provider}/{attempt.RequestedModel}";
        if (!span.IsAllDataRequested)
            return;
        span.SetTag(Tags.Provider, attempt.Provider)
            .SetTag(Tags.RequestedModel, attempt.RequestedModel)
            .SetTag(Tags.ServedModel, attempt.ServedModel)
            .SetTag(Tags.AttemptNumber, attempt.Number)
            .SetTag(Tags.ModelCall, attempt.ModelCall)
            .SetTag(Tags.Reason, Name(attempt.Reason))
            .SetTag(Tags.BudgetOutputCap, attempt.OutputCap);
        if (attempt.Wait > TimeSpan.Zero)
            span.SetTag(Tags.Wait, attempt.Wait.TotalSeconds);
        if (held is not null)
            span.SetTag(Tags.BudgetHeldCost, (double)held.Cost).SetTag(Tags.BudgetHeldTokens, held.Tokens);
        End(span, attempt.Outcome.ToString(), attempt.Error, attempt.Outcome is AttemptOutcome.Failed);
        Took(span, attempt.Usage, attempt.Cost, attempt.TimeToFirstToken);
    }

    /// <summary>Says what a tool was and how it ended; not what it was given, and not what it returned.</summary>
    public static void End(Activity? span, ToolCall call)
    {
        if (span is null)
            return;
        span.DisplayName = $"tool {call.Name}";
        if (!span.IsAllDataRequested)
            return;
        span.SetTag(Tags.Tool, call.Name).SetTag(Tags.ModelCall, call.ModelCall);
        End(span, call.Outcome.ToString(), call.Error, call.Outcome is ToolCallOutcome.Failed);
    }

    /// <summary>As telemetry writes the members of enumerations: <c>circuit_open</c>.</summary>
    public static string Name<T>(T value)
        where T : struct, Enum => Words.SnakeCase(value.ToString());

    private static void Name(Activity span, TrackedResponse response) =>
        span.DisplayName = $"{Name(response.Operation)} {response.Provider}/{response.RequestedModel}";

    private static Activity? Start(TrackedCall call, string name, ActivityKind kind)
    {
        if (!s_source.HasListeners())
            return null;
        var span = s_source.StartActivity(name, kind, call.Span?.Context ?? Activity.Current?.Context ?? default);
        return span?.SetTag(Tags.Session, call.SessionId).SetTag(Tags.Response, call.ResponseId);
    }

    private static void End(Activity span, string outcome, ResponseError? error, bool isFailure)
    {
        span.SetTag(Tags.Outcome, Words.SnakeCase(outcome));
        // To those who watch, whatever has an error is one, and a cancellation is none.
        if (error is null || !isFailure)
            return;
        span.SetTag(Tags.ErrorKind, Name(error.Kind)).SetTag(Tags.ErrorType, error.StatusCode?.ToString(null, null) ?? error.Type);
        span.SetStatus(ActivityStatusCode.Error, error.Message);
    }

    private static void Took(Activity span, TokenUsage? usage, Cost? cost, TimeSpan? timeToFirstToken)
    {
        if (timeToFirstToken is { } time)
            span.SetTag(Tags.TimeToFirstToken, time.TotalSeconds);
        if (cost is not null)
            span.SetTag(Tags.Cost, (double)cost.Amount).SetTag(Tags.Currency, cost.Currency);
        if (usage is null)
            return;
        foreach (var (type, count) in Tags.TokensOf(usage))
            span.SetTag($"dossier.tokens.{type}", count);
    }
}
