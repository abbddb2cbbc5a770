namespace Dossier.Storage;

/// <summary>What a session remembers of its commits, so that a repeated one is answered and not made again.</summary>
internal static class CommitSql
{
    public static CommitResult? Find(Database database, long session, RecordId id)
    {
        using var select = database.Prepare("SELECT result FROM commits WHERE id = ?2 AND session = ?1");
        select.Bind(1, session);
        select.Bind(2, id);
        return select.Step() ? CommitResultCode.Decode(select.Bytes(0)) : null;
    }

    public static void Write(Database database, long session, RecordId id, CommitResult result)
    {
        using var insert = database.Prepare("INSERT INTO commits(session, id, result) VALUES(?1, ?2, ?3)");
        insert.Bind(1, session);
        insert.Bind(2, id);
        insert.BindBlob(3, CommitResultCode.Encode(result));
        insert.Step();
    }

    /// <summary>The result of a commit of nothing but one artifact or one call in progress, which has its id.</summary>
    public static CommitResult? FindInRecords(Database database, long session, RecordId id)
    {
        using var select = database.Prepare(
            """
            SELECT commit_revision, sequence, version FROM artifacts WHERE session = ?1 AND id = ?2 AND commit_revision IS NOT NULL
            UNION ALL
            SELECT commit_revision, sequence, NULL FROM responses WHERE session = ?1 AND id = ?2 AND commit_revision IS NOT NULL
            """
        );
        select.Bind(1, session);
        select.Bind(2, id);
        if (!select.Step())
            return null;
        return select.IsNull(2)
            ? new() { Revision = select.Number(0), ResponseSequences = [select.Number(1)] }
            : OfArtifact(select.Number(0), select.SmallNumber(2), select.Number(1));
    }

    /// <summary>Remembers the commit of an artifact that is about to be deleted.</summary>
    public static void Keep(Database database, long session, RecordId id, long revision, int version, long sequence) =>
        Write(database, session, id, OfArtifact(revision, version, sequence));

    private static CommitResult OfArtifact(long revision, int version, long sequence) =>
        new()
        {
            Revision = revision,
            ArtifactVersions = [version],
            ArtifactSequences = [sequence],
        };
}
