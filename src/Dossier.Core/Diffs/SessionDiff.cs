using System.Text.Json.Serialization;

namespace Dossier;

/// <summary>
/// What is different between two sessions. Serialisable with System.Text.Json; <see cref="ToString"/> is what a person reads. Texts are bounded,
/// and say so where they are cut.
/// </summary>
public sealed record SessionDiff
{
    /// <summary>The first session.</summary>
    public required SessionInfo Left { get; init; }

    /// <summary>The second session.</summary>
    public required SessionInfo Right { get; init; }

    /// <summary>The steps, in the order of the second session; what only the first has stands where it was.</summary>
    public required IReadOnlyList<StepDiff> Steps { get; init; }

    /// <summary>The responses, likewise, but for those that are one response to both.</summary>
    public required IReadOnlyList<ResponseDiff> Responses { get; init; }

    /// <summary>How many responses are one to both: a fork has them from the other, or both from a third.</summary>
    public int SharedResponses { get; init; }

    /// <summary>The artifacts that are not the same in both, by name and version.</summary>
    public required IReadOnlyList<ArtifactDiff> Artifacts { get; init; }

    /// <summary>How many artifacts are the same in both: name, version, content, type and metadata.</summary>
    public int SameArtifacts { get; init; }

    /// <summary>What all responses of the first session took, with those that it inherited.</summary>
    public required DiffTotals LeftTotals { get; init; }

    /// <summary>What all responses of the second session took, with those that it inherited.</summary>
    public required DiffTotals RightTotals { get; init; }

    /// <summary>Whether steps, prompts, outputs and artifacts are the same. What they took does not count.</summary>
    [JsonIgnore]
    public bool IsSame =>
        Steps.All(step => step.Kind is DiffKind.Same) && Responses.All(response => response.Kind is DiffKind.Same) && Artifacts.Count == 0;

    /// <summary>Totals, and behind them what has changed. The same in every culture.</summary>
    public override string ToString() => DiffTable.Format(this);
}

/// <summary>What became of something in the second session.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DiffKind>))]
public enum DiffKind
{
    /// <summary>It is as in the first.</summary>
    Same,

    /// <summary>It is another one there.</summary>
    Changed,

    /// <summary>Only the second has it.</summary>
    Added,

    /// <summary>Only the first has it.</summary>
    Removed,
}

/// <summary>What the responses of a session took.</summary>
/// <param name="Responses">How many there are.</param>
/// <param name="Inherited">How many of them it has from another session, where they were paid for.</param>
/// <param name="Spent">What all of them took.</param>
/// <param name="Duration">How long they took together, as if they had been made one after the other.</param>
public sealed record DiffTotals(int Responses, int Inherited, AttemptTotals Spent, TimeSpan Duration);

/// <summary>A step in two sessions: the one with the same name and inputs, else one of the same name.</summary>
public sealed record StepDiff
{
    /// <summary>What became of it.</summary>
    public required DiffKind Kind { get; init; }

    /// <summary>In the first session; null when it was added.</summary>
    public StepRecord? Left { get; init; }

    /// <summary>In the second session; null when it was removed.</summary>
    public StepRecord? Right { get; init; }

    /// <summary>The name.</summary>
    [JsonIgnore]
    public string Name => (Right ?? Left)!.Name;

    /// <summary>Whether it was given something else, has another version, or lies in another step.</summary>
    public bool InputsChanged { get; init; }

    /// <summary>Whether it ended otherwise, or with another result.</summary>
    public bool ResultChanged { get; init; }

    /// <summary>Whether the second session has the very result of the first, and did not run it.</summary>
    public bool IsReused { get; init; }

    /// <summary>The results, where both are text and differ; null otherwise.</summary>
    public TextDiff? Result { get; init; }
}

/// <summary>A response in two sessions: of the same request, else in the same place of the same step.</summary>
public sealed record ResponseDiff
{
    /// <summary>What became of it. Tokens, cost and time do not count.</summary>
    public required DiffKind Kind { get; init; }

    /// <summary>In the first session, with its models, tokens, cost and times; null when it was added.</summary>
    public TrackedResponse? Left { get; init; }

    /// <summary>In the second session; null when it was removed.</summary>
    public TrackedResponse? Right { get; init; }

    /// <summary>The name of the step that it was made in; null outside of steps.</summary>
    public string? Step { get; init; }

    /// <summary>Whether another model was asked, or answered.</summary>
    public bool ModelChanged { get; init; }

    /// <summary>Whether it ended in another way.</summary>
    public bool OutcomeChanged { get; init; }

    /// <summary>What was sent, without what a conversation had before; null when it is the same.</summary>
    public TextDiff? Prompt { get; init; }

    /// <summary>The options and tools that it was sent with, each on a line; null when they are the same.</summary>
    public TextDiff? Options { get; init; }

    /// <summary>What came back; null when it is the same.</summary>
    public TextDiff? Output { get; init; }
}

/// <summary>A version of an artifact in two sessions.</summary>
public sealed record ArtifactDiff
{
    /// <summary>What became of it.</summary>
    public required DiffKind Kind { get; init; }

    /// <summary>In the first session, with its digest, size, type and metadata; null when it was added.</summary>
    public ArtifactRecord? Left { get; init; }

    /// <summary>In the second session; null when it was removed.</summary>
    public ArtifactRecord? Right { get; init; }

    /// <summary>Name and version.</summary>
    [JsonIgnore]
    public string Name => (Right ?? Left) is { } record ? $"{record.Name} v{record.Version}" : "";

    /// <summary>The metadata whose values differ, by name.</summary>
    public IReadOnlyList<string> Metadata { get; init; } = [];

    /// <summary>The contents, where both are text and differ; null otherwise.</summary>
    public TextDiff? Content { get; init; }
}
