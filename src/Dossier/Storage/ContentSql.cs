namespace Dossier.Storage;

/// <summary>Reads of content that is kept with the records.</summary>
internal static class ContentSql
{
    public static ContentEntry? Get(Database database, ContentDigest digest)
    {
        using var rows = database.Prepare("SELECT size, bytes FROM contents WHERE substr(digest, 1, 8) = substr(?1, 1, 8) AND digest = ?1");
        rows.Bind(1, digest);
        if (!rows.Step())
            return null;
        return rows.IsNull(1) ? new(digest, rows.Number(0)) : new(digest, rows.Number(0), rows.Bytes(1).ToArray());
    }

    public static bool Exists(Database database, ContentDigest digest)
    {
        using var rows = database.Prepare("SELECT 1 FROM contents WHERE substr(digest, 1, 8) = substr(?1, 1, 8) AND digest = ?1");
        rows.Bind(1, digest);
        return rows.Step();
    }

    /// <summary>The row stays, so that what names the content learns why its bytes are not there; a commit that brings them heals it.</summary>
    public static void ForgetBytes(Database database, ContentDigest digest)
    {
        using var update = database.Prepare(
            "UPDATE contents SET bytes = NULL WHERE substr(digest, 1, 8) = substr(?1, 1, 8) AND digest = ?1"
        );
        update.Bind(1, digest);
        update.Step();
    }
}
