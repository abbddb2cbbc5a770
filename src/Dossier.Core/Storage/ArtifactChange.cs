namespace Dossier.Storage;

/// <summary>A change of what is kept of an artifact that exists; its content and its facts never change.</summary>
/// <param name="ArtifactId">The artifact, of the commit's session.</param>
/// <param name="Kind">What happens to it.</param>
public sealed record ArtifactChange(string ArtifactId, ArtifactChangeKind Kind);

/// <summary>What happens to an artifact. Each is harmless when it was done before.</summary>
public enum ArtifactChangeKind
{
    /// <summary>It goes to the trash. Guard <c>artifact.pinned</c>: it is not pinned.</summary>
    Trash,

    /// <summary>It comes back from the trash.</summary>
    Restore,

    /// <summary>It cannot go to the trash. Guard <c>artifact.trashed</c>: it is not there.</summary>
    Pin,

    /// <summary>It can go to the trash again.</summary>
    Unpin,
}
