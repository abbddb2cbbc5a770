using System.Runtime.CompilerServices;

namespace Dossier.Storage;

/// <summary>The content of one owner.</summary>
internal sealed class OwnerContentStore(IStorage storage, string owner, OwnerContents contents) : IContentStore
{
    public async Task<ContentEntry> WriteAsync(Stream content, CancellationToken cancellationToken = default)
    {
        var entry = await storage.Contents.WriteAsync(content, cancellationToken).ConfigureAwait(false);
        contents.AddGiven(entry); // whoever has the bytes may have them
        return entry;
    }

    public async Task<Stream?> OpenReadAsync(
        ContentDigest digest,
        long offset = 0,
        long? length = null,
        CancellationToken cancellationToken = default
    )
    {
        if (!await contents.HasAsync(digest, cancellationToken).ConfigureAwait(false))
            return null;
        if (contents.IsMessages(digest))
            contents.AddReferences(digest, (await storage.ReadAsync(digest, cancellationToken).ConfigureAwait(false)).Span);
        return await storage.Contents.OpenReadAsync(digest, offset, length, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<bool> ExistsAsync(ContentDigest digest, CancellationToken cancellationToken = default) =>
        await storage.Contents.ExistsAsync(digest, cancellationToken).ConfigureAwait(false)
        && await contents.HasAsync(digest, cancellationToken).ConfigureAwait(false);

    public ValueTask<bool> DeleteAsync(ContentDigest digest, CancellationToken cancellationToken = default) =>
        throw new OwnerScopeException(
            owner,
            $"Content {digest} was not deleted: others than '{owner}' may use the same bytes. Erase the session instead; that deletes what nothing else uses."
        );

    public async IAsyncEnumerable<ContentDigest> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var seen = new HashSet<ContentDigest>();
        await foreach (var digest in contents.ListAsync(cancellationToken).ConfigureAwait(false))
            if (seen.Add(digest) && await storage.Contents.ExistsAsync(digest, cancellationToken).ConfigureAwait(false))
                yield return digest;
    }
}
