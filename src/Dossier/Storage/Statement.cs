using System.Text;
using SQLitePCL;

namespace Dossier.Storage;

/// <summary>
/// A prepared statement. It goes to SQLite directly because a command of ADO.NET costs several times what most statements here do.
/// Disposing it ends one use (the snapshot it reads from is let go); it stays prepared until its database is closed.
/// </summary>
internal sealed class Statement(Database database, sqlite3_stmt handle) : IDisposable
{
    private const int StackLimit = 512;

    public void Bind(int index, long value) => Check(raw.sqlite3_bind_int64(handle, index, value));

    public void Bind(int index, double value) => Check(raw.sqlite3_bind_double(handle, index, value));

    public void BindNull(int index) => Check(raw.sqlite3_bind_null(handle, index));

    public void BindBlob(int index, ReadOnlySpan<byte> value) =>
        // An empty span has no address, which SQLite would take for null.
        Check(value.IsEmpty ? raw.sqlite3_bind_zeroblob(handle, index, 0) : raw.sqlite3_bind_blob(handle, index, value));

    public void BindText(int index, ReadOnlySpan<byte> utf8) =>
        Check(utf8.IsEmpty ? raw.sqlite3_bind_text(handle, index, "") : raw.sqlite3_bind_text(handle, index, utf8));

    public void BindText(int index, string? value)
    {
        if (value is null)
        {
            BindNull(index);
            return;
        }
        Span<byte> buffer = stackalloc byte[StackLimit];
        if (Encoding.UTF8.TryGetBytes(value, buffer, out var written))
            BindText(index, buffer[..written]);
        else
            BindText(index, Encoding.UTF8.GetBytes(value));
    }

    public void Bind(int index, RecordId value)
    {
        Span<byte> bytes = stackalloc byte[RecordId.Size];
        value.CopyTo(bytes);
        BindBlob(index, bytes);
    }

    public void Bind(int index, ContentDigest value)
    {
        Span<byte> bytes = stackalloc byte[ContentDigest.Size];
        value.CopyTo(bytes);
        BindBlob(index, bytes);
    }

    /// <summary>Goes to the next row; false when there is none.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(handle);
        return code switch
        {
            raw.SQLITE_ROW => true,
            raw.SQLITE_DONE => false,
            _ => throw database.Failure(code),
        };
    }

    /// <summary>Runs a statement that returns no rows.</summary>
    public void Run()
    {
        Step();
        Dispose();
    }

    public bool IsNull(int column) => raw.sqlite3_column_type(handle, column) == raw.SQLITE_NULL;

    public bool IsNumber(int column) => raw.sqlite3_column_type(handle, column) == raw.SQLITE_INTEGER;

    public long Number(int column) => raw.sqlite3_column_int64(handle, column);

    public double Real(int column) => raw.sqlite3_column_double(handle, column);

    public int SmallNumber(int column) => raw.sqlite3_column_int(handle, column);

    /// <summary>Good until the next step: it is SQLite's own memory.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(handle, column);

    /// <exception cref="FormatException">What is there is no digest.</exception>
    public ContentDigest Digest(int column) =>
        FindDigest(column) ?? throw new FormatException($"A digest has {ContentDigest.Size} bytes, not {Bytes(column).Length}.");

    /// <summary>A digest; null when what is there has not the length of one.</summary>
    public ContentDigest? FindDigest(int column) => Bytes(column) is { Length: ContentDigest.Size } hash ? new ContentDigest(hash) : null;

    public string Text(int column) => Encoding.UTF8.GetString(Bytes(column));

    /// <summary>What SQLite has counted of it since it was prepared (<c>sqlite3_stmt_status</c>).</summary>
    public int Counted(int counter) => raw.sqlite3_stmt_status(handle, counter, 0);

    /// <summary>What a failed step left behind does not matter here: the step itself has thrown it.</summary>
    public void Dispose() => raw.sqlite3_reset(handle);

    public void Close() => handle.Dispose();

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
            throw database.Failure(code);
    }
}
