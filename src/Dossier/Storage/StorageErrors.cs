using System.Text.Json;
using SQLitePCL;

namespace Dossier.Storage;

/// <summary>Turns what SQLite and the file system report into what a user can act on: the path, what happened, what to do.</summary>
internal static class StorageErrors
{
    private const int UnixDiskFull = 28; // ENOSPC
    private const int UnixReadOnly = 30; // EROFS
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);
    private static readonly int UnixQuota = OperatingSystem.IsMacOS() ? 69 : 122; // EDQUOT

    /// <param name="path">The store's directory.</param>
    /// <param name="code">A result code, extended or not (https://sqlite.org/rescode.html).</param>
    /// <param name="detail">What SQLite says of it.</param>
    public static StorageException Sqlite(string path, int code, string? detail)
    {
        var said = $"SQLite says '{detail ?? "no message"}' (code {code}).";
        return (code & 0xFF) switch
        {
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => new(
                $"The store '{path}' was locked by another program for too long. Close whatever holds its dossier.db open, or try again. {said}",
                isTransient: true
            ),
            raw.SQLITE_FULL => DiskFull(path, said, null),
            raw.SQLITE_CORRUPT => new(
                $"The store '{path}' is damaged. Copy the directory to a safe place, then restore it from a backup. {said}"
            ),
            raw.SQLITE_NOTADB => NotADatabase(path),
            raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_CANTOPEN or raw.SQLITE_AUTH => NotWritable(path, said, null),
            raw.SQLITE_TOOBIG => new(
                $"A record is too large for the store '{path}', and nothing of its commit was kept. Keep large values in artifacts. {said}"
            ),
            raw.SQLITE_IOERR => new($"The disk under the store '{path}' failed. Check the disk and its mount. {said}"),
            _ => new($"The store '{path}' could not be read or written. {said}"),
        };
    }

    /// <summary>Whether a failure of SQLite would meet any other statement, too.</summary>
    public static bool ConcernsWholeStore(int code) =>
        (code & 0xFF)
            is raw.SQLITE_IOERR
                or raw.SQLITE_FULL
                or raw.SQLITE_CORRUPT
                or raw.SQLITE_NOTADB
                or raw.SQLITE_BUSY
                or raw.SQLITE_LOCKED
                or raw.SQLITE_PROTOCOL
                or raw.SQLITE_READONLY
                or raw.SQLITE_PERM
                or raw.SQLITE_CANTOPEN
                or raw.SQLITE_AUTH;

    public static StorageException TurnTaken(string path) =>
        new(
            $"Another process has held the write lock of the store '{path}' for more than {WriteTurn.Patience.TotalSeconds:0} seconds; it may have been stopped. Nothing was written. Let it go on or end it, and try again.",
            isTransient: true
        );

    /// <param name="path">The store's directory.</param>
    /// <param name="who">What waited, as the beginning of a sentence.</param>
    /// <param name="done">What became of it, as a sentence.</param>
    public static StorageException TurnTaken(string path, string who, string done) =>
        new(
            $"{who} of the store '{path}' has waited more than {WriteTurn.Patience.TotalSeconds:0} seconds for its turn to write: another process holds the write lock, and may have been stopped. {done} Let it go on or end it, and try again.",
            isTransient: true
        );

    public static StorageException VerificationWaited(string path) =>
        TurnTaken(path, "The verification", "What it has changed until then stays so; nothing else was.");

    /// <summary>Whether <see cref="FileSystem"/> knows what the exception means.</summary>
    public static bool IsFileSystem(Exception exception) => exception is IOException or UnauthorizedAccessException;

    public static StorageException PurgeUnderWay(string path) =>
        new($"The store '{path}' is being purged already, in this process or another. Try again when that is done.", isTransient: true);

    public static StorageException ErasureWaits(string path, string what) =>
        new(
            $"The records were erased from the store '{path}', but {what} for too long, and their remains are still on the disk. Erase again, or open the store anew; either finishes it.",
            isTransient: true
        );

    public static StorageException FileSystem(string path, Exception exception) =>
        exception switch
        {
            UnauthorizedAccessException or IOException { HResult: UnixReadOnly } => NotWritable(path, exception.Message, exception),
            IOException { HResult: var code } when IsDiskFull(code) => DiskFull(path, exception.Message, exception),
            _ => new($"The store '{path}' could not be read or written: {exception.Message} Check that it is on a local disk.", exception),
        };

    public static StorageException DamagedRecord(string path, Exception exception) =>
        new($"A record in the store '{path}' is damaged: {exception.Message} Restore the store from a backup.", exception);

    /// <summary>Whether something was read that no version has written.</summary>
    public static bool IsDamage(Exception exception) => exception is JsonException or FormatException;

    /// <summary>Whether decoding a row failed because of what is in it.</summary>
    public static bool IsUndecodable(Exception exception) =>
        exception is JsonException or ArgumentException or FormatException or InvalidOperationException or NotSupportedException;

    public static StorageException NotMigrated(string path, int from, int to, Exception exception) =>
        new(
            $"The store '{path}' has schema version {from} and could not be brought to version {to}; it is as it was. {exception.Message} Remove the cause and open it again, or go on with the version of Dossier that wrote it.",
            exception,
            (exception as DossierException)?.IsTransient ?? false
        );

    public static StorageException MigratedMeanwhile(string path, long version) =>
        new(
            $"The store '{path}' was brought to schema version {version} by another version of Dossier while it was open here, which writes version {Schema.Version}. Nothing was written. Close it, update Dossier, and open it again."
        );

    public static StorageException NotADatabase(string path) =>
        new(
            $"The file 'dossier.db' in '{path}' is not a Dossier store, and nothing in it was changed. Use another storage path, or move the file away."
        );

    public static StorageException IsAFile(string path) =>
        new($"The storage path '{path}' is a file. Use the path of a directory, which is created when it is missing.");

    public static StorageException OnANetwork(string path) =>
        new(
            $"The store '{path}' would be on a network file system, where the locks of SQLite cannot be relied on. Use a path on a local disk; on Windows, one with a drive letter."
        );

    public static StorageException NoWriteAheadLog(string path, string mode) =>
        new(
            $"The file system of the store '{path}' does not support the shared memory of SQLite's write-ahead log: the journal mode stayed '{mode}'. Use a path on another local disk."
        );

    private static bool IsDiskFull(int code) => code is UnixDiskFull or WindowsDiskFull or WindowsHandleDiskFull || code == UnixQuota;

    private static StorageException NotWritable(string path, string said, Exception? cause) =>
        new(
            $"The store '{path}' cannot be written. Give this user write access to the directory, or use another storage path. {said}",
            cause
        );

    private static StorageException DiskFull(string path, string said, Exception? cause) =>
        new($"The disk under the store '{path}' is full, and nothing of this write was kept. Free some space and try again. {said}", cause);
}
