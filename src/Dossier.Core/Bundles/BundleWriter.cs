using System.Buffers;
using System.Security.Cryptography;
using Dossier.Storage;

namespace Dossier;

/// <summary>Writes the entries of a bundle to a stream, from its beginning to its end. Used by one caller.</summary>
internal sealed class BundleWriter(Stream destination)
{
    private const int BufferSize = 256 * 1024;

    private readonly ArrayBufferWriter<byte> _directory = new();
    private readonly byte[] _buffer = new byte[BufferSize];
    private long _position;
    private long _entries;

    public async Task WriteAsync(string name, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var crc = Crc32.Of(bytes.Span);
        Note(name, bytes.Length, crc, isStreamed: false);
        await WriteAsync(BundleLayout.Header(name, bytes.Length, crc), cancellationToken).ConfigureAwait(false);
        await WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes content, and hashes it meanwhile.</summary>
    /// <exception cref="StorageException">It is not what its digest says.</exception>
    public async Task WriteAsync(BundlePart part, Stream content, string location, CancellationToken cancellationToken)
    {
        var name = BundlePart.NameOf(part.Digest);
        var start = _position;
        await WriteAsync(BundleLayout.Header(name, part.Size, crc: null), cancellationToken).ConfigureAwait(false);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var crc = new Crc32();
        var size = 0L;
        int read;
        for (; (read = await content.ReadAsync(_buffer, cancellationToken).ConfigureAwait(false)) > 0; size += read)
        {
            var write = destination.WriteAsync(_buffer.AsMemory(0, read), cancellationToken);
            hash.AppendData(_buffer, 0, read);
            crc.Append(_buffer.AsSpan(0, read));
            await write.ConfigureAwait(false);
        }
        if (size != part.Size || new ContentDigest(hash.GetHashAndReset()) != part.Digest)
            throw new StorageException(
                $"Content {part.Digest} in {location} is damaged, and the session was not exported. Look at what else is with SessionStore.VerifyAsync, and restore it from a backup."
            );
        _position += size;
        Note(name, part.Size, crc.Value, isStreamed: true, start);
        await WriteAsync(BundleLayout.Descriptor(part.Size, crc.Value), cancellationToken).ConfigureAwait(false);
    }

    public async Task EndAsync(CancellationToken cancellationToken)
    {
        var start = _position;
        await WriteAsync(_directory.WrittenMemory, cancellationToken).ConfigureAwait(false);
        await WriteAsync(BundleLayout.End(_entries, start, _directory.WrittenCount), cancellationToken).ConfigureAwait(false);
        await destination.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await destination.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        _position += bytes.Length;
    }

    private void Note(string name, long size, uint crc, bool isStreamed, long? offset = null)
    {
        _directory.Write(BundleLayout.InDirectory(name, size, crc, offset ?? _position, isStreamed));
        _entries++;
    }
}
