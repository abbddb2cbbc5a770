using System.Buffers.Binary;
using System.Globalization;

namespace Dossier.Storage;

/// <summary>The version of <c>dossier.db</c>, how an older one becomes this one, and how a connection is set up.</summary>
internal static class Schema
{
    public const int Version = 2;

    /// <summary>"DSSR", by which <c>file</c> and SQLite's tools know the format.</summary>
    private const int ApplicationId = 0x44535352;

    /// <summary>How long a commit's id is remembered, at the least.</summary>
    private static readonly TimeSpan CommitMemory = TimeSpan.FromDays(7);

    /// <summary>Makes sure that a database is empty or a store of this version or an older one; true when it is empty.</summary>
    /// <exception cref="StorageException">The file is something else, or of a newer version. Nothing in it was changed.</exception>
    public static bool Check(Database database, string directory)
    {
        // One transaction, so that nobody creates the tables between two questions.
        database.Execute("BEGIN");
        var applicationId = database.ReadNumber("PRAGMA application_id");
        var version = database.ReadNumber("PRAGMA user_version");
        var isNew = applicationId == 0 && version == 0 && database.ReadNumber("SELECT count(*) FROM sqlite_schema") == 0;
        database.Execute("COMMIT");
        if (!isNew && applicationId != ApplicationId)
            throw StorageErrors.NotADatabase(directory);
        if (version > Version)
            throw new StorageException(
                $"The store '{directory}' has schema version {version}; this version of Dossier reads up to {Version}. Update Dossier, or use another storage path."
            );
        return isNew;
    }

    /// <summary>Makes an empty database or an older store one of this version. The caller holds the write lock.</summary>
    /// <inheritdoc cref="Check" path="/exception"/>
    public static void Prepare(Database database, string directory, Durability durability) =>
        Prepare(database, directory, durability, SchemaVersions.Steps);

    /// <param name="database">A connection that nothing is prepared on yet.</param>
    /// <param name="directory">The store's directory, for messages.</param>
    /// <param name="durability">What a write is to have survived.</param>
    /// <param name="steps">What makes each version of the one before it; version 1 of nothing.</param>
    /// <inheritdoc cref="Check" path="/exception"/>
    internal static void Prepare(Database database, string directory, Durability durability, IReadOnlyList<Action<Database>> steps)
    {
        if (Check(database, directory)) // another process may have been here since it was last asked
            database.Execute("PRAGMA page_size = 8192");
        var mode = database.ReadText("PRAGMA journal_mode = WAL");
        if (mode is not "wal")
            throw StorageErrors.NoWriteAheadLog(directory, mode);
        SetUpWriter(database, durability);
        var version = (int)database.ReadNumber("PRAGMA user_version");
        if (version < steps.Count)
            Migrate(database, directory, version, steps);
    }

    /// <summary>All steps in one transaction: a process that dies in the middle leaves the store as it was, as a failure does.</summary>
    private static void Migrate(Database database, string directory, int from, IReadOnlyList<Action<Database>> steps)
    {
        try
        {
            database.ExecuteScript("BEGIN IMMEDIATE");
            foreach (var step in steps.Skip(from))
                step(database);
            database.ExecuteScript(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {steps.Count}; COMMIT;"
                )
            );
        }
        catch (Exception exception) when (from > 0)
        {
            if (database.InTransaction) // SQLite ends one by itself when the disk fails it
                database.ExecuteScript("ROLLBACK");
            throw StorageErrors.NotMigrated(directory, from, steps.Count, exception);
        }
    }

    /// <summary>Forgets the oldest commits beyond the time that they are remembered for, up to a number that keeps opening quick.</summary>
    public static void ForgetCommits(Database database, DateTimeOffset now)
    {
        using var delete = database.Prepare(
            "DELETE FROM commits WHERE (id, session) IN (SELECT id, session FROM commits WHERE id < ?1 ORDER BY id LIMIT 250000)"
        );
        Span<byte> firstToKeep = stackalloc byte[sizeof(long)]; // shorter than an id, and so less than all that begin with it
        BinaryPrimitives.WriteInt64BigEndian(firstToKeep, (now - CommitMemory).ToUnixTimeMilliseconds() << 16);
        delete.BindBlob(1, firstToKeep[..6]);
        delete.Step();
    }

    /// <summary>Begins a transaction that writes. The caller has the turn.</summary>
    /// <exception cref="StorageException">A newer version has migrated the store since it was opened.</exception>
    public static void BeginWrite(Database database)
    {
        database.Execute("BEGIN IMMEDIATE");
        var version = database.ReadNumber("PRAGMA user_version");
        if (version == Version)
            return;
        database.Execute("ROLLBACK");
        throw StorageErrors.MigratedMeanwhile(database.Directory, version);
    }

    public static void SetUpReader(Database database) =>
        database.ExecuteScript("PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 1073741824;");

    // On macOS a sync reaches the disk's platter or cells only with fullfsync (https://sqlite.org/pragma.html#pragma_fullfsync).
    public static void SetUpWriter(Database database, Durability durability) =>
        database.ExecuteScript(
            $"""
            PRAGMA synchronous = {(durability is Durability.Full ? "FULL" : "NORMAL")};
            PRAGMA fullfsync = {(durability is Durability.Full ? "ON" : "OFF")};
            PRAGMA checkpoint_fullfsync = {(durability is Durability.Full ? "ON" : "OFF")};
            PRAGMA temp_store = MEMORY;
            PRAGMA cache_size = -16384;
            PRAGMA wal_autocheckpoint = 1000;
            """
        );
}
