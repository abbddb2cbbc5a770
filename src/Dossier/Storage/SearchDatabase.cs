using System.Globalization;

namespace Dossier.Storage;

/// <summary>
/// A connection to <c>search.db</c>, the full text derived from the store beside it. Whoever finds the file missing, damaged, of
/// another version or of another store makes it anew. It is opened for each use, so that a deleted file is noticed. For one thread at a time.
/// </summary>
internal sealed class SearchDatabase : IDisposable
{
    public const string FileName = "search.db";

    private const int Version = 2;
    private const int ApplicationId = 0x44535349; // "DSSI"

    private const int PagesAtOnce = 1024;

    // Without the text itself, which is in the store. Rows are artifacts by place; `scope` has the words that searches are narrowed
    // by, and the name counts four times in the ranking. The state says how far the store is indexed, and by what to know it again.
    // A transaction becomes one segment (hashsize, in bytes): with the default of 1 MB a word is stored again for each of many.
    private const string Tables = """
        CREATE VIRTUAL TABLE texts USING fts5(
            scope, name, text,
            content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2');
        INSERT INTO texts(texts, rank) VALUES('rank', 'bm25(0.0, 4.0, 1.0)');
        INSERT INTO texts(texts, rank) VALUES('hashsize', 33554432);
        CREATE TABLE state(
            id INTEGER PRIMARY KEY CHECK(id = 1),
            indexed_through INTEGER NOT NULL,
            last_artifact BLOB
        ) STRICT;
        INSERT INTO state VALUES(1, 0, NULL);
        """;

    private readonly Database _database;

    private SearchDatabase(Database database) => _database = database;

    /// <summary>Whether what just failed did so because the file is damaged.</summary>
    public bool IsDamaged => _database.IsDamaged;

    /// <summary>The place of the last artifact that is in it.</summary>
    public long IndexedThrough => _database.ReadNumber("SELECT indexed_through FROM state");

    /// <summary>Opens the file; null when there is none that can be used for the store as it is now.</summary>
    public static SearchDatabase? TryOpen(string directory, ReaderPool store)
    {
        if (!Exists(directory))
            return null;
        Database? database = null;
        try
        {
            database = new(directory, FileName);
            var index = new SearchDatabase(database);
            if (index.IsCurrent() && index.IsOf(store))
                return index;
        }
        catch (StorageException) when (database is null ? !Exists(directory) : database.IsDamaged)
        {
            // Deleted in between, or damaged.
        }
        catch
        {
            database?.Dispose();
            throw;
        }
        database?.Dispose();
        return null;
    }

    /// <summary>Whether there is a file, of use or not.</summary>
    public static bool Exists(string directory) => File.Exists(Path.Combine(directory, FileName));

    /// <summary>Deletes the file. The caller holds the lock of the index.</summary>
    public static void Delete(string directory)
    {
        var path = Path.Combine(directory, FileName);
        File.Delete(path + "-journal");
        File.Delete(path);
    }

    /// <summary>Makes the file anew. The caller holds the lock of the index.</summary>
    public static SearchDatabase Create(string directory)
    {
        Delete(directory);
        PrivateFiles.CreateIfMissing(Path.Combine(directory, FileName));
        var database = new Database(directory, FileName);
        try
        {
            database.ExecuteScript(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"PRAGMA auto_vacuum = INCREMENTAL;\nBEGIN IMMEDIATE;\n{Tables}\nPRAGMA application_id = {ApplicationId};\nPRAGMA user_version = {Version};\nCOMMIT;"
                )
            );
            return new(database);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>
    /// For writing. One sync per large transaction keeps a failing machine from leaving an index that is wrong without being
    /// damaged; and what is not yet committed stays out of the file, so that readers wait for the commit alone.
    /// </summary>
    public void SetUpWriter() =>
        _database.ExecuteScript("PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = NORMAL; PRAGMA cache_spill = OFF;");

    public void Begin() => _database.Execute("BEGIN IMMEDIATE");

    /// <summary>Ends a transaction that came to nothing.</summary>
    public void Rollback() => _database.Execute("ROLLBACK");

    public void Add(in SearchSource source, ReadOnlySpan<byte> text)
    {
        using var insert = _database.Prepare("INSERT INTO texts(rowid, scope, name, text) VALUES(?1, ?2, ?3, ?4)");
        insert.Bind(1, source.Place);
        insert.BindText(2, SearchScope.Of(source.Session, source.Owner, source.ContentType));
        insert.BindText(3, source.Name);
        insert.BindText(4, text);
        insert.Step();
    }

    /// <summary>Ends a transaction that went through the store up to this artifact.</summary>
    public void Commit(in SearchSource last)
    {
        using (var update = _database.Prepare("UPDATE state SET indexed_through = ?1, last_artifact = ?2"))
        {
            update.Bind(1, last.Place);
            update.Bind(2, last.Id);
            update.Step();
        }
        _database.Execute("COMMIT");
    }

    /// <summary>Gives back some of the pages that merging its segments has left free; false when there are few.</summary>
    public bool TryShrink()
    {
        const int Share = 20;
        if (_database.ReadNumber("PRAGMA freelist_count") * Share <= _database.ReadNumber("PRAGMA page_count"))
            return false;
        _database.ExecuteScript(string.Create(CultureInfo.InvariantCulture, $"PRAGMA incremental_vacuum({PagesAtOnce})"));
        return true;
    }

    public void Remove(IReadOnlyList<long> places)
    {
        Begin();
        foreach (var place in places)
        {
            using var delete = _database.Prepare("DELETE FROM texts WHERE rowid = ?1");
            delete.Bind(1, place);
            delete.Step();
        }
        _database.Execute("COMMIT");
    }

    /// <summary>Merges all segments into one, which leaves out what was removed, and writes the file anew.</summary>
    public void Rewrite()
    {
        SetUpWriter();
        _database.ExecuteScript("INSERT INTO texts(texts) VALUES('optimize'); VACUUM;");
    }

    /// <summary>Artifacts by place, best first: a smaller rank is better, and of equals the newest comes first.</summary>
    public IEnumerable<(long Place, double Rank)> Find(string match)
    {
        using var rows = _database.Prepare("SELECT rowid, rank FROM texts WHERE texts MATCH ?1 ORDER BY rank, rowid DESC");
        rows.BindText(1, match);
        while (rows.Step())
            yield return (rows.Number(0), rows.Real(1));
    }

    public void Dispose() => _database.Dispose();

    private bool IsCurrent() =>
        _database.ReadNumber("PRAGMA application_id") == ApplicationId && _database.ReadNumber("PRAGMA user_version") == Version;

    /// <summary>A store that was restored from a backup has other artifacts in the same places, or fewer.</summary>
    private bool IsOf(ReaderPool store)
    {
        using var state = _database.Prepare("SELECT indexed_through, last_artifact FROM state");
        if (!state.Step())
            return false;
        var (through, last) = (state.Number(0), state.Bytes(1).ToArray());
        return through == 0
            || store.Read(
                (through, last),
                static (database, it) =>
                    SearchSql.LastPlaceEver(database) >= it.through
                    && (SearchSql.IdAt(database, it.through) is not { } id || it.last.AsSpan().SequenceEqual(id))
            );
    }
}
