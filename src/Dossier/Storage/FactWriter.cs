namespace Dossier.Storage;

/// <summary>
/// Writes the index of metadata: what the artifacts of a transaction have in common is collected and written once, at its end.
/// Each fact is written for its session, by sequence, and for the whole store (session 0), by place.
/// </summary>
internal sealed class FactWriter(Database database)
{
    private readonly Dictionary<string, long> _names = [];
    private long _version;
    private readonly Dictionary<(long Session, string Name, FactValue Value, long Block), ulong[]> _added = [];
    private readonly Dictionary<(long Session, string Name, FactValue Value, long Block), ulong[]> _removed = [];

    /// <summary>To be called at the beginning of a transaction: an erasure of another connection may have removed names.</summary>
    public void Begin()
    {
        var version = database.ReadNumber("PRAGMA data_version");
        if (version != _version)
            _names.Clear();
        _version = version;
    }

    public void Add(long session, long sequence, long place, KeyValuePair<string, FactValue>[] facts)
    {
        AddTo(session, sequence, facts);
        AddTo(0, place, facts);
    }

    /// <summary>Adds what an artifact has to one of the two: that of its session by sequence, or that of the whole store (0) by place.</summary>
    public void AddTo(long session, long position, KeyValuePair<string, FactValue>[] facts)
    {
        foreach (var (name, value) in facts)
            Note(_added, session, name, value, position);
    }

    /// <summary>Takes out what an artifact that is purged had; with a null session only for the whole store.</summary>
    public void Remove(long? session, long sequence, long place, IEnumerable<KeyValuePair<string, FactValue>> facts)
    {
        foreach (var (name, value) in facts)
        {
            if (session is { } key)
                Note(_removed, key, name, value, sequence);
            Note(_removed, 0, name, value, place);
        }
    }

    /// <summary>Writes what was added, before the transaction commits.</summary>
    public void Flush()
    {
        foreach (var (key, bits) in _added)
            Write(key.Session, NameKey(key.Name), key.Value, key.Block, bits);
        foreach (var (key, bits) in _removed)
            Clear(key.Session, NameKey(key.Name), key.Value, key.Block, bits);
        _added.Clear();
        _removed.Clear();
    }

    /// <summary>Forgets what was added, and the names that a transaction which was rolled back may have made.</summary>
    public void Forget()
    {
        _added.Clear();
        _removed.Clear();
        _names.Clear();
    }

    private static void Note(
        Dictionary<(long Session, string Name, FactValue Value, long Block), ulong[]> blocks,
        long session,
        string name,
        FactValue value,
        long position
    )
    {
        var key = (session, name, value, FactBlock.Of(position));
        if (!blocks.TryGetValue(key, out var bits))
            blocks.Add(key, bits = new ulong[FactBlock.Words]);
        FactBlock.Set(bits, position);
    }

    private void Clear(long session, long name, FactValue value, long block, ulong[] removed)
    {
        var bits = new ulong[FactBlock.Words];
        Read(session, name, value, block, bits);
        for (var word = 0; word < bits.Length; word++)
            bits[word] &= ~removed[word];
        if (bits.Any(word => word != 0))
        {
            Put(session, name, value, block, bits);
            return;
        }
        using var delete = database.Prepare("DELETE FROM facts WHERE session = ?1 AND name = ?2 AND value = ?3 AND block = ?4");
        Bind(delete, session, name, value, block);
        delete.Step();
    }

    private void Write(long session, long name, FactValue value, long block, ulong[] bits)
    {
        Read(session, name, value, block, bits);
        Put(session, name, value, block, bits);
    }

    /// <summary>Adds the members that are there.</summary>
    private void Read(long session, long name, FactValue value, long block, ulong[] bits)
    {
        using var select = database.Prepare("SELECT members FROM facts WHERE session = ?1 AND name = ?2 AND value = ?3 AND block = ?4");
        Bind(select, session, name, value, block);
        if (select.Step())
            FactBlock.Read(select.Bytes(0), bits);
    }

    private void Put(long session, long name, FactValue value, long block, ulong[] bits)
    {
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
