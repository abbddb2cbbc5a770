using System.Text.Json.Serialization;

namespace Dossier;

/// <summary>One call of a tool that a model asked for. Its arguments and its result are in the response's messages.</summary>
public sealed record ToolCall
{
    /// <summary>The model call of the response that asked for it, from 1; 0 when an earlier response did, and it was approved since.</summary>
    public required int ModelCall { get; init; }

    /// <summary>The id by which messages name the call, as the model gave it.</summary>
    public required string CallId { get; init; }

    /// <summary>The name of the tool.</summary>
    public required string Name { get; init; }

    /// <summary>When it began, UTC, in whole microseconds.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>From its start to its end; null while it is in progress, and when it was interrupted.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>How it ended.</summary>
    public required ToolCallOutcome Outcome { get; init; }

    /// <summary>What the tool threw; null when it threw nothing. Secrets are masked.</summary>
    public ResponseError? Error { get; init; }

    /// <summary>The same instance when nothing in it is masked.</summary>
    internal ToolCall Masked(SecretMasker masker, RedactionTally? tally = null)
    {
        var id = masker.ApplyOrNote(CallId, tally, RedactedPart.Name);
        var name = masker.ApplyOrNote(Name, tally, RedactedPart.Name);
        var error = Error?.Masked(masker, tally);
        return ReferenceEquals(id, CallId) && ReferenceEquals(name, Name) && ReferenceEquals(error, Error)
            ? this
            : this with
            {
                CallId = id,
                Name = name,
                Error = error,
            };
    }
}

/// <summary>How a call of a tool ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ToolCallOutcome>))]
public enum ToolCallOutcome
{
    /// <summary>It has begun, and nothing is known of its end.</summary>
    InProgress,

    /// <summary>The tool returned.</summary>
    Succeeded,

    /// <summary>The tool threw, or returned what cannot be serialised. The model is told, and most often the call goes on.</summary>
    Failed,

    /// <summary>The caller gave up while the tool ran.</summary>
    Cancelled,

    /// <summary>No tool has that name, or its use was not approved. The model is told.</summary>
    NotInvoked,

    /// <summary>Its process ended before it did; what the tool has done is not known.</summary>
    Interrupted,
}
