using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Dossier.Storage;

/// <summary>One connection to <c>dossier.db</c>, or to another database beside it, with its prepared statements. For one thread at a time.</summary>
internal sealed class Database : IDisposable
{
    public const string FileName = "dossier.db";
    private const int MostStatements = 128;

    private readonly string _directory;
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, Statement> _statements = new(new ByText());

    /// <exception cref="StorageException">The file cannot be opened.</exception>
    public Database(string directory, string fileName = FileName)
    {
        _directory = directory;
        _connection = new SqliteConnection(
            new SqliteConnectionStringBuilder
            {
                DataSource = Path.Combine(directory, fileName),
                Mode = SqliteOpenMode.ReadWrite,
                Pooling = false,
            }.ConnectionString
        );
        try
        {
            _connection.Open();
        }
        catch (SqliteException exception)
        {
            _connection.Dispose();
            throw StorageErrors.Sqlite(directory, exception.SqliteExtendedErrorCode, exception.Message);
        }
        raw.sqlite3_busy_timeout(_connection.Handle, (int)WriteTurn.Patience.TotalMilliseconds);
    }

    /// <summary>The store's directory.</summary>
    public string Directory => _directory;

    /// <summary>Whether a transaction is open; SQLite ends one by itself when the disk fails it.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(_connection.Handle) == 0;

    /// <summary>Whether the last failure had nothing to do with the statement that met it.</summary>
    public bool HasFailedAsAWhole { get; private set; }

    /// <summary>Whether what just failed did so because the file is damaged or no database.</summary>
    public bool IsDamaged => (raw.sqlite3_errcode(_connection.Handle) & 0xFF) is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB;

    /// <summary>Whether so many different queries were prepared that it is better replaced.</summary>
    public bool IsFull => _statements.Count >= MostStatements;

    /// <summary>How many rows the last statement changed.</summary>
    public int Changes => raw.sqlite3_changes(_connection.Handle);

    public long LastInsertedKey => raw.sqlite3_last_insert_rowid(_connection.Handle);

    /// <summary>What was prepared so far, by its text.</summary>
    public IReadOnlyDictionary<string, Statement> Statements => _statements;

    /// <summary>A statement by its text, prepared at the first use.</summary>
    public Statement Prepare(string sql)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            var code = raw.sqlite3_prepare_v3(_connection.Handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var handle);
            if (code != raw.SQLITE_OK)
                throw Failure(code);
            statement = new(this, handle);
            _statements.Add(sql, statement);
        }
        return statement;
    }

    public void Execute(string sql) => Prepare(sql).Run();

    /// <summary>One snapshot for all reads until it is disposed; in a transaction that is open already, that one.</summary>
    public ReadScope BeginRead()
    {
        if (InTransaction)
            return default;
        Execute("BEGIN");
        return new(this);
    }

    /// <summary>Runs several statements once.</summary>
    public void ExecuteScript(string sql)
    {
        var code = raw.sqlite3_exec(_connection.Handle, sql);
        if (code != raw.SQLITE_OK)
            throw Failure(code);
    }

    public long ReadNumber(string sql)
    {
        using var statement = Prepare(sql);
        statement.Step();
        return statement.Number(0);
    }

    public string ReadText(string sql)
    {
        using var statement = Prepare(sql);
        statement.Step();
        return statement.Text(0);
    }

    /// <summary>Ends the statement that another thread is waiting for, with a failure.</summary>
    public void Interrupt() => raw.sqlite3_interrupt(_connection.Handle);

    public StorageException Failure(int code)
    {
        HasFailedAsAWhole = StorageErrors.ConcernsWholeStore(code);
        return StorageErrors.Sqlite(_directory, code, raw.sqlite3_errmsg(_connection.Handle).utf8_to_string());
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
            statement.Close();
        _connection.Dispose();
    }

    /// <summary>Hashes the length and the end only: statements are looked up for every row, and hashing all of a long text costs as much as binding several values.</summary>
    private sealed class ByText : IEqualityComparer<string>
    {
        private const int Enough = 8;

        public bool Equals(string? x, string? y) => string.Equals(x, y, StringComparison.Ordinal);

        public int GetHashCode(string obj) =>
            HashCode.Combine(obj.Length, string.GetHashCode(obj.AsSpan(Math.Max(0, obj.Length - Enough)), StringComparison.Ordinal));
    }
}

/// <summary>A snapshot, until it is disposed.</summary>
internal readonly ref struct ReadScope(Database database) : IDisposable
{
    public void Dispose()
    {
        // SQLite ends a transaction by itself when the disk fails it.
        if (database is { InTransaction: true })
            database.Execute("COMMIT");
    }
}
