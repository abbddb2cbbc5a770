namespace Dossier.Storage;

/// <summary>Moves the artifacts of a commit to the trash and back, and pins them.</summary>
internal sealed class ArtifactChangeWriter(Database database)
{
    public void Write(SessionState session, SessionCommit commit)
    {
        foreach (var change in commit.ArtifactChanges)
            Write(session, commit, change);
        if (commit.Session?.TrashedAt is not null && FindPinned(session) is { } pinned)
            throw CommitGuards.Pinned(commit, pinned);
    }

    private void Write(SessionState session, SessionCommit commit, ArtifactChange change)
    {
        long place;
        string contentType;
        long size;
        ArtifactState before;
        using (
            var select = database.Prepare(
                "SELECT place, content_type, size, trashed_at, pinned FROM artifacts WHERE session = ?1 AND id = ?2"
            )
        )
        {
            select.Bind(1, session.Key);
            if (RecordId.Find(change.ArtifactId) is { } id)
                select.Bind(2, id);
            else
                select.BindNull(2);
            if (!select.Step())
                throw CommitGuards.NoArtifact(commit, change.ArtifactId);
            (place, contentType, size) = (select.Number(0), select.Text(1), select.Number(2));
            before = new(select.IsNull(3) ? null : Microseconds.ToTime(select.Number(3)), select.Number(4) != 0);
        }
        var after = before.After(change, commit);
        if (after == before)
            return;
        using var update = database.Prepare("UPDATE artifacts SET trashed_at = ?2, pinned = ?3 WHERE place = ?1");
        update.Bind(1, place);
        if (after.TrashedAt is { } trashedAt)
            update.Bind(2, Microseconds.From(trashedAt));
        else
            update.BindNull(2);
        update.Bind(3, after.IsPinned ? 1 : 0);
        update.Step();
        // What is in the trash does not count.
        if (before.TrashedAt is null && after.TrashedAt is not null)
            session.Totals.Add(contentType, -1, -size);
        else if (before.TrashedAt is not null && after.TrashedAt is null)
            session.Totals.Add(contentType, 1, size);
    }

    private string? FindPinned(SessionState session)
    {
        using var select = database.Prepare("SELECT id FROM artifacts WHERE session = ?1 AND pinned LIMIT 1");
        select.Bind(1, session.Key);
        return select.Step() ? RecordId.ToText(select.Bytes(0)) : null;
    }
}
