namespace Dossier.Storage;

/// <summary>
/// SQLite's own check of its structure, its indexes and its constraints (https://sqlite.org/pragma.html#pragma_integrity_check), and of the
/// index of digests, which to SQLite is a table like others.
/// </summary>
internal static class DatabaseCheck
{
    private const int MostMessages = 100;

    private static readonly (string Problem, string Sql)[] Digests =
    [
        (
            "is not found by its digest",
            """
            SELECT place FROM contents AS it WHERE NOT EXISTS(
                SELECT 1 FROM (SELECT 0 AS level UNION ALL SELECT 1 UNION ALL SELECT 2) CROSS JOIN digests USING(level)
                WHERE digests.prefix = substr(it.digest, 1, 8) AND digests.place = it.place)
            """
        ),
        (
            "is not there, or has another digest than the one that it is found by",
            """
            SELECT place FROM digests AS it WHERE level NOT IN (0, 1, 2) OR NOT EXISTS(
                SELECT 1 FROM contents WHERE contents.place = it.place AND substr(contents.digest, 1, 8) = it.prefix)
            """
        ),
        ("is found twice by its digest", "SELECT place FROM digests GROUP BY place HAVING count(*) > 1"),
    ];

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
        foreach (var (problem, sql) in Digests)
        {
            var (places, failed) = Read(database, $"{sql} LIMIT {MostMessages}", cancellationToken);
            foreach (var place in places)
                yield return Problem($"Table 'digests': the content at place {place} {problem}.");
            if (failed is not null)
                yield return Problem($"Table 'digests' could not be checked to its end: {failed}");
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
