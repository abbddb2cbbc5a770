using System.Runtime.InteropServices;

namespace Dossier.Storage;

/// <summary>Reads and writes content wherever a storage keeps it: with the records when it is small, else in the content store.</summary>
internal static class StorageContent
{
    /// <summary>Makes bytes ready to be named by a commit. Small ones travel with it; larger ones are in the content store when this returns.</summary>
    /// <param name="storage">The storage.</param>
    /// <param name="content">The bytes, which must not change before the commit.</param>
    /// <param name="cancellationToken">Stops the write.</param>
    /// <param name="neverChanges">Whether they never change, so that the storage may keep them without a copy.</param>
    /// <param name="digest">Their digest, where it is known.</param>
    public static ValueTask<ContentEntry> PrepareAsync(
        this IStorage storage,
        ReadOnlyMemory<byte> content,
        CancellationToken cancellationToken,
        bool neverChanges = false,
        ContentDigest? digest = null
    )
    {
        return content.Length <= storage.InlineLimit
            ? new(new ContentEntry(digest ?? ContentDigest.Of(content.Span), content.Length, content) { NeverChanges = neverChanges })
            : new(WriteAsync(storage, content, cancellationToken));

        static async Task<ContentEntry> WriteAsync(IStorage storage, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
        {
            using var stream = AsStream(content);
            return await storage.Contents.WriteAsync(stream, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The same for a stream of any size, in constant memory.</summary>
    public static async Task<ContentEntry> PrepareAsync(this IStorage storage, Stream content, CancellationToken cancellationToken)
    {
        var head = new byte[storage.InlineLimit + 1];
        var length = await content.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (length < head.Length)
            return await storage.PrepareAsync(head.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
        using var whole = new PrefixedStream(head, content);
        return await storage.Contents.WriteAsync(whole, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens content.</summary>
    /// <exception cref="NotFoundException">No commit has named it.</exception>
    /// <exception cref="StorageException">A record names it, and it is missing or has another length.</exception>
    public static async Task<Stream> OpenReadAsync(this IStorage storage, ContentDigest digest, CancellationToken cancellationToken)
    {
        var entry = await storage.FindAsync(digest, cancellationToken).ConfigureAwait(false);
        return entry.Inline is { } bytes ? AsStream(bytes) : await storage.OpenLargeAsync(entry, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads content into memory.</summary>
    /// <inheritdoc cref="OpenReadAsync" path="/exception"/>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(
        this IStorage storage,
        ContentDigest digest,
        CancellationToken cancellationToken
    )
    {
        var entry = await storage.FindAsync(digest, cancellationToken).ConfigureAwait(false);
        if (entry.Inline is { } bytes)
            return bytes;
        if (entry.Size > Array.MaxLength)
        {
            throw new DossierException(
                $"Content {digest} has {entry.Size} bytes, more than fits into one array; open it as a stream with OpenReadAsync."
            );
        }
        var buffer = new byte[entry.Size];
        var stream = await storage.OpenLargeAsync(entry, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var read = await stream
                .ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken)
                .ConfigureAwait(false);
            return read == buffer.Length ? buffer : throw Damaged(storage, entry, read);
        }
    }

    /// <summary>A read-only stream over bytes, without copying them where they are an array.</summary>
    public static BytesStream AsStream(ReadOnlyMemory<byte> bytes) =>
        new(MemoryMarshal.TryGetArray(bytes, out var segment) ? segment : new(bytes.ToArray()));

    private static async ValueTask<ContentEntry> FindAsync(
        this IStorage storage,
        ContentDigest digest,
        CancellationToken cancellationToken
    ) =>
        await storage.Records.GetContentAsync(digest, cancellationToken).ConfigureAwait(false)
        ?? throw new NotFoundException($"There is no content {digest} in {storage.Location}.");

    private static async Task<Stream> OpenLargeAsync(this IStorage storage, ContentEntry entry, CancellationToken cancellationToken)
    {
        var stream =
            await storage.Contents.OpenReadAsync(entry.Digest, cancellationToken: cancellationToken).ConfigureAwait(false)
            ?? throw new StorageException(
                $"Content {entry.Digest} is recorded in {storage.Location}, but it is missing there. Restore it from a backup."
            );
        // Where the backend knows the length, what was cut off is found before anything of it is used.
        if (!stream.CanSeek || stream.Length == entry.Size)
            return stream;
        var length = stream.Length;
        await stream.DisposeAsync().ConfigureAwait(false);
        throw Damaged(storage, entry, length);
    }

    private static StorageException Damaged(IStorage storage, ContentEntry entry, long length) =>
        new(
            $"Content {entry.Digest} in {storage.Location} is damaged: {length} of {entry.Size} bytes are there. Restore it from a backup."
        );
}
