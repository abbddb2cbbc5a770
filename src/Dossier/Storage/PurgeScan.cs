namespace Dossier.Storage;

/// <summary>
/// Collects what the records name in a table on disk (<c>temp.named</c>), in many short reads, so that no snapshot keeps the write-ahead log from
/// being reused. Run again, it adds what was written in between.
/// </summary>
internal sealed class PurgeScan
{
    private const int ArtifactsAtOnce = 8192;
    private const int RowsAtOnce = 512;

    private readonly Database _database;
    private readonly FileContentStore _contents;
    private readonly string _artifacts;
    private readonly string _responses;
    private readonly string _steps;
    private readonly string _messages;
    private readonly long _trashedBefore;
    private readonly HashSet<ContentDigest> _unreadable = [];
    private readonly HashSet<(string Select, long Place)> _undecodable = [];
    private int _withoutDigest; // artifacts
    private long _artifactsThrough;

    /// <param name="database">The connection to read with.</param>
    /// <param name="contents">Where large messages are.</param>
    /// <param name="trashedBefore">For a dry run: leaves out what has been in the trash since then (microseconds), as if it were deleted already.</param>
    public PurgeScan(Database database, FileContentStore contents, long? trashedBefore)
    {
        const string InGoneSession =
            "session IN (SELECT session FROM purged_sessions UNION ALL SELECT key FROM sessions WHERE trashed_at <= ?3)";
        (_database, _contents, _trashedBefore) = (database, contents, trashedBefore ?? -1);
        var isThere = trashedBefore is null ? "" : $" AND NOT ({InGoneSession})";
        var isArtifactThere = trashedBefore is null ? "" : $"{isThere} AND (trashed_at IS NULL OR trashed_at > ?3)";
        _artifacts = $"INSERT OR IGNORE INTO temp.named SELECT digest FROM artifacts WHERE place > ?1 AND place <= ?2{isArtifactThere}";
        _responses = $"SELECT place, {ResponseSql.Body} FROM responses WHERE place > ?1{isThere} ORDER BY place LIMIT ?2";
        _steps = $"SELECT place, body FROM steps WHERE place > ?1{isThere} ORDER BY place LIMIT ?2";
        _messages = $"SELECT place, digest, data FROM messages WHERE place > ?1{isThere} ORDER BY place LIMIT ?2";
        // Messages are content that may name further content. Each is read once.
        database.ExecuteScript(
            """
            CREATE TEMP TABLE named(digest BLOB PRIMARY KEY) WITHOUT ROWID;
            CREATE TEMP TABLE read(digest BLOB PRIMARY KEY) WITHOUT ROWID;
            """
        );
    }

    /// <summary>How many messages and records could not be read, so that it is not known what they name.</summary>
    public int Unreadable => _unreadable.Count + _undecodable.Count + _withoutDigest;

    public void Run(CancellationToken cancellationToken)
    {
        // Artifacts only come behind those that were read; a response may be written again where it is.
        for (var last = SearchSql.LastPlace(_database); _artifactsThrough < last; _artifactsThrough += ArtifactsAtOnce)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var add = _database.Prepare(_artifacts);
            add.Bind(1, _artifactsThrough);
            add.Bind(2, Math.Min(last, _artifactsThrough + ArtifactsAtOnce));
            BindTrashed(add);
            add.Step();
            if (_artifactsThrough + ArtifactsAtOnce >= last)
            {
                _artifactsThrough = last;
                break;
            }
        }
        _withoutDigest = (int)_database.ReadNumber($"SELECT count(*) FROM temp.named WHERE length(digest) <> {ContentDigest.Size}");
        ReadAll(
            _responses,
            static (rows, contents) => contents.AddRange(ContentNames.Of(RecordJson.DecodeResponse(rows.Bytes(1)))),
            cancellationToken
        );
        ReadAll(
            _messages,
            static (rows, contents) =>
            {
                contents.Add(new(rows.Digest(1), IsMessages: true));
                contents.AddRange(MessageSql.ReadDigests(rows.Bytes(2)).Select(data => new NamedContent(data)));
            },
            cancellationToken
        );
        ReadAll(
            _steps,
            static (rows, contents) => contents.AddRange(ContentNames.Of(RecordJson.DecodeStep(rows.Bytes(1)))),
            cancellationToken
        );
    }

    /// <summary>Reads a table by its places.</summary>
    /// <param name="sql">What selects its rows behind a place, the place first.</param>
    /// <param name="name">Adds what a row names.</param>
    /// <param name="cancellationToken">Stops it.</param>
    private void ReadAll(string sql, Action<Statement, List<NamedContent>> name, CancellationToken cancellationToken)
    {
        long? place = 0;
        while (place is { } after)
        {
            cancellationToken.ThrowIfCancellationRequested();
            place = ReadNext(sql, after, name);
        }
    }

    /// <summary>Returns the place of the last row that was read; null when there was none.</summary>
    private long? ReadNext(string sql, long after, Action<Statement, List<NamedContent>> name)
    {
        var contents = new List<NamedContent>();
        var references = new List<ContentDigest>();
        long? last = null;
        using (var rows = _database.Prepare(sql))
        {
            rows.Bind(1, after);
            rows.Bind(2, RowsAtOnce);
            BindTrashed(rows);
            while (rows.Step())
            {
                last = rows.Number(0);
                try
                {
                    name(rows, contents);
                }
                catch (Exception exception) when (StorageErrors.IsUndecodable(exception))
                {
                    _undecodable.Add((sql, rows.Number(0)));
                }
            }
        }
        foreach (var (message, _, isMessages) in contents)
        {
            Add("INSERT OR IGNORE INTO temp.named VALUES(?1)", message);
            if (!isMessages)
                continue;
            if (!Add("INSERT OR IGNORE INTO temp.read VALUES(?1)", message) || TryAddReferences(message, references))
                continue;
            _unreadable.Add(message);
            Add("DELETE FROM temp.read WHERE digest = ?1", message); // to be looked at again by the next scan
        }
        foreach (var reference in references)
            Add("INSERT OR IGNORE INTO temp.named VALUES(?1)", reference);
        return last;
    }

    /// <summary>False when it is missing, damaged or was set aside: it may come back, and nobody knows what else it names.</summary>
    private bool TryAddReferences(ContentDigest message, List<ContentDigest> references)
    {
        var bytes = ContentSql.Get(_database, message)?.Inline ?? _contents.Read(message) ?? ReadOnlyMemory<byte>.Empty;
        if (ContentDigest.Of(bytes.Span) != message)
            return false;
        ContentNames.AddReferences(bytes.Span, references);
        return true;
    }

    private bool Add(string sql, ContentDigest digest)
    {
        using var insert = _database.Prepare(sql);
        insert.Bind(1, digest);
        insert.Step();
        return _database.Changes > 0;
    }

    private void BindTrashed(Statement statement)
    {
        if (_trashedBefore >= 0)
            statement.Bind(3, _trashedBefore);
    }
}
