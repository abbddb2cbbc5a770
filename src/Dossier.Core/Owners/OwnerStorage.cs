namespace Dossier.Storage;

/// <summary>
/// A storage as one owner sees it: the sessions that are the owner's, what they hold, and nothing else. All that a store does goes through
/// these contracts, and so nothing has to think of owners elsewhere. Does not dispose the storage behind it.
/// </summary>
internal sealed class OwnerStorage : IStorage
{
    private readonly IStorage _storage;

    public OwnerStorage(IStorage storage, string owner)
    {
        _storage = storage;
        var contents = new OwnerContents(storage, this);
        (Records, Contents) = (new OwnerRecordStore(storage, owner, contents), new OwnerContentStore(storage, owner, contents));
        (Search, Maintenance) = (new OwnerSearchIndex(storage, owner), new OwnerMaintenance(storage, this, owner));
    }

    /// <summary>The storage behind it, of all owners.</summary>
    public IStorage Whole => _storage;

    public string Location => _storage.Location;

    public int InlineLimit => _storage.InlineLimit;

    public IRecordStore Records { get; }

    public IContentStore Contents { get; }

    public ISearchIndex Search { get; }

    public IStoreMaintenance Maintenance { get; }

    public Task OpenAsync(CancellationToken cancellationToken = default) => _storage.OpenAsync(cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
