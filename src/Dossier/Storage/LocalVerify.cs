using System.Runtime.CompilerServices;

namespace Dossier.Storage;

/// <summary>What one verification reads a local store through: its tables piece by piece, its files, and SQLite's own check.</summary>
internal sealed class LocalVerify(IStorage storage, LocalEngine engine) : VerifySource(storage)
{
    private static readonly EnumerationOptions AllFiles = new()
    {
        AttributesToSkip = default,
        IgnoreInaccessible = true,
        RecurseSubdirectories = true,
    };

    private readonly Lazy<Database> _database = new(() => Open(engine.Path));
    private long _lastContent = long.MaxValue;
    private RecordScan? _records;

    private Database Database => _database.Value;

    public override ValueTask<(long Objects, long Bytes)?> BeginAsync(string? sessionId, CancellationToken cancellationToken)
    {
        if (sessionId is not null)
            return default;
        try
        {
            using var statement = Database.Prepare("SELECT count(*), total(size), coalesce(max(place), 0) FROM contents");
            statement.Step();
            _lastContent = statement.Number(2);
            return new((statement.Number(0), (long)statement.Real(1)));
        }
        catch (StorageException)
        {
            return default; // what is damaged is found when it is read piece by piece
        }
    }

    public override async IAsyncEnumerable<NamingRecord> ReadRecordsAsync(
        string? sessionId,
        VerifyFindings findings,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await Task.CompletedTask.ConfigureAwait(false);
        _records = new(Database, findings);
        foreach (var record in _records.Read(sessionId))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return record;
        }
    }

    public override async IAsyncEnumerable<ContentDigest> ReadContentsAsync(
        VerifyFindings findings,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await Task.CompletedTask.ConfigureAwait(false);
        var scan = new TableScan(Database, $"SELECT place, digest FROM contents WHERE place <= {_lastContent}", "place");
        var rows = scan.Read(
            static rows => (Place: rows.Number(0), Digest: rows.FindDigest(1)),
            (range, failure) => findings.Add(RecordScan.Unreadable($"contents, {range}", failure.Message))
        );
        foreach (var (place, digest) in rows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (digest is { } known)
                yield return known;
            else
                findings.Add(RecordScan.Unreadable($"contents, place {place}", "The digest is none."));
        }
    }

    public override ValueTask CheckRestAsync(VerifyOptions options, VerifyFindings findings, CancellationToken cancellationToken)
    {
        new FactVerify(engine, Database, _records!, findings).Run(options, cancellationToken);
        new ChainVerify(Database, _records!, findings).Run(options, cancellationToken);
        if (options.SessionId is not null)
            return default;
        CheckFiles(options.GracePeriod, findings, cancellationToken);
        using var interruption = cancellationToken.Register(Database.Interrupt);
        foreach (var problem in DatabaseCheck.Run(Database, cancellationToken))
            findings.Add(problem);
        return default;
    }

    public override ValueTask<bool> QuarantineAsync(ContentDigest digest, CancellationToken cancellationToken) =>
        new DamagedContents(engine).SetAsideAsync(digest, cancellationToken);

    public override string PlaceOf(ContentDigest digest)
    {
        var file = engine.Files.PathOf(digest);
        return File.Exists(file) || !WasInline(digest) ? Path.GetRelativePath(engine.Path, file).Replace('\\', '/') : "dossier.db";
    }

    public override void Dispose()
    {
        if (_database.IsValueCreated)
            _database.Value.Dispose();
        base.Dispose();
    }

    /// <summary>Every file has a row, or a writer that is about to commit one.</summary>
    private void CheckFiles(TimeSpan grace, VerifyFindings findings, CancellationToken cancellationToken)
    {
        var before = (engine.Time.GetUtcNow() - grace).UtcDateTime;
        foreach (var file in Directory.EnumerateFiles(engine.Files.Root, "*", AllFiles))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var hex = Path.GetFileName(Path.GetDirectoryName(file)) + Path.GetFileName(file);
            var isNamed = ContentDigest.TryParse($"sha256:{hex}", null, out var digest);
            if ((isNamed && IsRecorded(digest)) || File.GetLastWriteTimeUtc(file) > before)
                continue;
            var size = new FileInfo(file) is { Exists: true } found ? found.Length : (long?)null;
            // It may have been committed or purged between the questions.
            if (size is null || (isNamed && IsRecorded(digest)))
                continue;
            findings.Add(
                new VerifyProblem
                {
                    Kind = VerifyProblemKind.Orphaned,
                    Digest = isNamed ? digest : null,
                    FoundSize = size,
                    Description =
                        $"The file {Path.GetRelativePath(engine.Path, file).Replace('\\', '/')} is named by no record: a writer died before it committed, or somebody put it there.",
                    Remedy = isNamed ? "Purge the store, which deletes it." : "Move it away.",
                }
            );
        }
    }

    private bool IsRecorded(ContentDigest digest)
    {
        try
        {
            return ContentSql.Exists(Database, digest);
        }
        catch (StorageException)
        {
            return true; // it cannot be told, and the damage is reported as such
        }
    }

    /// <summary>Whether a backup has it in its database.</summary>
    private bool WasInline(ContentDigest digest)
    {
        try
        {
            return ContentSql.Get(Database, digest) is { Inline: not null } || engine.Files.Quarantine.Find(digest) is { WasInline: true };
        }
        catch (StorageException)
        {
            return true;
        }
    }

    private static Database Open(string path)
    {
        var database = new Database(path);
        Schema.SetUpReader(database);
        return database;
    }
}
