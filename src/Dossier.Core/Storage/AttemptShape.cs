using System.Text.Json.Serialization;

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

    [JsonConverter(typeof(UsageConverter))]
    public TokenUsage? Usage { get; set; }

    [JsonConverter(typeof(CostConverter))]
    public CostShape? Cost { get; set; }
    public int? OutputCap { get; set; }
    public IReadOnlyList<string>? UnsentOptions { get; set; }
    public ReplayOrigin? ReplayedFrom { get; set; }

    /// <summary>No shape stands for a single attempt that says nothing else than the response.</summary>
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
            Cost = Cost?.ToRecord(response.Cost?.Currency, response.Cost?.PriceSource),
            OutputCap = OutputCap,
            UnsentOptions = UnsentOptions ?? [],
            ReplayedFrom = ReplayedFrom,
        };
}
