namespace Dossier.Storage;

/// <summary>Immutable content, addressed by its digest. Writing the same bytes twice keeps them once.</summary>
public interface IContentStore
{
    /// <summary>
    /// Stores a stream of any size in constant memory. When the task completes the content is durable and readable;
    /// when it fails or is cancelled nothing is left behind.
    /// </summary>
    /// <param name="content">Read from its current position to its end; not disposed.</param>
    /// <param name="cancellationToken">Stops the write.</param>
    /// <exception cref="StorageException">The content could not be written. What the stream itself throws passes through unchanged.</exception>
    Task<ContentEntry> WriteAsync(Stream content, CancellationToken cancellationToken = default);

    /// <summary>Opens content for reading, or returns null when there is none under that digest.</summary>
    /// <param name="digest">Its address.</param>
    /// <param name="offset">The first byte to read; 0 or more.</param>
    /// <param name="length">The most bytes to read; null reads to the end.</param>
    /// <param name="cancellationToken">Stops the opening.</param>
    /// <exception cref="StorageException">It cannot be read, or was set aside because it was damaged.</exception>
    Task<Stream?> OpenReadAsync(ContentDigest digest, long offset = 0, long? length = null, CancellationToken cancellationToken = default);

    /// <summary>Whether there is content under that digest.</summary>
    ValueTask<bool> ExistsAsync(ContentDigest digest, CancellationToken cancellationToken = default);

    /// <summary>Deletes content; false when there was none. The caller has made sure that no record names it.</summary>
    ValueTask<bool> DeleteAsync(ContentDigest digest, CancellationToken cancellationToken = default);

    /// <summary>All addresses, in no particular order.</summary>
    IAsyncEnumerable<ContentDigest> ListAsync(CancellationToken cancellationToken = default);
}
