namespace Dossier.Storage;

/// <summary>A row of contents that is to be deleted, as far as it can be read.</summary>
/// <param name="Place">Its key.</param>
/// <param name="Digest">What it says its digest is; null when that is none.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Actual">The digest of the bytes that are in it; null when they are in a file.</param>
internal readonly record struct ContentRow(long Place, ContentDigest? Digest, long Size, ContentDigest? Actual)
{
    public const string Columns = "place, digest, size, bytes";

    public bool IsFile => Actual is null;

    public static ContentRow Read(Statement rows) =>
        new(rows.Number(0), rows.FindDigest(1), rows.Number(2), rows.IsNull(3) ? null : ContentDigest.Of(rows.Bytes(3)));

    /// <summary>Deletes it, and what it is found by.</summary>
    public void Delete(Database database)
    {
        if (Digest is not { } digest || !TryRemoveFromIndex(database, digest))
            RemoveFromIndex(database);
        using var delete = database.Prepare("DELETE FROM contents WHERE place = ?1");
        delete.Bind(1, Place);
        delete.Step();
    }

    /// <summary>Lets it be found again by what it has, unless the same was stored again since.</summary>
    public void Repair(Database database, ContentDigest actual)
    {
        if (ContentSql.Exists(database, actual))
        {
            Delete(database);
            return;
        }
        RemoveFromIndex(database);
        using (var repair = database.Prepare("UPDATE contents SET digest = ?2, condemned_at = NULL WHERE place = ?1"))
        {
            repair.Bind(1, Place);
            repair.Bind(2, actual);
            repair.Step();
        }
        ContentSql.AddToIndex(database, Place, actual);
    }

    private bool TryRemoveFromIndex(Database database, ContentDigest digest)
    {
        using var index = database.Prepare("DELETE FROM digests WHERE level IN (0, 1, 2) AND prefix = substr(?1, 1, 8) AND place = ?2");
        index.Bind(1, digest);
        index.Bind(2, Place);
        index.Step();
        return database.Changes > 0;
    }

    /// <summary>Looks through all of the index: a digest that is damaged does not say where it has the row.</summary>
    private void RemoveFromIndex(Database database)
    {
        using var index = database.Prepare("DELETE FROM digests WHERE place = ?1");
        index.Bind(1, Place);
        index.Step();
    }
}
