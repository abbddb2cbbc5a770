namespace Dossier.Storage;

/// <summary>
/// The content of one commit on its way into a storage. Between the content being in place and the commit that names it, the same
/// bytes, which nothing else used, may have been deleted: by a purge, or for another commit that was refused. What is still at hand is then put again. Used by one caller.
/// </summary>
/// <param name="storage">The storage.</param>
/// <param name="capture">Whether bytes are kept; otherwise adding them only tells their digest. Streams are.</param>
internal sealed class CommitContents(IStorage storage, Capture capture = Capture.Full)
{
    // A purge, or a refused commit, has to come between the two each time.
    private const int MostTries = 16;

    private readonly List<ContentEntry> _entries = new(1); // most often there is one
    private List<Func<CancellationToken, Task>>? _putAgain;

    /// <summary>What was added so far.</summary>
    public IReadOnlyList<ContentEntry> Entries => _entries;

    /// <summary>Adds bytes, which must not change before the commit.</summary>
    public async ValueTask<ContentDigest> AddAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        capture is Capture.DigestsOnly
            ? ContentDigest.Of(bytes.Span)
            : Add(await storage.PrepareAsync(bytes, cancellationToken).ConfigureAwait(false), bytes);

    /// <summary>Adds bytes that were made for this and will never change, so that a store may keep them as they are.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="cancellationToken">Stops the write.</param>
    /// <param name="digest">Their digest, where it is known.</param>
    public ValueTask<ContentDigest> AddOwnAsync(
        ReadOnlyMemory<byte> bytes,
        CancellationToken cancellationToken,
        ContentDigest? digest = null
    )
    {
        if (capture is Capture.DigestsOnly)
            return new(digest ?? ContentDigest.Of(bytes.Span));
        var entry = storage.PrepareAsync(bytes, cancellationToken, neverChanges: true, digest);
        return entry.IsCompletedSuccessfully ? new(Add(entry.Result, bytes)) : AddAsync(entry, bytes);
    }

    /// <summary>Adds a stream, from its current position to its end.</summary>
    public async ValueTask<ContentEntry> AddAsync(Stream content, CancellationToken cancellationToken)
    {
        if (content is BytesStream bytes)
        {
            await AddAsync(bytes.Rest, cancellationToken).ConfigureAwait(false);
            return _entries[^1];
        }
        var start = content.CanSeek ? content.Position : 0;
        var entry = await storage.PrepareAsync(content, cancellationToken).ConfigureAwait(false);
        _entries.Add(entry);
        if (entry.Inline is null && content.CanSeek)
            (_putAgain ??= []).Add(token =>
            {
                content.Position = start;
                return storage.PrepareAsync(content, token);
            });
        else if (entry.Inline is null)
            (_putAgain ??= []).Add(_ => throw Consumed(entry.Digest));
        return entry;
    }

    /// <summary>Commits what names the content that was added, as its <see cref="SessionCommit.Contents"/>.</summary>
    /// <exception cref="StorageException">Transient, when content of a stream that cannot be read again was deleted meanwhile; and what <see cref="IRecordStore.CommitAsync"/> throws.</exception>
    public async ValueTask<CommitResult> CommitAsync(SessionCommit commit, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await storage.Records.CommitAsync(commit, cancellationToken).ConfigureAwait(false);
            }
            catch (ConflictException exception) when (exception.Guard == CommitGuards.Content && _putAgain is not null && tries < MostTries)
            {
                foreach (var put in _putAgain)
                    await put(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask<ContentDigest> AddAsync(ValueTask<ContentEntry> entry, ReadOnlyMemory<byte> bytes) =>
        Add(await entry.ConfigureAwait(false), bytes);

    private ContentDigest Add(ContentEntry entry, ReadOnlyMemory<byte> bytes)
    {
        _entries.Add(entry);
        if (entry.Inline is null)
            PutAgain(bytes);
        return entry.Digest;
    }

    private void PutAgain(ReadOnlyMemory<byte> bytes) => (_putAgain ??= []).Add(token => storage.PrepareAsync(bytes, token).AsTask());

    private StorageException Consumed(ContentDigest digest) =>
        new(
            $"Content {digest} was deleted from {storage.Location} while it was being stored, by a purge or for another write that was refused, and its stream cannot be read again. Nothing was stored; store it again from its source.",
            isTransient: true
        );
}
