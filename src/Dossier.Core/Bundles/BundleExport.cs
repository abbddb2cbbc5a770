using Dossier.Storage;

namespace Dossier;

/// <summary>Writes a session as one file. The same session makes the same bytes, wherever and whenever it is exported.</summary>
internal static class BundleExport
{
    private const int SizesAtOnce = 64; // what is inline is read with it

    public static async Task WriteAsync(
        IStorage storage,
        string sessionId,
        Stream destination,
        ExportOptions options,
        CancellationToken cancellationToken
    )
    {
        Identifiers.CheckSessionId(sessionId, nameof(sessionId));
        var (records, lines) = await new BundleSource(storage, sessionId, options.Limits)
            .ReadAsync(cancellationToken)
            .ConfigureAwait(false);
        var parts = await PartsAsync(storage, records, options.Limits, cancellationToken).ConfigureAwait(false);
        if (options.Content is BundleContent.Redacted)
        {
            records = BundleRedaction.Apply(records);
            lines = records.Encode(options.Limits);
        }
        var manifest = new BundleManifest
        {
            Format = BundleManifest.FormatName,
            Version = BundleManifest.CurrentVersion,
            SessionId = sessionId,
            DigestsOnly = options.Content is not BundleContent.Whole,
            Redacted = options.Content is BundleContent.Redacted,
            Counts = records.Counts,
            Records = new() { Digest = ContentDigest.Of(lines.Span), Size = lines.Length },
            Content = parts,
        };
        var first = manifest.Encode();
        BundleLimits.Check(BundleLayout.ManifestName, first.Length, options.Limits.Manifest);
        var writer = new BundleWriter(destination);
        await writer.WriteAsync(BundleLayout.ManifestName, first, cancellationToken).ConfigureAwait(false);
        await writer.WriteAsync(BundleLayout.RecordsName, lines, cancellationToken).ConfigureAwait(false);
        foreach (var part in manifest.DigestsOnly ? [] : parts)
        {
            var content = await storage.OpenReadAsync(part.Digest, cancellationToken).ConfigureAwait(false);
            await using (content.ConfigureAwait(false))
                await writer.WriteAsync(part, content, storage.Location, cancellationToken).ConfigureAwait(false);
        }
        await writer.EndAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>All content that the records name, and the images and files that their messages refer to, by digest.</summary>
    private static async Task<BundlePart[]> PartsAsync(
        IStorage storage,
        BundleRecords records,
        BundleLimits limits,
        CancellationToken cancellationToken
    )
    {
        var named = new HashSet<ContentDigest>();
        var messages = new HashSet<ContentDigest>();
        foreach (var content in records.Names)
        {
            named.Add(content.Digest);
            if (content.IsMessages)
                messages.Add(content.Digest);
        }
        var references = new HashSet<ContentDigest>();
        foreach (var message in messages)
        {
            var bytes = await storage.ReadAsync(message, cancellationToken).ConfigureAwait(false);
            BundleLimits.Check(BundlePart.NameOf(message), bytes.Length, limits.Message);
            ContentNames.AddReferences(bytes.Span, references);
        }
        references.ExceptWith(named);
        var parts = new List<BundlePart>(named.Count + references.Count);
        foreach (var some in named.Concat(references).Chunk(SizesAtOnce))
        {
            var entries = await storage.Records.GetContentsAsync(some, cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < some.Length; i++)
                if (entries[i] is { } entry)
                    parts.Add(new() { Digest = entry.Digest, Size = entry.Size });
                else if (named.Contains(some[i])) // a reference may be what somebody wrote
                    throw new StorageException(
                        $"Content {some[i]} is named by session '{records.Session.Id}' and is not in {storage.Location}, so that the session was not exported. Restore it from a backup."
                    );
        }
        return [.. parts.OrderBy(part => part.Digest.ToHex(), StringComparer.Ordinal)];
    }
}
