namespace Dossier.Storage;

/// <summary>
/// Where a <see cref="SessionStore"/> keeps everything: records in one place, large content in another.
/// Implement it to bring a backend of your own; the memory storage is the smallest example.
/// All members are safe to call from several threads at once.
/// </summary>
public interface IStorage : IAsyncDisposable
{
    /// <summary>What a message calls this storage, for example its path. Contains no secret.</summary>
    string Location { get; }

    /// <summary>The largest content, in bytes, that is committed inside the record store with its record; larger content goes through <see cref="Contents"/> first.</summary>
    int InlineLimit { get; }

    /// <summary>The records.</summary>
    IRecordStore Records { get; }

    /// <summary>The content that is larger than <see cref="InlineLimit"/>.</summary>
    IContentStore Contents { get; }

    /// <summary>
    /// Full text over the artifacts. A storage that does not bring an index of its own is searched by reading every artifact,
    /// which is right for as long as it is small.
    /// </summary>
    ISearchIndex Search => new SearchScan(this);

    /// <summary>
    /// What looks after the store. A storage that does not bring its own is verified through what it shows of itself: its records, and the
    /// content that they name.
    /// </summary>
    IStoreMaintenance Maintenance => new StorageMaintenance(() => new VerifySource(this));

    /// <summary>Creates or opens what is behind this object; called before anything else, and harmless when called again.</summary>
    /// <exception cref="StorageException">It cannot be opened; the message says why and what to do.</exception>
    Task OpenAsync(CancellationToken cancellationToken = default);
}
