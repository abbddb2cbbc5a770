namespace Dossier.Storage;

/// <summary>What the records know of content. Used under the lock of <see cref="MemoryRecordStore"/>.</summary>
internal sealed class MemoryContentTable(MemoryContentStore store)
{
    private readonly Dictionary<ContentDigest, ContentEntry> _entries = [];
    private readonly Dictionary<ContentDigest, DateTimeOffset> _condemned = [];

    public IReadOnlyCollection<ContentDigest> Digests => _entries.Keys;

    public ContentEntry? Find(ContentDigest digest) => _entries.GetValueOrDefault(digest);

    /// <exception cref="ConflictException">The store was given it, and it has been purged since.</exception>
    public void CheckThere(IReadOnlyList<ContentEntry> contents)
    {
        for (var i = 0; i < contents.Count; i++)
            if (contents[i] is { Inline: null, KeptIn: { } keeper } content && keeper == store && !store.Contains(content.Digest))
                throw CommitGuards.ContentGone(content.Digest);
    }

    /// <exception cref="ConflictException">One of them has been purged.</exception>
    public void CheckThere(IReadOnlyList<ContentDigest> contents)
    {
        for (var i = 0; i < contents.Count; i++)
            if (!_entries.ContainsKey(contents[i]))
                throw CommitGuards.ContentGone(contents[i]);
    }

    /// <summary>From now on they are in use, also where they were condemned.</summary>
    public void Use(IReadOnlyList<ContentDigest> contents)
    {
        for (var i = 0; i < contents.Count; i++)
            _condemned.Remove(contents[i]);
    }

    /// <summary>From now on it is in use, also where it was condemned.</summary>
    public void Add(ContentEntry content)
    {
        _condemned.Remove(content.Digest);
        // Content without bytes may have been set aside because it was damaged.
        if (!_entries.TryGetValue(content.Digest, out var known) || (known.Inline is null && content.Inline is not null))
            _entries[content.Digest] = content switch
            {
                { Inline: not null, NeverChanges: true } => content,
                { Inline: { } bytes } => content with { Inline = bytes.ToArray() },
                _ => content with { KeptIn = null },
            };
    }

    /// <summary>Lets go of its bytes, when they are kept here.</summary>
    public void Quarantine(ContentDigest digest)
    {
        if (_entries.TryGetValue(digest, out var entry))
            _entries[digest] = entry with { Inline = null };
    }

    public ReadOnlySpan<byte> Read(ContentDigest digest) => Find(digest)?.Inline is { } inline ? inline.Span : store.Find(digest);

    /// <summary>All content that is not named, also what was written and no commit has brought; with the time since when that is known.</summary>
    public IEnumerable<(ContentDigest Digest, long Size, DateTimeOffset? CondemnedAt)> Unused(HashSet<ContentDigest> named) =>
        _entries
            .Values.Select(entry => (entry.Digest, entry.Size))
            .Union(store.Sizes)
            .Where(content => !named.Contains(content.Digest))
            .Select(content =>
                (content.Digest, content.Size, _condemned.TryGetValue(content.Digest, out var since) ? since : (DateTimeOffset?)null)
            );

    /// <summary>Notes since when content is unused, or deletes it.</summary>
    public void Condemn(ContentDigest digest, DateTimeOffset since, bool delete)
    {
        _condemned[digest] = since;
        if (!delete)
            return;
        _condemned.Remove(digest);
        _entries.Remove(digest);
        store.Delete(digest);
    }
}
