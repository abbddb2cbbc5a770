using System.Runtime.CompilerServices;
using System.Security.Cryptography;

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
            return entry is { Inline: not null }
                ? QuarantineInline(digest, cancellationToken)
                : await QuarantineFileAsync(digest, cancellationToken).ConfigureAwait(false);
        }
        catch (QuarantinedException)
        {
            return false; // another verification was faster
        }
        catch (TimeoutException)
        {
            throw StorageErrors.TurnTaken(
                engine.Path,
                "The verification",
                "What it has set aside until then stays so; nothing else was changed."
            );
        }
        catch (Exception exception) when (StorageErrors.IsFileSystem(exception))
        {
            throw StorageErrors.FileSystem(engine.Path, exception);
        }
    }

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
                new()
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

    /// <summary>
    /// Moved while nobody commits, so that no commit names content whose file goes away under it; and only what was hashed before that, since
    /// a writer may put good bytes in place at any time.
    /// </summary>
    private async ValueTask<bool> QuarantineFileAsync(ContentDigest digest, CancellationToken cancellationToken)
    {
        const int MostTries = 3; // somebody has to change the file each time
        var file = engine.Files.PathOf(digest);
        for (var tries = 0; tries < MostTries; tries++)
        {
            if (FileState.Of(file) is not { } hashed || await IsWholeAsync(digest, cancellationToken).ConfigureAwait(false))
                return false;
            if (InTurn(() => TryMove(file, hashed, digest), cancellationToken))
                return true;
        }
        return false;
    }

    private bool TryMove(string file, FileState hashed, ContentDigest digest)
    {
        if (FileState.Of(file) != hashed)
            return false;
        var moved = engine.Files.Quarantine.Move(file, digest, engine.Time.GetUtcNow());
        if (FileState.Of(moved) == hashed)
            return true;
        File.Move(moved, file, overwrite: true); // it was replaced at this very instant
        return false;
    }

    private async ValueTask<bool> IsWholeAsync(ContentDigest digest, CancellationToken cancellationToken)
    {
        var stream = await engine.Files.OpenReadAsync(digest, cancellationToken: cancellationToken).ConfigureAwait(false);
        if (stream is null)
            return false;
        await using (stream.ConfigureAwait(false))
            return new ContentDigest(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false)) == digest;
    }

    private bool QuarantineInline(ContentDigest digest, CancellationToken cancellationToken) =>
        InTurn(
            () =>
            {
                using var database = new Database(engine.Path);
                Schema.SetUpWriter(database, engine.Durability);
                Schema.BeginWrite(database);
                if (ContentSql.Get(database, digest) is not { Inline: { } bytes } || ContentDigest.Of(bytes.Span) == digest)
                    return false; // closing the connection ends the transaction
                engine.Files.Quarantine.Write(bytes.Span, digest, engine.Time.GetUtcNow());
                ContentSql.ForgetBytes(database, digest);
                database.Execute("COMMIT");
                return true;
            },
            cancellationToken
        );

    private bool InTurn(Func<bool> action, CancellationToken cancellationToken)
    {
        using var turn = new WriteTurn(engine.Path);
        turn.Enter(engine.Time, cancellationToken);
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

    /// <summary>By what a file that was replaced or touched is known.</summary>
    private readonly record struct FileState(long Length, DateTime WrittenAt)
    {
        public static FileState? Of(string path) =>
            new FileInfo(path) is { Exists: true } file ? new FileState(file.Length, file.LastWriteTimeUtc) : null;
    }
}
