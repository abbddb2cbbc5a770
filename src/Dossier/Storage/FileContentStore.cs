using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Dossier.Storage;

/// <summary>Content as files: <c>objects/sha256/ab/…</c>, each written beside, synced and renamed into place.</summary>
internal sealed class FileContentStore : IContentStore
{
    private const int BufferSize = 128 * 1024;
    private static readonly TimeSpan AbandonedAfter = TimeSpan.FromDays(1);

    private readonly string _storePath;
    private readonly string _contents;
    private readonly string _incoming;
    private readonly bool _sync;
    private readonly TimeProvider _time;

    // Whether the name of a directory `ab` is known to be durable. Another process may have made it and not yet synced it.
    private readonly bool[] _shardIsDurable = new bool[256];

    public FileContentStore(string storePath, Durability durability, TimeProvider time)
    {
        _storePath = storePath;
        _sync = durability is Durability.Full;
        _time = time;
        var objects = Path.Combine(storePath, "objects");
        _contents = Path.Combine(objects, "sha256");
        _incoming = Path.Combine(objects, "incoming");
        Quarantine = new(objects, _sync);
        var isNew = PrivateFiles.CreateDirectory(objects);
        isNew |= PrivateFiles.CreateDirectory(_contents);
        isNew |= PrivateFiles.CreateDirectory(_incoming);
        if (isNew && _sync)
        {
            DirectorySync.Flush(objects);
            DirectorySync.Flush(storePath);
        }
    }

    /// <summary>Where damaged content is set aside.</summary>
    public ContentQuarantine Quarantine { get; }

    /// <summary>The directory of all content.</summary>
    public string Root => _contents;

    public async Task<ContentEntry> WriteAsync(Stream content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        cancellationToken.ThrowIfCancellationRequested();
        var temporary = Path.Combine(_incoming, RandomNumberGenerator.GetHexString(32, lowercase: true));
        try
        {
            ContentEntry entry;
            var file = Guarded(() => PrivateFiles.Create(temporary));
            await using (file.ConfigureAwait(false))
            {
                entry = await CopyAsync(content, file, cancellationToken).ConfigureAwait(false);
                if (_sync)
                    Guarded(() => file.Flush(flushToDisk: true));
            }
            Guarded(() => Publish(temporary, entry));
            return entry with { KeptIn = this };
        }
        catch
        {
            DeleteQuietly(temporary);
            throw;
        }
    }

    public Task<Stream?> OpenReadAsync(
        ContentDigest digest,
        long offset = 0,
        long? length = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length ?? 0, nameof(length));
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            var file = new FileStream(
                PathOf(digest),
                new FileStreamOptions
                {
                    Mode = FileMode.Open,
                    Access = FileAccess.Read,
                    Share = FileShare.ReadWrite | FileShare.Delete, // Windows syncs only through a handle that may write
                    BufferSize = 0,
                    Options = FileOptions.Asynchronous,
                }
            );
            return Task.FromResult<Stream?>(offset == 0 && length is null ? file : Slice(file, offset, length));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            if (Quarantine.Find(digest) is { } found)
                throw new QuarantinedException(digest, _storePath, found.At, found.Place);
            return Task.FromResult<Stream?>(null);
        }
        catch (Exception exception) when (StorageErrors.IsFileSystem(exception))
        {
            throw StorageErrors.FileSystem(_storePath, exception);
        }
    }

    public ValueTask<bool> ExistsAsync(ContentDigest digest, CancellationToken cancellationToken = default) => new(Exists(digest));

    public ValueTask<bool> DeleteAsync(ContentDigest digest, CancellationToken cancellationToken = default) => new(Delete(digest));

    /// <summary>Whether the content went through here, also through an object on the same store that was closed since.</summary>
    public bool WasGiven(ContentEntry content) =>
        content is { Inline: null, KeptIn: FileContentStore keeper }
        && string.Equals(keeper._storePath, _storePath, StringComparison.Ordinal);

    public bool Exists(ContentDigest digest) => File.Exists(PathOf(digest));

    public bool Delete(ContentDigest digest)
    {
        var path = PathOf(digest);
        if (!File.Exists(path))
            return false;
        Guarded(() => File.Delete(path));
        return true;
    }

    /// <summary>Returns when no loss of power brings back what was deleted.</summary>
    public void SyncDeleted(IEnumerable<ContentDigest> deleted)
    {
        if (!_sync)
            return;
        foreach (var shard in deleted.Select(digest => Path.GetDirectoryName(PathOf(digest))!).Distinct().Where(Directory.Exists))
            Guarded(() => DirectorySync.Flush(shard));
    }

    /// <summary>The whole content; null when there is none.</summary>
    public byte[]? Read(ContentDigest digest) => Exists(digest) ? Guarded(() => File.ReadAllBytes(PathOf(digest))) : null;

    /// <summary>All files and their sizes.</summary>
    public IEnumerable<(ContentDigest Digest, long Size)> Files()
    {
        foreach (var digest in List())
            if (new FileInfo(PathOf(digest)) is { Exists: true } file)
                yield return (digest, file.Length);
    }

    /// <summary>When a writer was last given this content, new or not; null when there is none.</summary>
    public DateTimeOffset? LastGiven(ContentDigest digest) =>
        new FileInfo(PathOf(digest)) is { Exists: true } file ? new DateTimeOffset(file.LastWriteTimeUtc) : null;

    public async IAsyncEnumerable<ContentDigest> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var digest in List())
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return digest;
        }
    }

    /// <summary>Deletes what writers that died left behind; a file that was written to within a day may still be in the making.</summary>
    /// <returns>How many files were deleted.</returns>
    public int DeleteAbandoned()
    {
        var before = _time.GetUtcNow() - AbandonedAfter;
        var abandoned = Directory.EnumerateFiles(_incoming).Where(path => File.GetLastWriteTimeUtc(path) < before.UtcDateTime).ToList();
        abandoned.ForEach(DeleteQuietly);
        return abandoned.Count;
    }

    /// <summary>Copies and hashes at once: while one buffer is written it is hashed, too.</summary>
    private async Task<ContentEntry> CopyAsync(Stream content, FileStream file, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            long size = 0;
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                var write = WriteAsync(file, buffer.AsMemory(0, read), size);
                hash.AppendData(buffer, 0, read);
                await write.ConfigureAwait(false);
                size += read;
            }
            return new(new ContentDigest(hash.GetHashAndReset()), size);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Not cancelled in the middle: the buffer must not go back to its pool while it is being written.</summary>
    private async Task WriteAsync(FileStream file, ReadOnlyMemory<byte> bytes, long offset)
    {
        try
        {
            await RandomAccess.WriteAsync(file.SafeFileHandle, bytes, offset, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (StorageErrors.IsFileSystem(exception))
        {
            throw StorageErrors.FileSystem(_storePath, exception);
        }
    }

    private void Publish(string temporary, ContentEntry entry)
    {
        var path = PathOf(entry.Digest);
        var shard = Path.GetDirectoryName(path)!;
        PrivateFiles.CreateDirectory(shard);
        if (new FileInfo(path) is { Exists: true } file && file.Length == entry.Size && TryGive(path))
            File.Delete(temporary);
        else
        {
            File.SetLastWriteTimeUtc(temporary, _time.GetUtcNow().UtcDateTime);
            File.Move(temporary, path, overwrite: true);
            Quarantine.MarkHealed(entry.Digest);
        }
        if (!_sync)
            return;
        // Also for content that was there: whoever wrote it may not have come to this point yet.
        DirectorySync.Flush(shard);
        var number = int.Parse(Path.GetFileName(shard), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        if (Volatile.Read(ref _shardIsDurable[number]))
            return;
        DirectorySync.Flush(_contents);
        Volatile.Write(ref _shardIsDurable[number], true);
    }

    /// <summary>Notes that a file is wanted again; false when a purge has just deleted it.</summary>
    private bool TryGive(string path)
    {
        try
        {
            File.SetLastWriteTimeUtc(path, _time.GetUtcNow().UtcDateTime);
            if (!_sync)
                return true;
            // Whoever wrote it may have been content with less than Durability.Full.
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            RandomAccess.FlushToDisk(file);
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    private IEnumerable<ContentDigest> List()
    {
        foreach (var shard in Directory.EnumerateDirectories(_contents))
        foreach (var file in Directory.EnumerateFiles(shard))
            if (ContentDigest.TryParse($"sha256:{Path.GetFileName(shard)}{Path.GetFileName(file)}", null, out var digest))
                yield return digest;
    }

    /// <summary>The file of content, whether it is there or not.</summary>
    public string PathOf(ContentDigest digest)
    {
        var hex = digest.ToHex();
        return Path.Combine(_contents, hex[..2], hex[2..]);
    }

    private static SliceStream Slice(FileStream file, long offset, long? length)
    {
        var start = Math.Min(offset, file.Length);
        return new(file, start, Math.Min(length ?? long.MaxValue, file.Length - start), ownsFile: true);
    }

    private void Guarded(Action action) =>
        Guarded(() =>
        {
            action();
            return true;
        });

    private T Guarded<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception exception) when (StorageErrors.IsFileSystem(exception))
        {
            throw StorageErrors.FileSystem(_storePath, exception);
        }
    }

    private static void DeleteQuietly(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (StorageErrors.IsFileSystem(exception))
        {
            // What brought us here is the error to report; the file is found again when the store is next opened.
        }
    }
}
