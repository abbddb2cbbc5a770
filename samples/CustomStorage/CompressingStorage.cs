using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Dossier.Storage;

namespace Dossier.Samples.CustomStorage;

/// <summary>
/// A storage of your own: records where another storage keeps them, large content compressed in files. It has what every
/// content store needs: the digest is that of the bytes before compression, content is in place under its final name only
/// when it is whole, and the same bytes are kept once. It does not sync; <see cref="LocalStorage"/> does.
/// </summary>
internal sealed class CompressingStorage(IStorage records, string directory) : IStorage, IContentStore
{
    public string Location => $"{records.Location} (content compressed)";

    public int InlineLimit => 1024;

    public IRecordStore Records => records.Records;

    public IContentStore Contents => this;

    /// <summary>A purge of the records does not know the files here; a storage that keeps its content long has one of its own.</summary>
    public IStoreMaintenance Maintenance => records.Maintenance;

    public long BytesOnDisk => new DirectoryInfo(directory).EnumerateFiles("*.br").Sum(file => file.Length);

    public Task OpenAsync(CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(directory);
        return records.OpenAsync(cancellationToken);
    }

    public async Task<ContentEntry> WriteAsync(Stream content, CancellationToken cancellationToken = default)
    {
        var temporary = Path.Combine(directory, Path.GetRandomFileName());
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var size = 0L;
            await using (var compressed = new BrotliStream(File.Create(temporary), CompressionLevel.Fastest))
            {
                var buffer = new byte[81920];
                int read;
                while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
                {
                    hash.AppendData(buffer, 0, read);
                    await compressed.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                    size += read;
                }
            }
            var digest = new ContentDigest(hash.GetHashAndReset());
            File.Move(temporary, PathOf(digest), overwrite: true);
            return new(digest, size);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    public async Task<Stream?> OpenReadAsync(
        ContentDigest digest,
        long offset = 0,
        long? length = null,
        CancellationToken cancellationToken = default
    )
    {
        if (!File.Exists(PathOf(digest)))
            return null;
        // Compressed content has no random access, so a range is cut out of the whole.
        await using var stream = new BrotliStream(File.OpenRead(PathOf(digest)), CompressionMode.Decompress);
        var whole = new MemoryStream();
        await stream.CopyToAsync(whole, cancellationToken);
        var start = Math.Min(offset, whole.Length);
        var count = Math.Min(length ?? long.MaxValue, whole.Length - start);
        return new MemoryStream(whole.ToArray(), (int)start, (int)count, writable: false);
    }

    public ValueTask<bool> ExistsAsync(ContentDigest digest, CancellationToken cancellationToken = default) =>
        new(File.Exists(PathOf(digest)));

    public ValueTask<bool> DeleteAsync(ContentDigest digest, CancellationToken cancellationToken = default)
    {
        var exists = File.Exists(PathOf(digest));
        File.Delete(PathOf(digest));
        return new(exists);
    }

    public async IAsyncEnumerable<ContentDigest> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        foreach (var file in Directory.EnumerateFiles(directory, "*.br"))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return ContentDigest.Parse("sha256:" + Path.GetFileNameWithoutExtension(file));
        }
    }

    public ValueTask DisposeAsync() => default;

    private string PathOf(ContentDigest digest) => Path.Combine(directory, digest.ToHex() + ".br");
}
