namespace Dossier.Storage;

/// <summary>SQLite's own check of its structure, its indexes and its constraints (https://sqlite.org/pragma.html#pragma_integrity_check).</summary>
internal static class DatabaseCheck
{
    private const int MostMessages = 100;

    /// <summary>Table by table, each in a snapshot of its own, so that checkpoints go on between them.</summary>
    public static IEnumerable<VerifyProblem> Run(Database database, CancellationToken cancellationToken)
    {
        var (tables, failure) = Read(database, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name", cancellationToken);
        foreach (var table in tables.Append("sqlite_schema"))
        {
            var (messages, failed) = Read(database, $"PRAGMA integrity_check(\"{table}\")", cancellationToken);
            foreach (var message in messages.Where(it => it is not "ok").Take(MostMessages))
                yield return Problem($"Table '{table}': {message}.");
            if (failed is not null)
                yield return Problem($"Table '{table}' could not be checked to its end: {failed}");
        }
        if (failure is not null)
            yield return Problem($"The tables could not be listed: {failure}");
    }

    private static (List<string> Rows, string? Failure) Read(Database database, string sql, CancellationToken cancellationToken)
    {
        var rows = new List<string>();
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var statement = database.Prepare(sql);
            while (statement.Step())
                rows.Add(statement.Text(0));
            return (rows, null);
        }
        catch (StorageException exception)
        {
            cancellationToken.ThrowIfCancellationRequested(); // which interrupts the statement
            return (rows, exception.Message);
        }
    }

    private static VerifyProblem Problem(string description) =>
        new()
        {
            Kind = VerifyProblemKind.DatabaseDamaged,
            Description = description,
            Remedy = "Copy the directory to a safe place, then restore dossier.db from a backup.",
        };
}
