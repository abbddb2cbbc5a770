namespace Dossier.Storage;

/// <summary>Writes the tags of sessions to where they are found by. The record itself holds them too, in their order.</summary>
internal static class SessionTagSql
{
    public static void Write(Database database, long session, IReadOnlyList<string> tags, bool isNew)
    {
        if (!isNew)
        {
            using var delete = database.Prepare("DELETE FROM session_tags WHERE session = ?1");
            delete.Bind(1, session);
            delete.Step();
        }
        foreach (var tag in tags)
        {
            using var insert = database.Prepare("INSERT INTO session_tags(tag, session) VALUES(?1, ?2) ON CONFLICT DO NOTHING");
            insert.BindText(1, tag);
            insert.Bind(2, session);
            insert.Step();
        }
    }
}
