using System.Buffers;
using System.Security.Cryptography;
using Dossier.Storage;

namespace Dossier;

/// <summary>
/// Reads a bundle from its beginning to its end and refuses it unless every byte is the one that has to be there: the manifest says what the file holds,
/// digests say what records and content are, and everything between follows from that.
/// </summary>
/// <param name="file">The file, which can be sought in; read from its beginning.</param>
/// <param name="bundle">What messages call it.</param>
/// <param name="limits">How large that may be of it which is held in memory.</param>
internal sealed class BundleReader(Stream file, string bundle, BundleLimits limits)
{
    private const int BufferSize = 256 * 1024;
    private const int LongestName = 8192;

    private readonly byte[] _buffer = new byte[BufferSize];
    private readonly ArrayBufferWriter<byte> _directory = new();
    private long _position;
    private long _entries;

    /// <exception cref="BundleException">It is not a bundle as Dossier writes it.</exception>
    public async Task<VerifiedBundle> ReadAsync(CancellationToken cancellationToken)
    {
        file.Position = 0;
        var manifest = await ReadManifestAsync(cancellationToken).ConfigureAwait(false);
        await CheckLengthAsync(manifest, cancellationToken).ConfigureAwait(false);
        var lines = await ReadRecordsAsync(manifest.Records!, cancellationToken).ConfigureAwait(false);
        var records = new BundleParser(bundle).Parse(lines);
        new BundleCheck(bundle, manifest, records).Check();
        var contents = new Dictionary<ContentDigest, BundlePlace>();
        var references = new HashSet<ContentDigest>();
        var messages = records.Names.Where(content => content.IsMessages).Select(content => content.Digest).ToHashSet();
        foreach (var part in manifest.Content!)
            contents.Add(
                part.Digest,
                new(
                    manifest.DigestsOnly
                        ? null
                        : await ReadContentAsync(part, messages.Contains(part.Digest) ? references : null, cancellationToken)
                            .ConfigureAwait(false),
                    part.Size
                )
            );
        if (!manifest.DigestsOnly)
            CheckNamed(records, contents.Keys, references);
        var start = _position;
        await ExpectAsync(null, _directory.WrittenSpan.ToArray(), cancellationToken).ConfigureAwait(false);
        await ExpectAsync(null, BundleLayout.End(_entries, start, _directory.WrittenCount), cancellationToken).ConfigureAwait(false);
        return new(bundle, manifest, records, contents, [.. references.Where(digest => !contents.ContainsKey(digest))]);
    }

    private async Task<BundleManifest> ReadManifestAsync(CancellationToken cancellationToken)
    {
        var start = new byte[BundleLayout.HeaderSize];
        var read = await file.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (BundleLayout.ReadHeader(start.AsSpan(0, read)) is not var (size, crc))
            throw Refused(null, "is not a zip file");
        if (size == 0 || size > limits.Manifest || size > file.Length)
            throw Refused(
                BundleLayout.ManifestName,
                $"is stated to have {size} bytes; at most {Math.Min(limits.Manifest, file.Length)} are read"
            );
        file.Position = 0;
        await ExpectAsync(BundleLayout.ManifestName, BundleLayout.Header(BundleLayout.ManifestName, size, crc), cancellationToken)
            .ConfigureAwait(false);
        var bytes = await ReadAsync(BundleLayout.ManifestName, size, cancellationToken).ConfigureAwait(false);
        if (Crc32.Of(bytes) != crc)
            throw Refused(BundleLayout.ManifestName, "is not what it was when it was written: its check sum is another one");
        Note(BundleLayout.ManifestName, size, crc, isStreamed: false, offset: 0);
        return BundleManifest.Decode(bytes, bundle);
    }

    private async Task<byte[]> ReadRecordsAsync(BundlePart part, CancellationToken cancellationToken)
    {
        if (part.Size > limits.Records)
            throw Refused(BundleLayout.RecordsName, $"is stated to have {part.Size} bytes; at most {limits.Records} are read");
        var start = _position;
        // Its header has the check sum, which is known when it has been read.
        file.Position = start + BundleLayout.Header(BundleLayout.RecordsName, part.Size, crc: 0).Length;
        _position = file.Position;
        var bytes = await ReadAsync(BundleLayout.RecordsName, part.Size, cancellationToken).ConfigureAwait(false);
        var end = _position;
        (file.Position, _position) = (start, start);
        var crc = Crc32.Of(bytes);
        await ExpectAsync(BundleLayout.RecordsName, BundleLayout.Header(BundleLayout.RecordsName, part.Size, crc), cancellationToken)
            .ConfigureAwait(false);
        if (ContentDigest.Of(bytes) is var digest && digest != part.Digest)
            throw Refused(BundleLayout.RecordsName, $"is not what the manifest says: it is {digest}, not {part.Digest}");
        (file.Position, _position) = (end, end);
        Note(BundleLayout.RecordsName, part.Size, crc, isStreamed: false, start);
        return bytes;
    }

    /// <summary>Where its bytes begin.</summary>
    private async Task<long> ReadContentAsync(BundlePart part, HashSet<ContentDigest>? references, CancellationToken cancellationToken)
    {
        var name = BundlePart.NameOf(part.Digest);
        var start = _position;
        await ExpectAsync(name, BundleLayout.Header(name, part.Size, crc: null), cancellationToken).ConfigureAwait(false);
        var place = _position;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var crc = new Crc32();
        if (references is not null)
        {
            if (part.Size > limits.Message)
                throw Refused(name, $"is a message of {part.Size} bytes; at most {limits.Message} are read");
            var bytes = await ReadAsync(name, part.Size, cancellationToken).ConfigureAwait(false);
            hash.AppendData(bytes);
            crc.Append(bytes);
            ContentNames.AddReferences(bytes, references);
        }
        else
        {
            for (var left = part.Size; left > 0; )
            {
                var read = await file.ReadAsync(_buffer.AsMemory(0, (int)Math.Min(left, BufferSize)), cancellationToken)
                    .ConfigureAwait(false);
                if (read == 0)
                    throw Truncated(name);
                hash.AppendData(_buffer, 0, read);
                crc.Append(_buffer.AsSpan(0, read));
                left -= read;
            }
            _position += part.Size;
        }
        if (new ContentDigest(hash.GetHashAndReset()) is var digest && digest != part.Digest)
            throw Refused(name, $"is not what the manifest says: it is {digest}");
        await ExpectAsync(name, BundleLayout.Descriptor(part.Size, crc.Value), cancellationToken).ConfigureAwait(false);
        Note(name, part.Size, crc.Value, isStreamed: true, start);
        return place;
    }

    private void CheckNamed(BundleRecords records, IEnumerable<ContentDigest> contents, HashSet<ContentDigest> references)
    {
        var named = records.Names.Select(content => content.Digest).ToHashSet();
        foreach (var digest in contents)
            if (!named.Contains(digest) && !references.Contains(digest))
                throw Refused(BundlePart.NameOf(digest), "is named by no record");
    }

    /// <summary>
    /// A file that is longer than follows from the manifest is one before anything else of it is read. What one that is shorter lacks is found
    /// where it should be.
    /// </summary>
    private async Task CheckLengthAsync(BundleManifest manifest, CancellationToken cancellationToken)
    {
        var directory = (long)_directory.WrittenCount;
        var end = _position;
        Add(BundleLayout.RecordsName, manifest.Records!.Size, isStreamed: false);
        foreach (var part in manifest.DigestsOnly ? [] : manifest.Content!)
            Add(BundlePart.NameOf(part.Digest), part.Size, isStreamed: true);
        var entries = 2L + (manifest.DigestsOnly ? 0 : manifest.Content!.Length);
        var length = end + directory + BundleLayout.End(entries, end, directory).Length;
        if (length >= file.Length)
            return;
        var found = new byte[Math.Min(LongestName, file.Length - end)];
        var at = file.Position;
        file.Position = end;
        await file.ReadExactlyAsync(found, cancellationToken).ConfigureAwait(false);
        file.Position = at;
        throw BundleLayout.ReadHeader(found) is null
            ? Refused(null, $"is larger than its manifest says: it has {file.Length} bytes, not {length}")
            : Refused(BundleLayout.ManifestName, $"does not name {BundleLayout.Describe(found)}, which is there");

        void Add(string name, long size, bool isStreamed)
        {
            if (size > file.Length - end)
                throw Truncated(name);
            directory += BundleLayout.InDirectory(name, size, 0, end, isStreamed).Length;
            end +=
                BundleLayout.Header(name, size, isStreamed ? null : 0).Length
                + size
                + (isStreamed ? BundleLayout.Descriptor(size, 0).Length : 0);
        }
    }

    private void Note(string name, long size, uint crc, bool isStreamed, long offset)
    {
        _directory.Write(BundleLayout.InDirectory(name, size, crc, offset, isStreamed));
        _entries++;
    }

    private async Task<byte[]> ReadAsync(string entry, long size, CancellationToken cancellationToken)
    {
        if (size > file.Length - _position)
            throw Truncated(entry);
        var bytes = new byte[size];
        var read = await file.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        _position += read;
        return read == size ? bytes : throw Truncated(entry);
    }

    private async Task ExpectAsync(string? entry, byte[] expected, CancellationToken cancellationToken)
    {
        var found = new byte[Math.Min(Math.Max(expected.Length, LongestName), file.Length - file.Position)];
        var start = file.Position;
        await file.ReadExactlyAsync(found, cancellationToken).ConfigureAwait(false);
        if (found.Length < expected.Length && expected.AsSpan().StartsWith(found))
            throw Truncated(entry);
        if (!found.AsSpan().StartsWith(expected))
            throw entry is null
                ? Refused(null, "has another directory than its entries make")
                : Refused(entry, BundleLayout.Mismatch(expected, found, start));
        file.Position = start + expected.Length;
        _position = file.Position;
    }

    private BundleException Truncated(string? entry) => Refused(entry, $"is cut off: the file has {file.Length} bytes");

    private BundleException Refused(string? entry, string problem) => BundleException.Refused(bundle, entry, problem);
}

/// <summary>Where content is in a bundle.</summary>
/// <param name="Offset">Its first byte; null when the bundle does not have it.</param>
/// <param name="Size">Its size in bytes.</param>
internal readonly record struct BundlePlace(long? Offset, long Size);

/// <summary>A bundle in which everything is as it has to be.</summary>
/// <param name="Name">What messages call it.</param>
/// <param name="Manifest">What it says of itself.</param>
/// <param name="Records">The records.</param>
/// <param name="Contents">All content that the records name, by digest in order.</param>
/// <param name="Missing">What its messages refer to, or seem to, and it does not have.</param>
internal sealed record VerifiedBundle(
    string Name,
    BundleManifest Manifest,
    BundleRecords Records,
    IReadOnlyDictionary<ContentDigest, BundlePlace> Contents,
    IReadOnlyList<ContentDigest> Missing
);
