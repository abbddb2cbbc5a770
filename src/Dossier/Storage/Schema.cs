using System.Buffers.Binary;
using System.Globalization;

namespace Dossier.Storage;

/// <summary>The layout of <c>dossier.db</c>, its version, and how a connection is set up.</summary>
internal static class Schema
{
    public const int Version = 1;

    /// <summary>"DSSR", by which <c>file</c> and SQLite's tools know the format.</summary>
    private const int ApplicationId = 0x44535352;

    /// <summary>How long a commit's id is remembered, at the least.</summary>
    private static readonly TimeSpan CommitMemory = TimeSpan.FromDays(7);

    // Times are Unix microseconds, ids 16 bytes, digests 32. `place` is the order of everything in the store.
    // Contents are appended under a small key: clustered by digest, writes land all over the file. For the same reason an
    // index holds the first 8 bytes of a digest only, so that it stays small; a look-up compares the whole digest as well.
    // Commits are appended, too: their ids begin with their time (RFC 9562, version 7).
    // Totals are the count and bytes of a session's artifacts by content type. Facts are the index of metadata: which artifacts have
    // a value, by sequence in their session and by place in the whole store (session 0), 4,096 of them to a block (FactBlock).
    private const string Tables = """
        CREATE TABLE sessions(
            key INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            owner TEXT,
            name TEXT,
            status INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            revision INTEGER NOT NULL,
            last_sequence INTEGER NOT NULL,
            totals TEXT,
            body TEXT NOT NULL
        ) STRICT;
        CREATE INDEX sessions_by_status ON sessions(status, key);
        CREATE INDEX sessions_by_owner ON sessions(owner, key) WHERE owner IS NOT NULL;
        CREATE TABLE session_tags(
            tag TEXT NOT NULL,
            session INTEGER NOT NULL,
            PRIMARY KEY(tag, session)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX session_tags_by_session ON session_tags(session);
        CREATE TABLE artifacts(
            place INTEGER PRIMARY KEY,
            session INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            id BLOB NOT NULL,
            name TEXT NOT NULL,
            version INTEGER NOT NULL,
            content_type TEXT NOT NULL,
            role INTEGER NOT NULL,
            digest BLOB NOT NULL,
            size INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            produced_by BLOB,
            masked_secrets INTEGER NOT NULL,
            metadata TEXT
        ) STRICT;
        CREATE UNIQUE INDEX artifacts_by_sequence ON artifacts(session, sequence);
        CREATE UNIQUE INDEX artifacts_by_name ON artifacts(session, name, version);
        CREATE UNIQUE INDEX artifacts_by_id ON artifacts(session, id);
        CREATE INDEX artifacts_by_producer ON artifacts(session, produced_by, sequence) WHERE produced_by IS NOT NULL;
        CREATE TABLE fact_names(
            key INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE
        ) STRICT;
        CREATE TABLE facts(
            session INTEGER NOT NULL,
            name INTEGER NOT NULL,
            value ANY NOT NULL,
            block INTEGER NOT NULL,
            members BLOB NOT NULL,
            PRIMARY KEY(session, name, value, block)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE responses(
            place INTEGER PRIMARY KEY,
            session INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            id BLOB NOT NULL,
            key TEXT,
            outcome INTEGER NOT NULL,
            started_at INTEGER NOT NULL,
            text_digest BLOB,
            body TEXT NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX responses_by_sequence ON responses(session, sequence);
        CREATE UNIQUE INDEX responses_by_id ON responses(session, id);
        CREATE INDEX responses_by_key ON responses(session, key, sequence) WHERE key IS NOT NULL;
        CREATE INDEX responses_by_text ON responses(session, substr(text_digest, 1, 8), sequence) WHERE text_digest IS NOT NULL;
        CREATE TABLE contents(
            place INTEGER PRIMARY KEY,
            digest BLOB NOT NULL,
            size INTEGER NOT NULL,
            bytes BLOB
        ) STRICT;
        CREATE INDEX contents_by_digest ON contents(substr(digest, 1, 8));
        CREATE TABLE commits(
            session INTEGER NOT NULL,
            id BLOB NOT NULL,
            result BLOB NOT NULL,
            PRIMARY KEY(id, session)
        ) STRICT, WITHOUT ROWID;
        """;

    /// <summary>Makes sure that a database is empty or a store of this version; true when it is empty.</summary>
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

    /// <summary>Creates the tables in an empty database. The caller holds the write lock.</summary>
    /// <inheritdoc cref="Check" path="/exception"/>
    public static void Prepare(Database database, string directory, Durability durability)
    {
        var isNew = Check(database, directory); // another process may have been here since it was last asked
        if (isNew)
            database.Execute("PRAGMA page_size = 8192");
        var mode = database.ReadText("PRAGMA journal_mode = WAL");
        if (mode is not "wal")
            throw StorageErrors.NoWriteAheadLog(directory, mode);
        SetUp(database, durability);
        if (isNew)
            database.ExecuteScript(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"BEGIN IMMEDIATE;\n{Tables}\nPRAGMA application_id = {ApplicationId};\nPRAGMA user_version = {Version};\nCOMMIT;"
                )
            );
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

    public static void SetUpReader(Database database) =>
        database.ExecuteScript("PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 1073741824;");

    // On macOS a sync reaches the disk's platter or cells only with fullfsync (https://sqlite.org/pragma.html#pragma_fullfsync).
    private static void SetUp(Database database, Durability durability) =>
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
