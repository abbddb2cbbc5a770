using System.Runtime.CompilerServices;
using Dossier.Storage;

namespace Dossier;

/// <summary>
/// A bundle as a storage: its session is read in the file, and nothing is imported. What would change it is refused with a
/// <see cref="BundleException"/>. All members are safe to call from several threads at once.
/// </summary>
public sealed class BundleStorage : IStorage
{
    private readonly MemoryRecordStore _records;

    private BundleStorage(string path, VerifiedBundle bundle, MemoryRecordStore records)
    {
        (Location, SessionId, _records) = (path, bundle.Records.Session.Id, records);
        (DigestsOnly, Redacted) = (bundle.Manifest.DigestsOnly, bundle.Manifest.Redacted);
        Contents = new BundleContents(path, bundle);
    }

    /// <summary>The path of the file.</summary>
    public string Location { get; }

    /// <summary>The id of the session that the bundle holds.</summary>
    public string SessionId { get; }

    /// <summary>Whether the bundle is without content (<see cref="BundleContent.DigestsOnly"/>, <see cref="BundleContent.Redacted"/>), so that only records can be read.</summary>
    public bool DigestsOnly { get; }

    /// <summary>Whether the records are without their texts, too (<see cref="BundleContent.Redacted"/>).</summary>
    public bool Redacted { get; }

    /// <inheritdoc/>
    public int InlineLimit => 0;

    /// <inheritdoc/>
    public IRecordStore Records => _records;

    /// <inheritdoc/>
    public IContentStore Contents { get; }

    /// <summary>
    /// Opens a bundle. All of it is read and verified first. The file has to stay as it is while the storage is in use; it is kept
    /// open only while content of it is read.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Stops the opening.</param>
    /// <exception cref="BundleException">It is not a bundle, cannot be opened, or is not as it was written, or of a newer version.</exception>
    /// <exception cref="NotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static async Task<BundleStorage> OpenAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        VerifiedBundle bundle;
        var file = BundleFile.Open(path);
        await using (file.ConfigureAwait(false))
            bundle = await new BundleReader(file, path, BundleLimits.Default).ReadAsync(cancellationToken).ConfigureAwait(false);
        var records = new MemoryRecordStore(new MemoryContentStore(), TimeProvider.System);
        var session = bundle.Records.Session;
        await records
            .CommitAsync(
                new()
                {
                    CommitId = Identifiers.NewGuid(TimeProvider.System.GetRecordTime()),
                    SessionId = session.Id,
                    At = session.UpdatedAt,
                    Session = session,
                    Contents = [.. bundle.Contents.Select(content => new ContentEntry(content.Key, content.Value.Size))],
                    Settlements = [new() { Amount = bundle.Records.Settled }],
                    Copied = bundle.Records.ToCopy(),
                },
                cancellationToken
            )
            .ConfigureAwait(false);
        records.Refusal = () => ReadOnly(path);
        return new(path, bundle, records);
    }

    /// <inheritdoc/>
    public Task OpenAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    /// <summary>Does nothing: no file is kept open.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    internal static BundleException ReadOnly(string path) =>
        new(
            path,
            null,
            $"Bundle '{path}' is read-only, and nothing was written to it. Import it with SessionStore.ImportAsync, and go on there."
        );
}

/// <summary>The content of a bundle, read in its file.</summary>
internal sealed class BundleContents(string path, VerifiedBundle bundle) : IContentStore
{
    public Task<ContentEntry> WriteAsync(Stream content, CancellationToken cancellationToken = default) =>
        throw BundleStorage.ReadOnly(path);

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
        if (!bundle.Contents.TryGetValue(digest, out var place))
            return Task.FromResult<Stream?>(null);
        if (place.Offset is not { } start)
            throw new BundleException(
                path,
                BundlePart.NameOf(digest),
                $"Bundle '{path}' has the digest of {digest} and not its content. Export the session again with BundleContent.Whole."
            );
        offset = Math.Min(offset, place.Size);
        return Task.FromResult<Stream?>(
            new SliceStream(BundleFile.Open(path), start + offset, Math.Min(length ?? long.MaxValue, place.Size - offset), ownsFile: true)
        );
    }

    public ValueTask<bool> ExistsAsync(ContentDigest digest, CancellationToken cancellationToken = default) =>
        new(bundle.Contents.TryGetValue(digest, out var place) && place.Offset is not null);

    public ValueTask<bool> DeleteAsync(ContentDigest digest, CancellationToken cancellationToken = default) =>
        throw BundleStorage.ReadOnly(path);

    public async IAsyncEnumerable<ContentDigest> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var (digest, place) in bundle.Contents)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (place.Offset is not null)
                yield return digest;
        }
    }
}
