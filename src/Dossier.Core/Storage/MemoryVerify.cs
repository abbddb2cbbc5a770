namespace Dossier.Storage;

/// <summary>What a verification reads a storage in memory through.</summary>
internal sealed class MemoryVerify(IStorage storage, MemoryRecordStore records, MemoryContentStore contents) : VerifySource(storage)
{
    private IReadOnlyList<ContentDigest> _all = [];

    public override async ValueTask<(long Objects, long Bytes)?> BeginAsync(string? sessionId, CancellationToken cancellationToken)
    {
        if (sessionId is not null)
            return null;
        _all = records.ListContents();
        long bytes = 0;
        foreach (var digest in _all)
            bytes += (await records.GetContentAsync(digest, cancellationToken).ConfigureAwait(false))?.Size ?? 0;
        return (_all.Count, bytes);
    }

    public override IAsyncEnumerable<ContentDigest> ReadContentsAsync(VerifyFindings findings, CancellationToken cancellationToken) =>
        _all.ToAsyncEnumerable();

    public override ValueTask<bool> QuarantineAsync(ContentDigest digest, CancellationToken cancellationToken)
    {
        contents.Quarantine(digest);
        records.Quarantine(digest);
        return new(true);
    }
}
