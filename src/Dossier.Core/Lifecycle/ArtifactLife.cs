using Dossier.Storage;

namespace Dossier;

/// <summary>Moves artifacts to the trash and back, and pins them.</summary>
internal static class ArtifactLife
{
    /// <summary>As many as go into one commit, so that nobody waits long for it.</summary>
    public const int MostChanges = 500;

    public static async Task ChangeArtifactsAsync(
        this StoreServices services,
        SessionInfo session,
        IReadOnlyList<string> ids,
        ArtifactChangeKind kind,
        CancellationToken cancellationToken
    )
    {
        var now = services.Time.GetRecordTime();
        var commit = new SessionCommit
        {
            CommitId = Identifiers.NewGuid(now),
            SessionId = session.Id,
            SessionCreatedAt = session.CreatedAt,
            At = now,
            ArtifactChanges = [.. ids.Select(id => new ArtifactChange(id, kind))],
        };
        await services.Storage.Records.CommitAsync(commit, cancellationToken).ConfigureAwait(false);
        foreach (var id in ids)
            Log.ArtifactChanged(services.Logger, id, session.Id, kind);
    }

    /// <summary>All versions of a name that there are at this time go to the trash, in one commit; returns how many.</summary>
    public static async Task<int> DeleteArtifactsAsync(
        this StoreServices services,
        SessionInfo session,
        string name,
        CancellationToken cancellationToken
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var versions = services.ListArtifactsAsync(session.Id, new() { Name = name, PageSize = 1000 }, cancellationToken);
        var ids = await versions.Select(version => version.Id).ToListAsync(cancellationToken).ConfigureAwait(false);
        if (ids.Count > 0)
            await services.ChangeArtifactsAsync(session, ids, ArtifactChangeKind.Trash, cancellationToken).ConfigureAwait(false);
        return ids.Count;
    }
}
