using System.Text.Json;
using System.Text.Json.Serialization;
using Dossier.Storage;

namespace Dossier;

/// <summary>What is known of an artifact without reading its content. Immutable, but for the trash and the pin.</summary>
public sealed record ArtifactRecord
{
    /// <summary>The session that owns it.</summary>
    public required string SessionId { get; init; }

    /// <summary>The id: 32 hex digits, unique everywhere; in a fork, what was inherited has the id that it has in the original.</summary>
    public required string Id { get; init; }

    /// <summary>Its name: data, never a path.</summary>
    public required string Name { get; init; }

    /// <summary>Its version among those of the same name, from 1. Allocated by the store.</summary>
    public int Version { get; init; }

    /// <summary>Its place in the order of everything that the session recorded. Allocated by the store.</summary>
    public long Sequence { get; init; }

    /// <summary>Its MIME type, for example <c>text/plain</c> (RFC 6838), in lower case.</summary>
    public required string ContentType { get; init; }

    /// <summary>What it was to the workflow.</summary>
    public ArtifactRole Role { get; init; }

    /// <summary>The address of its content.</summary>
    public required ContentDigest Digest { get; init; }

    /// <summary>The size of its content, in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>When it was stored, UTC, in whole microseconds.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The id of the response that produced it, where that is known.</summary>
    public string? ProducedBy { get; init; }

    /// <summary>The step that stored it: the innermost one of its session; null outside of steps.</summary>
    public ContentDigest? StepKey { get; init; }

    /// <summary>What was taken out of its text, name and metadata before it was stored, by kind and part; nothing for nearly all.</summary>
    public IReadOnlyList<Redaction> Redactions { get; init; } = [];

    /// <summary>The caller's own facts about it, by name, as JSON: <c>Metadata["pages"].GetInt32()</c>.</summary>
    public IReadOnlyDictionary<string, JsonElement> Metadata { get; init; } = EmptyMetadata;

    /// <summary>Since when it is in the trash, UTC; null when it is not. Set by the store.</summary>
    public DateTimeOffset? TrashedAt { get; init; }

    /// <summary>Whether it is pinned: it cannot be deleted, and retention leaves it alone. Set by the store.</summary>
    public bool IsPinned { get; init; }

    internal static readonly IReadOnlyDictionary<string, JsonElement> EmptyMetadata = new Dictionary<string, JsonElement>();
}

/// <summary>What an artifact was to the workflow that stored it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ArtifactRole>))]
public enum ArtifactRole
{
    /// <summary>Made on the way from input to output. The default.</summary>
    Intermediate,

    /// <summary>Given to the workflow.</summary>
    Input,

    /// <summary>What the workflow was run for.</summary>
    Output,
}

/// <summary>The order of a list.</summary>
public enum RecordOrder
{
    /// <summary>In the order in which they were recorded.</summary>
    OldestFirst,

    /// <summary>The latest first.</summary>
    NewestFirst,
}
