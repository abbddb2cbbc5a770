namespace Dossier.Storage;

/// <summary>Notes in the chains of sessions which of their artifacts one transaction purges.</summary>
internal sealed class ChainPurge(Database database)
{
    private readonly Dictionary<long, SessionState> _sessions = [];

    /// <summary>To be called before the artifact is deleted.</summary>
    public void Remove(long session, long place)
    {
        if (ChainSql.ReadArtifact(database, place) is { Number: > 0 } link)
            ChainSql.WriteGone(database, Load(session), link);
    }

    public void Flush()
    {
        foreach (var session in _sessions.Values)
            ChainSql.WriteHead(database, session);
    }

    private SessionState Load(long key)
    {
        if (_sessions.TryGetValue(key, out var session))
            return session;
        using var select = database.Prepare("SELECT links, chain FROM sessions WHERE key = ?1");
        select.Bind(1, key);
        select.Step();
        return _sessions[key] = new()
        {
            Key = key,
            Links = select.Number(0),
            Head = select.Digest(1),
        };
    }
}
