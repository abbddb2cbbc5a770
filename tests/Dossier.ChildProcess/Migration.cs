using Dossier.Storage;

namespace Dossier.ChildProcess;

/// <summary>A process that migrates a store and is stopped in the middle of it.</summary>
internal static class Migration
{
    /// <summary>
    /// Takes the turn to write and does every step, and more than fits into memory; prints <c>middle</c>, waits for a line, commits and
    /// prints <c>migrated</c>.
    /// </summary>
    public static void Run(string storage)
    {
        using var turn = new WriteTurn(storage);
        turn.Enter();
        using var database = new Database(storage);
        Schema.Prepare(database, storage, Durability.Full, [.. SchemaVersions.Steps.SkipLast(1), StopInTheMiddle]);
        turn.Exit();
        Console.WriteLine("migrated");
    }

    private static void StopInTheMiddle(Database database)
    {
        SchemaVersions.Steps[^1](database);
        // More than the page cache holds, so that a part of it is in the write-ahead log before it is committed.
        database.ExecuteScript("CREATE TABLE half AS SELECT zeroblob(40000000); DROP TABLE half");
        Console.WriteLine("middle");
        Console.ReadLine();
    }
}
