namespace Dossier.Storage;

/// <summary>The stored form of a tool call.</summary>
internal sealed class ToolCallShape
{
    public int ModelCall { get; set; }
    public string? CallId { get; set; }
    public string? Name { get; set; }
    public DateTimeOffset StartedAt { get; set; }
    public TimeSpan? Duration { get; set; }
    public ToolCallOutcome? Outcome { get; set; }
    public ResponseError? Error { get; set; }

    public static ToolCallShape Of(ToolCall record) =>
        new()
        {
            ModelCall = record.ModelCall,
            CallId = record.CallId,
            Name = record.Name,
            StartedAt = record.StartedAt,
            Duration = record.Duration,
            Outcome = record.Outcome is ToolCallOutcome.Succeeded ? null : record.Outcome,
            Error = record.Error,
        };

    public ToolCall ToRecord() =>
        new()
        {
            ModelCall = ModelCall,
            CallId = CallId ?? "",
            Name = Name ?? "",
            StartedAt = StartedAt,
            Duration = Duration,
            Outcome = Outcome ?? ToolCallOutcome.Succeeded,
            Error = Error,
        };
}
