using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Dossier.Storage;

/// <summary>What one verification reads a local store through: its tables piece by piece, its files, and SQLite's own check.</summary>
internal sealed class LocalVerify(IStorage storage, string path, FileContentStore contents, Durability durability, TimeProvider time)
    : VerifySource(storage)
{
    private static readonly EnumerationOptions AllFiles = new()
    {
        AttributesToSkip = default,
        IgnoreInaccessible = true,
        RecurseSubdirectories = true,
    };

    private readonly Lazy<Database> _database = new(() => Open(path));
    private long _lastContent = long.MaxValue;

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
        foreach (var record in new RecordScan(Database, findings).Read(sessionId))
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
            static rows =>
                (
                    Place: rows.Number(0),
                    Digest: rows.Bytes(1).Length == ContentDigest.Size ? new ContentDigest(rows.Bytes(1)) : (ContentDigest?)null
                ),
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
        CheckFiles(options.GracePeriod, findings, cancellationToken);
        using var interruption = cancellationToken.Register(Database.Interrupt);
        foreach (var problem in DatabaseCheck.Run(Database, cancellationToken))
            findings.Add(problem);
        return default;
    }

    public override async ValueTask<bool> QuarantineAsync(ContentDigest digest, CancellationToken cancellationToken)
    {
        var entry = await Storage.Records.GetContentAsync(digest, cancellationToken).ConfigureAwait(false);
        try
        {
            return entry is { Inline: not null } ? QuarantineInline(digest) : await QuarantineFileAsync(digest).ConfigureAwait(false);
        }
        catch (Exception exception) when (StorageErrors.IsFileSystem(exception))
        {
            throw StorageErrors.FileSystem(path, exception);
        }
    }

    public override string PlaceOf(ContentDigest digest)
    {
        var file = contents.PathOf(digest);
        return File.Exists(file) || !IsInline(digest) ? Path.GetRelativePath(path, file).Replace('\\', '/') : "dossier.db";
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
        var before = (time.GetUtcNow() - grace).UtcDateTime;
        foreach (var file in Directory.EnumerateFiles(contents.Root, "*", AllFiles))
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
                new()
                {
                    Kind = VerifyProblemKind.Orphaned,
                    Digest = isNamed ? digest : null,
                    FoundSize = size,
                    Description =
                        $"The file {Path.GetRelativePath(path, file).Replace('\\', '/')} is named by no record: a writer died before it committed, or somebody put it there.",
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

    private bool IsInline(ContentDigest digest)
    {
        try
        {
            return ContentSql.Get(Database, digest) is { Inline: not null };
        }
        catch (StorageException)
        {
            return true;
        }
    }

    /// <summary>
    /// Moved while nobody commits, so that no commit names content whose file goes away under it. A writer may have put good bytes in place
    /// just before: what was moved is looked at again where nobody changes it.
    /// </summary>
    private async ValueTask<bool> QuarantineFileAsync(ContentDigest digest)
    {
        var file = contents.PathOf(digest);
        if (InTurn(() => File.Exists(file) ? contents.Quarantine.Move(file, digest, time.GetUtcNow()) : null) is not { } moved)
            return false;
        var stream = File.OpenRead(moved);
        await using (stream.ConfigureAwait(false))
            if (new ContentDigest(await SHA256.HashDataAsync(stream, CancellationToken.None).ConfigureAwait(false)) != digest)
                return true;
        File.Move(moved, file, overwrite: true);
        return false;
    }

    private bool QuarantineInline(ContentDigest digest) =>
        InTurn(() =>
        {
            using var database = new Database(path);
            Schema.SetUpWriter(database, durability);
            Schema.BeginWrite(database);
            if (ContentSql.Get(database, digest) is not { Inline: { } bytes } || ContentDigest.Of(bytes.Span) == digest)
                return false; // closing the connection ends the transaction
            contents.Quarantine.Write(bytes.Span, digest, time.GetUtcNow());
            ContentSql.ForgetBytes(database, digest);
            database.Execute("COMMIT");
            return true;
        });

    private T InTurn<T>(Func<T> action)
    {
        using var turn = new WriteTurn(path);
        turn.Enter();
        try
        {
            return action();
        }
        finally
        {
            turn.Exit();
        }
    }

    private static Database Open(string path)
    {
        var database = new Database(path);
        Schema.SetUpReader(database);
        return database;
    }
}
