using System.Collections.Concurrent;

namespace Dossier.Storage;

/// <summary>
/// Connections for reading, each with its prepared statements. A read has one to itself, waits for nobody and gives it back
/// with nothing open, so that no snapshot outlives its read.
/// </summary>
internal sealed class ReaderPool(string path)
{
    private const int MostIdle = 16;

    private readonly ConcurrentStack<Database> _idle = new();
    private volatile bool _closed;

    public T Read<TArgument, T>(TArgument argument, Func<Database, TArgument, T> read)
    {
        ObjectDisposedException.ThrowIf(_closed, typeof(LocalStorage));
        if (!_idle.TryPop(out var database))
            database = Open();
        try
        {
            return read(database, argument);
        }
        catch (Exception exception) when (StorageErrors.IsDamage(exception))
        {
            throw StorageErrors.DamagedRecord(path, exception);
        }
        finally
        {
            GiveBack(database);
        }
    }

    /// <summary>Closes what is idle at once, and what is in use when it is given back.</summary>
    public void Close()
    {
        _closed = true;
        while (_idle.TryPop(out var database))
            database.Dispose();
    }

    private Database Open()
    {
        var database = new Database(path);
        Schema.SetUpReader(database);
        return database;
    }

    private void GiveBack(Database database)
    {
        if (!_closed && _idle.Count < MostIdle && !database.IsFull)
            _idle.Push(database);
        else
            database.Dispose();
        // It may have been closed between the question and the push.
        if (_closed)
            Close();
    }
}
