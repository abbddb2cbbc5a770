namespace Dossier.Storage;

/// <summary>Writes the artifacts of a commit.</summary>
internal sealed class ArtifactRowWriter(Database database)
{
    private long? _lastPlace;

    /// <summary>To be called at the beginning of a transaction: others have written since the last.</summary>
    public void Begin() => _lastPlace = null;

    /// <summary>Null when a commit of one artifact may have been made before.</summary>
    public (int[] Versions, long[] Sequences)? Write(
        SessionState session,
        PendingCommit pending,
        EncodedArtifact[] artifacts,
        ContentRowWriter contents,
        FactWriter facts
    )
    {
        var versions = new int[artifacts.Length];
        var sequences = new long[artifacts.Length];
        for (var i = 0; i < artifacts.Length; i++)
        {
            versions[i] = NextVersion(session, artifacts[i].Record.Name);
            sequences[i] = ++session.LastSequence;
            var place = NextPlace();
            var content = contents.PlaceOf(artifacts[i].Record.Digest);
            if (!Insert(session, pending, in artifacts[i], (place, content), versions[i], sequences[i]))
                return null;
            session.Totals.Add(artifacts[i].Record.ContentType, 1, artifacts[i].Record.Size);
            if (artifacts[i].Facts is { Length: > 0 } found)
                facts.Add(session.Key, sequences[i], place, found);
        }
        return (versions, sequences);
    }

    /// <summary>False when the artifact is there already, perhaps by this commit.</summary>
    /// <exception cref="ConflictException">Its id was given to another.</exception>
    private bool Insert(
        SessionState session,
        PendingCommit pending,
        in EncodedArtifact artifact,
        (long Own, long? Content) place,
        int version,
        long sequence
    )
    {
        using var insert = database.Prepare(
            """
            INSERT INTO artifacts(
                session, sequence, id, name, version, content_type, role,
                digest, size, created_at, produced_by, masked_secrets, metadata, place, step, redactions, content, commit_revision,
                link, chain)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
            ON CONFLICT(session, id) DO NOTHING
            """
        );
        var record = artifact.Record;
        insert.Bind(1, session.Key);
        insert.Bind(2, sequence);
        insert.Bind(3, artifact.Id);
        insert.BindText(4, record.Name);
        insert.Bind(5, version);
        insert.BindText(6, record.ContentType);
        insert.Bind(7, (long)record.Role);
        insert.Bind(8, record.Digest);
        insert.Bind(9, record.Size);
        insert.Bind(10, Microseconds.From(record.CreatedAt));
        if (artifact.ProducedBy is { } producer)
            insert.Bind(11, producer);
        else
            insert.BindNull(11);
        insert.Bind(12, artifact.MaskedSecrets);
        if (artifact.Metadata.Length > 0)
            insert.BindText(13, artifact.Metadata);
        else
            insert.BindNull(13);
        insert.Bind(14, place.Own);
        if (record.StepKey is { } step)
            insert.Bind(15, step);
        else
            insert.BindNull(15);
        if (artifact.Redactions.Length > 0)
            insert.BindText(16, artifact.Redactions);
        else
            insert.BindNull(16);
        if (place.Content is { } content)
            insert.Bind(17, content);
        else
            insert.BindNull(17);
        if (pending.IsOneArtifact)
            insert.Bind(18, session.Revision);
        else
            insert.BindNull(18);
        insert.Bind(19, session.Link(new(ChainEntryKind.Artifact, sequence, version, artifact.Row)));
        insert.Bind(20, session.Head);
        insert.Step();
        if (database.Changes > 0)
            return true;
        if (!pending.IsOneArtifact || pending.MayBeRepeated)
            throw CommitGuards.IdTaken(pending.Commit, record.Id);
        pending.MayBeRepeated = true;
        return false;
    }

    /// <summary>No place is given twice, though SQLite would give that of the last row again when it was purged: by places a search index knows how far it is.</summary>
    private long NextPlace()
    {
        _lastPlace = (_lastPlace ?? SearchSql.LastPlaceEver(database)) + 1;
        return _lastPlace.Value;
    }

    private int NextVersion(SessionState session, string name)
    {
        if (!session.Versions.TryGetValue(name, out var latest))
        {
            using var select = database.Prepare(
                """
                SELECT max(
                    coalesce((SELECT max(version) FROM artifacts WHERE session = ?1 AND name = ?2), 0),
                    coalesce((SELECT version FROM purged_versions WHERE session = ?1 AND name = ?2), 0))
                """
            );
            select.Bind(1, session.Key);
            select.BindText(2, name);
            select.Step();
            latest = select.SmallNumber(0);
        }
        return session.Versions[name] = latest + 1;
    }
}
