namespace Dossier.Storage;

/// <summary>The stored form of an attempt. What is as the response has it is left out, which most often is everything.</summary>
internal sealed class AttemptShape
{
    public int ModelCall { get; set; }
    public AttemptReason Reason { get; set; }
    public ResponseError? Cause { get; set; }
    public string? Provider { get; set; }
    public string? RequestedModel { get; set; }
    public string? ServedModel { get; set; }
    public TimeSpan Wait { get; set; }
    public DateTimeOffset StartedAt { get; set; }
    public TimeSpan? Duration { get; set; }
    public TimeSpan? TimeToFirstToken { get; set; }
    public AttemptOutcome? Outcome { get; set; }
    public ResponseError? Error { get; set; }
    public TokenUsage? Usage { get; set; }
    public CostShape? Cost { get; set; }
    public int? OutputCap { get; set; }

    /// <summary>Null for no attempt, empty for a single one that says nothing else than the response.</summary>
    public static AttemptShape[]? Of(TrackedResponse response) =>
        response.Attempts switch
        {
            [] => null,
            [var only] when only == Single(response) => [],
            var attempts => [.. attempts.Select(attempt => Of(attempt, response))],
        };

    public static IReadOnlyList<Attempt> ToRecords(AttemptShape[] shapes, TrackedResponse response) =>
        shapes.Length == 0 ? [Single(response)] : [.. shapes.Select((shape, index) => shape.ToRecord(index + 1, response))];

    private static Attempt Single(TrackedResponse response) =>
        new()
        {
            Number = 1,
            Provider = response.Provider ?? "",
            RequestedModel = response.RequestedModel ?? "",
            ServedModel = response.ServedModel,
            StartedAt = response.StartedAt,
            Duration = response.Duration,
            TimeToFirstToken = response.TimeToFirstToken,
            Outcome = response.Outcome.ToAttemptOutcome(),
            Error = response.Error,
            Usage = response.Usage,
            Cost = response.Cost,
        };

    private static AttemptShape Of(Attempt attempt, TrackedResponse response) =>
        new()
        {
            ModelCall = attempt.ModelCall == 1 ? 0 : attempt.ModelCall,
            Reason = attempt.Reason,
            Cause = attempt.Cause,
            Provider = attempt.Provider == response.Provider ? null : attempt.Provider,
            RequestedModel = attempt.RequestedModel == response.RequestedModel ? null : attempt.RequestedModel,
            ServedModel = attempt.ServedModel,
            Wait = attempt.Wait,
            StartedAt = attempt.StartedAt == response.StartedAt ? default : attempt.StartedAt,
            Duration = attempt.Duration,
            TimeToFirstToken = attempt.TimeToFirstToken,
            Outcome = attempt.Outcome is AttemptOutcome.Succeeded ? null : attempt.Outcome,
            Error = attempt.Error,
            Usage = attempt.Usage,
            Cost = CostShape.Of(attempt.Cost),
            OutputCap = attempt.OutputCap,
        };

    private Attempt ToRecord(int number, TrackedResponse response) =>
        new()
        {
            Number = number,
            ModelCall = ModelCall == 0 ? 1 : ModelCall,
            Reason = Reason,
            Cause = Cause,
            Provider = Provider ?? response.Provider ?? "",
            RequestedModel = RequestedModel ?? response.RequestedModel ?? "",
            ServedModel = ServedModel,
            Wait = Wait,
            StartedAt = StartedAt == default ? response.StartedAt : StartedAt,
            Duration = Duration,
            TimeToFirstToken = TimeToFirstToken,
            Outcome = Outcome ?? AttemptOutcome.Succeeded,
            Error = Error,
            Usage = Usage,
            Cost = Cost?.ToRecord(),
            OutputCap = OutputCap,
        };
}
