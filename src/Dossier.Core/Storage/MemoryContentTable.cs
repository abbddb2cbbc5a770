using System.Diagnostics.CodeAnalysis;

namespace Dossier.Storage;

/// <summary>What the records know of content. Used under the lock of <see cref="MemoryRecordStore"/>.</summary>
internal sealed class MemoryContentTable(MemoryContentStore store)
{
    // By the digest that each has, and not under a copy of it: a table of digests would be three times as large.
    private readonly HashSet<ContentEntry> _entries = new(new ByDigest());
    private readonly Dictionary<ContentDigest, DateTimeOffset> _condemned = [];

    public IEnumerable<ContentDigest> Digests => _entries.Select(entry => entry.Digest);

    public ContentEntry? Find(ContentDigest digest) => ByTheirDigests.TryGetValue(digest, out var entry) ? entry : null;

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
            if (!ByTheirDigests.Contains(contents[i]))
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
        var known = Find(content.Digest);
        if (known is not null && (known.Inline is not null || content.Inline is null))
            return;
        if (known is not null)
            _entries.Remove(known);
        _entries.Add(
            content switch
            {
                { Inline: not null, NeverChanges: true } => content,
                { Inline: { } bytes } => content with { Inline = bytes.ToArray() },
                _ => content with { KeptIn = null },
            }
        );
    }

    /// <summary>Lets go of what was written for a commit that is refused for good, unless somebody else uses it.</summary>
    public void Forget(IReadOnlyList<ContentEntry> contents)
    {
        foreach (var content in contents)
            if (content.KeptIn == store && !_entries.Contains(content))
                store.Delete(content.Digest);
    }

    /// <summary>Lets go of its bytes, when they are kept here.</summary>
    public void Quarantine(ContentDigest digest)
    {
        if (Find(digest) is not { } entry)
            return;
        _entries.Remove(entry);
        _entries.Add(entry with { Inline = null });
    }

    public ReadOnlySpan<byte> Read(ContentDigest digest) => Find(digest)?.Inline is { } inline ? inline.Span : store.Find(digest);

    /// <summary>All content that is not named, also what was written and no commit has brought; with the time since when that is known.</summary>
    public IEnumerable<(ContentDigest Digest, long Size, DateTimeOffset? CondemnedAt)> Unused(HashSet<ContentDigest> named) =>
        _entries
            .Select(entry => (entry.Digest, entry.Size))
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
        ByTheirDigests.Remove(digest);
        store.Delete(digest);
    }

    private HashSet<ContentEntry>.AlternateLookup<ContentDigest> ByTheirDigests => _entries.GetAlternateLookup<ContentDigest>();

    private sealed class ByDigest : IEqualityComparer<ContentEntry>, IAlternateEqualityComparer<ContentDigest, ContentEntry>
    {
        public bool Equals(ContentEntry? x, ContentEntry? y) => x?.Digest == y?.Digest;

        public int GetHashCode([DisallowNull] ContentEntry obj) => obj.Digest.GetHashCode();

        public bool Equals(ContentDigest alternate, ContentEntry other) => alternate == other.Digest;

        public int GetHashCode(ContentDigest alternate) => alternate.GetHashCode();

        public ContentEntry Create(ContentDigest alternate) => new(alternate, 0); // asked for by lookups that add, and there are none
    }
}
