using System.Text;

namespace Dossier.Storage;

/// <summary>A SELECT of one page: conditions and their values are added as the query names them, and values are only ever bound.</summary>
internal sealed class PageQuery
{
    private readonly StringBuilder _sql;
    private readonly List<object?> _values = [];
    private readonly PageOrder _order = new("rowid", Descending: false);
    private readonly int _pageSize;

    /// <param name="select">Everything up to the first condition; the key is its first column.</param>
    /// <param name="order">What orders the rows.</param>
    /// <param name="pageSize">1 to 1,000.</param>
    /// <param name="continuation">What the page before said, or null.</param>
    public PageQuery(string select, PageOrder order, int pageSize, string? continuation)
    {
        RecordPages.CheckPageSize(pageSize);
        _sql = new StringBuilder(select).Append(" WHERE 1");
        (_order, _pageSize) = (order, pageSize);
        if (continuation is null)
            return;
        var after = order.Descending ? '<' : '>';
        if (order.Sort is not { } sort)
            And($"{order.Key} {after} ", PageOrder.ParseKey(continuation));
        else
        {
            var (key, value) = order.Parse(continuation);
            And($"({sort}, {order.Key}) {after} (?{Add(value)}, ?{Add(key)})");
        }
    }

    /// <param name="select">A SELECT of what is looked at row by row, with conditions and nothing else.</param>
    public PageQuery(string select) => _sql = new StringBuilder(select).Append(" WHERE 1");

    /// <summary>Adds a condition whose value stands at its end.</summary>
    public PageQuery And(string condition, object? value)
    {
        _sql.Append(" AND ").Append(condition).Append('?').Append(Add(value));
        return this;
    }

    /// <summary>Adds a condition without a value.</summary>
    public PageQuery And(string condition)
    {
        _sql.Append(" AND ").Append(condition);
        return this;
    }

    /// <summary>Adds a value and returns its number, for conditions that need it in the middle.</summary>
    public int Add(object? value)
    {
        _values.Add(value);
        return _values.Count;
    }

    /// <summary>Reads the page whole; the row after it says whether there is another.</summary>
    /// <param name="database">The connection to read with.</param>
    /// <param name="read">Reads a row; null leaves it out.</param>
    /// <param name="mayLeaveOut">Whether it ever does; then rows are read until there are enough.</param>
    public RecordPage<T> Read<T>(Database database, Func<Statement, T?> read, bool mayLeaveOut = false)
        where T : class
    {
        var direction = _order.Descending ? " DESC" : "";
        _sql.Append(" ORDER BY ");
        if (_order.Sort is { } sort)
            _sql.Append(sort).Append(direction).Append(", ");
        _sql.Append(_order.Key).Append(direction);
        if (!mayLeaveOut)
            _sql.Append(" LIMIT ?").Append(Add((long)_pageSize + 1));
        using var rows = Prepare(database);
        var items = new List<T>();
        var last = "";
        while (rows.Step())
        {
            if (read(rows) is not { } item)
                continue;
            if (items.Count == _pageSize)
                return new(items, last);
            items.Add(item);
            if (items.Count == _pageSize)
                last = _order.Continuation(rows);
        }
        return new(items, null);
    }

    /// <summary>The statement with its values.</summary>
    public Statement Prepare(Database database)
    {
        var statement = database.Prepare(_sql.ToString());
        for (var i = 0; i < _values.Count; i++)
            Bind(statement, i + 1, _values[i]);
        return statement;
    }

    /// <summary>Adds what follows the conditions.</summary>
    public PageQuery End(string clause)
    {
        _sql.Append(clause);
        return this;
    }

    /// <summary>SQLite's GLOB knows one special character more than ours: the bracket.</summary>
    public static string Glob(string pattern) => pattern.Replace("[", "[[]", StringComparison.Ordinal);

    private static void Bind(Statement statement, int index, object? value)
    {
        switch (value)
        {
            case long number:
                statement.Bind(index, number);
                break;
            case double number:
                statement.Bind(index, number);
                break;
            case RecordId id:
                statement.Bind(index, id);
                break;
            case ContentDigest digest:
                statement.Bind(index, digest);
                break;
            case string text:
                statement.BindText(index, text);
                break;
            default:
                statement.BindNull(index);
                break;
        }
    }
}
