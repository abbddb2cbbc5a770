namespace Dossier.Storage;

/// <summary>
/// Short writes beside the writers of all processes, each in a turn of its own, and reads between them. For one thread; what it holds
/// open is let go of when it is disposed.
/// </summary>
internal sealed class MaintenanceTurns : IDisposable
{
    private readonly WriteTurn _turn;
    private readonly TimeProvider _time;
    private readonly CancellationToken _cancellationToken;

    /// <param name="path">The store's directory.</param>
    /// <param name="time">The clock of waiting.</param>
    /// <param name="cancellationToken">Ends the wait for a turn; a turn that has come is used.</param>
    /// <exception cref="StorageException">The store cannot be opened.</exception>
    public MaintenanceTurns(string path, TimeProvider time, CancellationToken cancellationToken)
    {
        (_time, _cancellationToken) = (time, cancellationToken);
        Database = new Database(path);
        try
        {
            // Whatever the store promises otherwise: a file is deleted only when the rows that named it are gone for good.
            Schema.SetUpWriter(Database, Durability.Full);
            Database.ExecuteScript("PRAGMA temp_store = FILE"); // what is collected may be more than fits into memory
            _turn = new(path);
        }
        catch
        {
            Database.Dispose();
            throw;
        }
    }

    /// <summary>For reads, each of which ends before the next write.</summary>
    public Database Database { get; }

    /// <summary>One transaction.</summary>
    /// <param name="write">What is written.</param>
    /// <param name="then">Runs when the transaction is durable, before anyone else has a turn.</param>
    /// <exception cref="TimeoutException">Another process kept the turn for too long.</exception>
    public T Write<T>(Func<Database, T> write, Action<T>? then = null)
    {
        _turn.Enter(_time, _cancellationToken);
        try
        {
            Schema.BeginWrite(Database);
            var result = write(Database);
            Database.Execute("COMMIT");
            then?.Invoke(result);
            return result;
        }
        finally
        {
            if (Database.InTransaction)
                Database.Execute("ROLLBACK");
            _turn.Exit();
        }
    }

    /// <summary>
    /// Writes the database anew, so that nothing of what was deleted is left in its pages, and empties the write-ahead log. Everyone who
    /// writes waits as long as it takes.
    /// </summary>
    /// <exception cref="TimeoutException">Another process kept the turn for too long.</exception>
    /// <returns>False when somebody has read from the log for too long.</returns>
    public bool TryRewrite()
    {
        _turn.Enter(_time, _cancellationToken);
        try
        {
            Database.ExecuteScript("VACUUM");
            return Database.ReadNumber("PRAGMA wal_checkpoint(TRUNCATE)") == 0;
        }
        finally
        {
            _turn.Exit();
        }
    }

    public void Dispose()
    {
        Database.Dispose();
        _turn.Dispose();
    }
}
