namespace Dossier.Storage;

/// <summary>The stored form of a tool call, as <see cref="ResponseWriter"/> writes it.</summary>
internal sealed class ToolCallShape
{
    public int ModelCall { get; set; }
    public string? CallId { get; set; }
    public string? Name { get; set; }
    public DateTimeOffset StartedAt { get; set; }
    public TimeSpan? Duration { get; set; }
    public ToolCallOutcome? Outcome { get; set; }
    public ResponseError? Error { get; set; }

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
