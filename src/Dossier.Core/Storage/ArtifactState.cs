namespace Dossier.Storage;

/// <summary>What changes of an artifact that is stored, and what each change makes of it.</summary>
internal readonly record struct ArtifactState(DateTimeOffset? TrashedAt, bool IsPinned)
{
    /// <exception cref="ConflictException">A guard of the change fails.</exception>
    public ArtifactState After(ArtifactChange change, SessionCommit commit) =>
        change.Kind switch
        {
            ArtifactChangeKind.Trash when IsPinned => throw CommitGuards.Pinned(commit, change.ArtifactId),
            ArtifactChangeKind.Trash => this with { TrashedAt = TrashedAt ?? commit.At },
            ArtifactChangeKind.Restore => this with { TrashedAt = null },
            ArtifactChangeKind.Pin when TrashedAt is not null => throw CommitGuards.Trashed(commit, change.ArtifactId),
            ArtifactChangeKind.Pin => this with { IsPinned = true },
            ArtifactChangeKind.Unpin => this with { IsPinned = false },
            _ => throw new ArgumentException($"There is no change '{change.Kind}' of an artifact.", nameof(change)),
        };
}
