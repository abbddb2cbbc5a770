namespace Dossier.Storage;

/// <summary>
/// The versions of <c>dossier.db</c>, each as what makes it of the one before. A new store goes through all of them, so that there is
/// one description of the tables and an old store cannot end up different from a new one. A released step never changes.
/// </summary>
internal static class SchemaVersions
{
    /// <summary>Step by step, from nothing to <see cref="Schema.Version"/>. A step runs within a transaction, and begins and ends none.</summary>
    public static IReadOnlyList<Action<Database>> Steps { get; } = [ToFirst, ToSecond];

    private static void ToFirst(Database database) => database.ExecuteScript(First);

    private static void ToSecond(Database database)
    {
        database.ExecuteScript(Second);
        ChainBuilder.BuildAll(database);
    }

    // Times are Unix microseconds, ids 16 bytes, digests 32. `place` is the order of everything in the store.
    // Contents are appended under a small key: clustered by digest, writes land all over the file. For the same reason an
    // index holds the first 8 bytes of a digest only, so that it stays small; a look-up compares the whole digest as well.
    // Commits are appended, too: their ids begin with their time (RFC 9562, version 7).
    // Totals are the count and bytes of a session's artifacts by content type. Facts are the index of metadata: which artifacts have
    // a value, by sequence in their session and by place in the whole store (session 0), 4,096 of them to a block (FactBlock).
    private const string First = """
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

    // Trash and pins of artifacts and sessions. Content that nothing uses is condemned, and deleted when it has been for long enough.
    // What was purged leaves behind: the version of a name and the place that must not be given again, and while its rows are being
    // deleted the key of a session, the places that are still to be taken out of the full text, and the digests of files to be deleted: in one
    // table, since each takes a page though it is empty most of the time.
    // Of a session that was erased stays that it was; `finished` says whether nothing else is left of it on the disk (ErasureSql).
    // A session's budget is the sums of its ledger (BudgetTotals); what is held for a call has a row for as long as it lasts.
    // Responses in progress (0) are few: an opening looks for those whose process has ended.
    // A step has beside its body what a call that reuses its result needs, the places of that artifact and its content included, so that one
    // statement reads all of it.
    // What the calls of a session to one model have in common stands once, before the bodies of those that name it.
    // A conversation has the number of its first run. A message's place is its run and its depth (MessagePlace), and so are the head of a
    // conversation and the message that a run branched off. A response that is a turn names none of its messages but counts them: those that
    // were asked and those that were answered lie behind one another. A message has the place of its response, or the id of one that is not there.
    // Content is found by the first 8 bytes of its digest through `digests`, an index of three levels (ContentRowWriter). An artifact also has
    // the place where its content was when it was stored: most often it still is, and a look-up that compares the digest says whether.
    // A commit of nothing but an artifact or a call in progress with the commit's own id has no row in `commits`: the record's says what the
    // result was (`commit_revision` is the session's), and an artifact that is purged leaves one behind.
    // The artifacts of a session and its responses that have ended are a chain: `link` is the number of the entry, `chain` its hash
    // (ChainEntry); the session has how many there are and the last hash. Entries whose row is gone or was replaced are in `links`, and so are
    // those that say so.
    private const string Second = """
        ALTER TABLE sessions ADD COLUMN trashed_at INTEGER;
        DROP INDEX sessions_by_status;
        CREATE INDEX sessions_by_status ON sessions(status, key, trashed_at);
        DROP INDEX sessions_by_owner;
        CREATE INDEX sessions_by_owner ON sessions(owner, key, trashed_at) WHERE owner IS NOT NULL;
        ALTER TABLE artifacts ADD COLUMN trashed_at INTEGER;
        ALTER TABLE artifacts ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX artifacts_by_trash ON artifacts(trashed_at) WHERE trashed_at IS NOT NULL;
        CREATE INDEX artifacts_by_pin ON artifacts(session) WHERE pinned;
        ALTER TABLE contents ADD COLUMN condemned_at INTEGER;
        CREATE INDEX contents_by_condemnation ON contents(condemned_at) WHERE condemned_at IS NOT NULL;
        DROP INDEX contents_by_digest;
        CREATE TABLE digests(
            level INTEGER NOT NULL,
            prefix BLOB NOT NULL,
            place INTEGER NOT NULL,
            PRIMARY KEY(level, prefix, place)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO digests SELECT 2, substr(digest, 1, 8), place FROM contents ORDER BY 2;
        CREATE TABLE purged_versions(
            session INTEGER NOT NULL,
            name TEXT NOT NULL,
            version INTEGER NOT NULL,
            PRIMARY KEY(session, name)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE erased_sessions(
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            erased_at INTEGER NOT NULL,
            artifacts INTEGER NOT NULL,
            responses INTEGER NOT NULL,
            messages INTEGER NOT NULL,
            reason TEXT,
            finished INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE TABLE purged(
            kind INTEGER NOT NULL,
            item ANY NOT NULL,
            PRIMARY KEY(kind, item)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO purged VALUES(0, 0);
        CREATE VIEW last_purged AS SELECT item AS place FROM purged WHERE kind = 0;
        CREATE VIEW purged_sessions AS SELECT item AS session FROM purged WHERE kind = 1;
        CREATE VIEW purged_places AS SELECT item AS place FROM purged WHERE kind = 2;
        CREATE VIEW purged_files AS SELECT item AS digest FROM purged WHERE kind = 3;
        ALTER TABLE sessions ADD COLUMN budget TEXT;
        CREATE TABLE holds(
            session INTEGER NOT NULL,
            id BLOB NOT NULL,
            body TEXT NOT NULL,
            PRIMARY KEY(session, id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX responses_in_progress ON responses(session, sequence) WHERE outcome = 0;
        CREATE TABLE steps(
            place INTEGER PRIMARY KEY,
            session INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            key BLOB NOT NULL,
            name TEXT NOT NULL,
            status INTEGER NOT NULL,
            fence INTEGER NOT NULL,
            type TEXT NOT NULL,
            reads TEXT,
            result BLOB,
            digest BLOB,
            artifact INTEGER,
            content INTEGER,
            parent BLOB,
            body TEXT NOT NULL
        ) STRICT;
        CREATE INDEX steps_by_parent ON steps(session, parent, sequence) WHERE parent IS NOT NULL;
        CREATE UNIQUE INDEX steps_by_key ON steps(session, key);
        CREATE UNIQUE INDEX steps_by_sequence ON steps(session, sequence);
        CREATE INDEX steps_by_name ON steps(session, name, sequence);
        ALTER TABLE artifacts ADD COLUMN redactions TEXT;
        ALTER TABLE artifacts ADD COLUMN step BLOB;
        ALTER TABLE artifacts ADD COLUMN content INTEGER;
        ALTER TABLE artifacts ADD COLUMN commit_revision INTEGER;
        CREATE INDEX artifacts_by_step ON artifacts(session, step, sequence) WHERE step IS NOT NULL;
        ALTER TABLE responses ADD COLUMN step BLOB;
        ALTER TABLE responses ADD COLUMN commit_revision INTEGER;
        ALTER TABLE responses ADD COLUMN common INTEGER;
        ALTER TABLE responses ADD COLUMN turn INTEGER;
        ALTER TABLE responses ADD COLUMN asked INTEGER;
        ALTER TABLE responses ADD COLUMN answered INTEGER;
        CREATE TABLE commons(
            session INTEGER NOT NULL,
            number INTEGER NOT NULL,
            body TEXT NOT NULL,
            PRIMARY KEY(session, number)
        ) STRICT, WITHOUT ROWID;
        ALTER TABLE sessions ADD COLUMN links INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE sessions ADD COLUMN chain BLOB;
        ALTER TABLE artifacts ADD COLUMN link INTEGER;
        ALTER TABLE artifacts ADD COLUMN chain BLOB;
        ALTER TABLE responses ADD COLUMN link INTEGER;
        ALTER TABLE responses ADD COLUMN chain BLOB;
        CREATE TABLE links(
            session INTEGER NOT NULL,
            number INTEGER NOT NULL,
            entry BLOB NOT NULL,
            chain BLOB NOT NULL,
            PRIMARY KEY(session, number)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX responses_by_step ON responses(session, step, sequence) WHERE step IS NOT NULL;
        CREATE TABLE conversations(
            session INTEGER NOT NULL,
            name TEXT NOT NULL,
            number INTEGER NOT NULL,
            head INTEGER,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            PRIMARY KEY(session, name)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE runs(
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            session INTEGER NOT NULL,
            conversation INTEGER NOT NULL,
            parent INTEGER
        ) STRICT;
        CREATE INDEX runs_by_conversation ON runs(session, conversation);
        CREATE TABLE messages(
            place INTEGER PRIMARY KEY,
            session INTEGER NOT NULL,
            hash BLOB NOT NULL,
            digest BLOB NOT NULL,
            role ANY NOT NULL,
            author TEXT,
            response ANY,
            created_at INTEGER NOT NULL,
            data BLOB
        ) STRICT;
        """;
}
