using System.Security.Cryptography;

namespace Dossier.Storage;

/// <summary>Sets damaged content of a local store aside.</summary>
internal sealed class DamagedContents(LocalEngine engine)
{
    /// <summary>False when it was whole, or went away meanwhile.</summary>
    /// <exception cref="StorageException">A turn to write did not come, or the disk failed.</exception>
    public async ValueTask<bool> SetAsideAsync(ContentDigest digest, CancellationToken cancellationToken)
    {
        var entry = await engine.Records.GetContentAsync(digest, cancellationToken).ConfigureAwait(false);
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
            throw StorageErrors.VerificationWaited(engine.Path);
        }
        catch (Exception exception) when (StorageErrors.IsFileSystem(exception))
        {
            throw StorageErrors.FileSystem(engine.Path, exception);
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

    /// <summary>By what a file that was replaced or touched is known.</summary>
    private readonly record struct FileState(long Length, DateTime WrittenAt)
    {
        public static FileState? Of(string path) =>
            new FileInfo(path) is { Exists: true } file ? new FileState(file.Length, file.LastWriteTimeUtc) : null;
    }
}
