using System.Text.Json.Serialization;
using Dossier.Storage;

namespace Dossier;

/// <summary>Something in an explanation: an artifact, a value, a step or a response.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(ArtifactNode), "artifact")]
[JsonDerivedType(typeof(ValueNode), "value")]
[JsonDerivedType(typeof(StepNode), "step")]
[JsonDerivedType(typeof(ResponseNode), "response")]
public abstract record ExplanationNode
{
    private protected ExplanationNode() { }

    /// <summary>What links name it by: unique in its explanation, and the same each time.</summary>
    public required string Id { get; init; }

    /// <summary>The session that it belongs to.</summary>
    public required string SessionId { get; init; }
}

/// <summary>An artifact in an explanation.</summary>
public sealed record ArtifactNode : ExplanationNode
{
    /// <summary>All that is recorded of it; null when it is not there any more.</summary>
    public ArtifactRecord? Record { get; init; }

    /// <summary>What it is known by when its record is gone: its id, or its name and version.</summary>
    public required string Reference { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Record is { } record ? $"{record.Name} v{record.Version}" : $"artifact {Reference}";
}

/// <summary>A value that a step was given, in an explanation.</summary>
public sealed record ValueNode : ExplanationNode
{
    /// <summary>The address of its JSON.</summary>
    public required ContentDigest Digest { get; init; }

    /// <summary>The beginning of its JSON; null when it was not read, or is not there any more.</summary>
    public string? Json { get; init; }

    /// <summary>The size of its JSON, in bytes; null when it is not there any more.</summary>
    public long? Size { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"value {Digest.ToHex()[..12]}";
}

/// <summary>A step in an explanation.</summary>
public sealed record StepNode : ExplanationNode
{
    /// <summary>Its key.</summary>
    public required ContentDigest Key { get; init; }

    /// <summary>All that is recorded of it; null when it is not there any more.</summary>
    public StepRecord? Record { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Record is { } record ? $"step {record.Name}" : $"step {Key.ToHex()[..12]}";
}

/// <summary>A call of a model, with all its attempts, in an explanation.</summary>
public sealed record ResponseNode : ExplanationNode
{
    /// <summary>Its id.</summary>
    public required string ResponseId { get; init; }

    /// <summary>All that is recorded of it: models, attempts and why they were made, tokens, cost and the source of its price, the version of the application; null when it is not there any more.</summary>
    public TrackedResponse? Record { get; init; }

    /// <summary>The messages of the call, in order; in a conversation those before them belong to the responses that it continues.</summary>
    public IReadOnlyList<ExplainedMessage> Prompt { get; init; } = [];

    /// <inheritdoc/>
    public override string ToString() =>
        Record is null ? $"response {ResponseId}"
        : Record.Key is { } key ? $"response {key}"
        : Record.Provider is { } provider ? $"{provider}/{Record.RequestedModel}"
        : $"response {ResponseId}";
}

/// <summary>A message that was sent, as an explanation shows it.</summary>
/// <param name="Content">Its address.</param>
/// <param name="Role">Who speaks; null when it is not there any more, or was not kept.</param>
/// <param name="Text">The beginning of its text; empty when it has none.</param>
/// <param name="Length">How many characters its text has.</param>
/// <param name="Data">The images and files in it.</param>
public sealed record ExplainedMessage(ContentDigest Content, string? Role, string Text, int Length, IReadOnlyList<ContentDigest> Data);
