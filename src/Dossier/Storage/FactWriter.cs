namespace Dossier.Storage;

/// <summary>
/// Writes the index of metadata: what the artifacts of a transaction have in common is collected and written once, at its end.
/// Each fact is written for its session, by sequence, and for the whole store (session 0), by place.
/// </summary>
internal sealed class FactWriter(Database database)
{
    private readonly Dictionary<string, long> _names = [];
    private readonly Dictionary<(long Session, string Name, FactValue Value, long Block), ulong[]> _added = [];

    public void Add(long session, long sequence, long place, KeyValuePair<string, FactValue>[] facts)
    {
        foreach (var (name, value) in facts)
        {
            Add(session, name, value, sequence);
            Add(0, name, value, place);
        }
    }

    /// <summary>Writes what was added, before the transaction commits.</summary>
    public void Flush()
    {
        foreach (var (key, bits) in _added)
            Write(key.Session, NameKey(key.Name), key.Value, key.Block, bits);
        _added.Clear();
    }

    /// <summary>Forgets what was added, and the names that a transaction which was rolled back may have made.</summary>
    public void Forget()
    {
        _added.Clear();
        _names.Clear();
    }

    private void Add(long session, string name, FactValue value, long position)
    {
        var key = (session, name, value, FactBlock.Of(position));
        if (!_added.TryGetValue(key, out var bits))
            _added.Add(key, bits = new ulong[FactBlock.Words]);
        FactBlock.Set(bits, position);
    }

    private void Write(long session, long name, FactValue value, long block, ulong[] bits)
    {
        using (var select = database.Prepare("SELECT members FROM facts WHERE session = ?1 AND name = ?2 AND value = ?3 AND block = ?4"))
        {
            Bind(select, session, name, value, block);
            if (select.Step())
                FactBlock.Read(select.Bytes(0), bits);
        }
        using var put = database.Prepare("INSERT OR REPLACE INTO facts(session, name, value, block, members) VALUES(?1, ?2, ?3, ?4, ?5)");
        Bind(put, session, name, value, block);
        put.BindBlob(5, FactBlock.Write(bits));
        put.Step();
    }

    private static void Bind(Statement statement, long session, long name, FactValue value, long block)
    {
        statement.Bind(1, session);
        statement.Bind(2, name);
        value.Bind(statement, 3);
        statement.Bind(4, block);
    }

    private long NameKey(string name)
    {
        if (_names.TryGetValue(name, out var key))
            return key;
        using (var insert = database.Prepare("INSERT INTO fact_names(name) VALUES(?1) ON CONFLICT DO NOTHING"))
        {
            insert.BindText(1, name);
            insert.Step();
        }
        key = FactSql.FindName(database, name) ?? 0;
        _names.Add(name, key);
        return key;
    }
}
