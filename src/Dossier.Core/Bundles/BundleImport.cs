using Dossier.Storage;

namespace Dossier;

/// <summary>Puts the session of a bundle into a storage, when all of the bundle is known to be as it has to be: content first, and then one commit.</summary>
internal sealed class BundleImport(StoreServices services, string? owner, ImportOptions options)
{
    // What is small is kept with the records; of very much of it, the rest is kept as what is large.
    private const long MostInline = 64 << 20;

    // A purge has to come between content and commit each time.
    private const int MostTries = 16;

    private IStorage Storage => services.Storage;

    /// <exception cref="BundleException">It is not a bundle as Dossier writes it, or one without content.</exception>
    /// <exception cref="ConflictException">There is a session with the id already, the id cannot be had, or its session was erased.</exception>
    /// <exception cref="OwnerScopeException">The session belongs to somebody else than whom the store is limited to.</exception>
    /// <exception cref="StorageException">The storage could not be read or written.</exception>
    public async Task<SessionInfo> ReadAsync(Stream file, string name, CancellationToken cancellationToken)
    {
        if (options.SessionId is { } wanted)
            Identifiers.CheckSessionId(wanted, nameof(ImportOptions.SessionId));
        var bundle = await new BundleReader(file, name, BundleLimits.Default).ReadAsync(cancellationToken).ConfigureAwait(false);
        if (bundle.Manifest.DigestsOnly)
            throw new BundleException(
                name,
                BundleLayout.ManifestName,
                $"Bundle '{name}' has the digests of session '{bundle.Records.Session.Id}' without its content, and cannot be imported. Read it with BundleStorage.OpenAsync, or export the session again with BundleContent.Whole."
            );
        var records = options.SessionId is { } id ? bundle.Records.Under(id) : bundle.Records;
        CheckOwner(name, records.Session.Owner);
        var now = services.Time.GetRecordTime();
        for (var tries = 1; ; tries++)
        {
            var commit = new SessionCommit
            {
                CommitId = Identifiers.NewGuid(now),
                SessionId = records.Session.Id,
                At = records.Session.UpdatedAt,
                Session = records.Session,
                ExpectedRevision = 0,
                Settlements = records.Settled == BudgetAmount.Nothing ? [] : [new() { Amount = records.Settled }],
                Copied = records.ToCopy(),
            };
            // Nobody has to write a whole session to find out that its id is taken.
            await CheckFreeAsync(commit, cancellationToken).ConfigureAwait(false);
            // Whoever names content in a message could read it through that. A session of nobody is read by those who see all.
            if ((owner ?? records.Session.Owner) is not null && bundle.Missing is [var foreign, ..])
                throw CommitGuards.ContentNotOwned(commit, foreign);
            commit = commit with { Contents = await WriteAsync(file, bundle, cancellationToken).ConfigureAwait(false) };
            try
            {
                await Storage.Records.CommitAsync(commit, cancellationToken).ConfigureAwait(false);
                return await Storage.Records.GetSessionAsync(commit.SessionId, cancellationToken).ConfigureAwait(false) ?? records.Session;
            }
            catch (ConflictException e) when (e.Guard is CommitGuards.Content && tries < MostTries)
            {
                // It was purged before the commit named it, and is written again.
            }
        }
    }

    private async Task CheckFreeAsync(SessionCommit commit, CancellationToken cancellationToken)
    {
        // Nor may content that was erased be written again for a commit that cannot be made.
        if (await Storage.Records.GetErasureAsync(commit.SessionId, cancellationToken).ConfigureAwait(false) is { } erasure)
            throw CommitGuards.Erased(erasure);
        if (await Storage.Records.GetSessionAsync(commit.SessionId, cancellationToken).ConfigureAwait(false) is { } there)
            throw new ConflictException(
                CommitGuards.Revision,
                "0",
                there.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture),
                $"There is a session '{there.Id}' in {Storage.Location} already, and nothing was imported. Import the bundle under another id with ImportOptions.SessionId."
            );
    }

    private void CheckOwner(string bundle, string? other)
    {
        if (owner is not null && other is not null && !string.Equals(owner, other, StringComparison.Ordinal))
            throw new OwnerScopeException(
                owner,
                $"This store is limited to the owner '{owner}', and bundle '{bundle}' has a session of '{other}'. Nothing was imported; import it with a store that is not limited."
            );
    }

    private async Task<List<ContentEntry>> WriteAsync(Stream file, VerifiedBundle bundle, CancellationToken cancellationToken)
    {
        var entries = new List<ContentEntry>(bundle.Contents.Count);
        var inline = 0L;
        foreach (var (digest, place) in bundle.Contents)
        {
            using var content = new SliceStream(file, place.Offset!.Value, place.Size, ownsFile: false);
            ContentEntry entry;
            if (place.Size <= Storage.InlineLimit && inline + place.Size <= MostInline)
            {
                var bytes = new byte[place.Size];
                await content.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
                entry = new(ContentDigest.Of(bytes), bytes.Length, bytes) { NeverChanges = true };
                inline += bytes.Length;
            }
            else
            {
                entry = await Storage.Contents.WriteAsync(content, cancellationToken).ConfigureAwait(false);
            }
            if (entry.Digest != digest)
                throw BundleException.Refused(bundle.Name, BundlePart.NameOf(digest), "was changed while it was being imported");
            entries.Add(entry);
        }
        return entries;
    }
}
