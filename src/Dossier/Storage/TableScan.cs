using System.Globalization;

namespace Dossier.Storage;

/// <summary>
/// Reads a table by its key in short pieces, each a snapshot of its own, so that checkpoints go on meanwhile. A damaged page ends a piece
/// and not the scan: it goes on behind the page.
/// </summary>
/// <param name="database">The connection.</param>
/// <param name="select">A SELECT whose first column is the key, with a WHERE that more can be added to.</param>
/// <param name="key">The column of the key.</param>
internal sealed class TableScan(Database database, string select, string key)
{
    private const int RowsAtOnce = 256;
    private const long FarthestJump = 1L << 48;

    private readonly string _sql = $"{select} AND {key} > ?1 ORDER BY {key} LIMIT ?2";

    /// <summary>All rows.</summary>
    /// <param name="read">Reads a row.</param>
    /// <param name="unreadable">Told the keys between which nothing could be read, and why.</param>
    public IEnumerable<T> Read<T>(Func<Statement, T> read, Action<string, StorageException> unreadable)
    {
        var rows = new List<T>(RowsAtOnce);
        for (long last = 0; ; )
        {
            rows.Clear();
            var failure = ReadPiece(read, rows, ref last);
            foreach (var row in rows)
                yield return row;
            if (failure is not null)
            {
                var next = FindReadable(last);
                unreadable(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{key} {last + 1} to {(next is { } end ? end.ToString(CultureInfo.InvariantCulture) : "the end")}"
                    ),
                    failure
                );
                if (next is null)
                    yield break;
                last = next.Value;
            }
            else if (rows.Count < RowsAtOnce)
                yield break;
        }
    }

    private StorageException? ReadPiece<T>(Func<Statement, T> read, List<T> rows, ref long last)
    {
        try
        {
            using var statement = Prepare(last, RowsAtOnce);
            while (statement.Step())
            {
                rows.Add(read(statement));
                last = statement.Number(0);
            }
            return null;
        }
        catch (StorageException exception)
        {
            return exception;
        }
    }

    /// <summary>The least key behind which the table can be read again; null when there is none.</summary>
    private long? FindReadable(long last)
    {
        long jump = 1;
        while (!CanRead(last + jump))
            if ((jump *= 2) > FarthestJump)
                return null;
        var (bad, good) = (last + (jump / 2), last + jump);
        while (good - bad > 1)
        {
            var middle = bad + ((good - bad) / 2);
            if (CanRead(middle))
                good = middle;
            else
                bad = middle;
        }
        return good;
    }

    private bool CanRead(long after)
    {
        try
        {
            using var statement = Prepare(after, 1);
            statement.Step();
            return true;
        }
        catch (StorageException)
        {
            return false;
        }
    }

    private Statement Prepare(long after, int limit)
    {
        var statement = database.Prepare(_sql);
        statement.Bind(1, after);
        statement.Bind(2, limit);
        return statement;
    }
}
