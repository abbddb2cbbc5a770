namespace Dossier;

/// <summary>An artifact that is about to be stored, as <see cref="Session.StoreArtifactCoreAsync"/> gets it.</summary>
public sealed record ArtifactDraft
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its content, from the stream's current position to its end. Text that Dossier encoded has its secrets masked already.</summary>
    public required Stream Content { get; init; }

    /// <summary>Its MIME type.</summary>
    public required string ContentType { get; init; }

    /// <summary>What it is to the workflow.</summary>
    public ArtifactRole Role { get; init; }

    /// <summary>The caller's own facts about it: scalars of .NET, or JSON.</summary>
    public IReadOnlyDictionary<string, object?>? Metadata { get; init; }

    /// <summary>The id of the response that produced it, where that is known.</summary>
    public string? ProducedBy { get; init; }

    /// <summary>What was taken out of its text.</summary>
    public IReadOnlyList<Redaction> Redactions { get; init; } = [];

    /// <summary>Adds to the commit what has to be written with it or not at all.</summary>
    internal Func<Storage.SessionCommit, Storage.SessionCommit>? Amend { get; init; }
}
