using System.Globalization;
using System.Text;

namespace Dossier.Storage;

/// <summary>A SELECT of one page: conditions and their values are added as the query names them, and values are only ever bound.</summary>
internal sealed class PageQuery
{
    private readonly StringBuilder _sql;
    private readonly List<object?> _values = [];
    private readonly string _keyColumn;
    private readonly bool _newestFirst;
    private readonly int _pageSize;

    /// <param name="select">Everything up to the first condition; the key is its first column.</param>
    /// <param name="keyColumn">What orders the rows.</param>
    /// <param name="newestFirst">Whether the greatest key comes first.</param>
    /// <param name="pageSize">1 to 1,000.</param>
    /// <param name="continuation">The key of the last row of the page before, or null.</param>
    public PageQuery(string select, string keyColumn, bool newestFirst, int pageSize, string? continuation)
    {
        RecordPages.CheckPageSize(pageSize);
        _sql = new StringBuilder(select).Append(" WHERE 1");
        (_keyColumn, _newestFirst, _pageSize) = (keyColumn, newestFirst, pageSize);
        if (continuation is null)
            return;
        if (!long.TryParse(continuation, NumberStyles.None, CultureInfo.InvariantCulture, out var key))
            throw new ArgumentException($"'{continuation}' is not a continuation that an earlier page gave.", nameof(continuation));
        And($"{keyColumn} {(newestFirst ? '<' : '>')} ", key);
    }

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
    public RecordPage<T> Read<T>(Database database, Func<Statement, T> read)
    {
        _sql.Append(" ORDER BY ")
            .Append(_keyColumn)
            .Append(_newestFirst ? " DESC" : "")
            .Append(" LIMIT ?")
            .Append(Add((long)_pageSize + 1));
        using var rows = database.Prepare(_sql.ToString());
        for (var i = 0; i < _values.Count; i++)
            Bind(rows, i + 1, _values[i]);
        var items = new List<T>();
        long lastKey = 0;
        while (rows.Step())
        {
            if (items.Count == _pageSize)
                return new(items, lastKey.ToString(CultureInfo.InvariantCulture));
            lastKey = rows.Number(0);
            items.Add(read(rows));
        }
        return new(items, null);
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
