using System.Runtime.InteropServices;

namespace Dossier.Storage;

/// <summary>What the records know of content. Used under the lock of <see cref="MemoryRecordStore"/>.</summary>
internal sealed class MemoryContentTable(MemoryContentStore store)
{
    private readonly Dictionary<ContentDigest, Kept> _entries = [];
    private readonly Dictionary<ContentDigest, DateTimeOffset> _condemned = [];

    public IEnumerable<ContentDigest> Digests => _entries.Keys;

    public ContentEntry? Find(ContentDigest digest) =>
        !_entries.TryGetValue(digest, out var kept) ? null
        : kept.Inline is { } bytes ? new(digest, kept.Size, bytes)
        : new(digest, kept.Size);

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
        ref var kept = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, content.Digest, out var isKnown);
        // Content without bytes may have been set aside because it was damaged.
        if (!isKnown || (kept.Inline is null && content.Inline is not null))
            kept = new(BytesOf(content), content.Size);
    }

    /// <summary>Lets go of what was written for a commit that is refused for good, unless somebody else uses it.</summary>
    public void Forget(IReadOnlyList<ContentEntry> contents)
    {
        foreach (var content in contents)
            if (content.KeptIn == store && !_entries.ContainsKey(content.Digest))
                store.Delete(content.Digest);
    }

    /// <summary>Lets go of its bytes, when they are kept here.</summary>
    public void Quarantine(ContentDigest digest)
    {
        if (_entries.TryGetValue(digest, out var kept))
            _entries[digest] = kept with { Inline = null };
    }

    public ReadOnlySpan<byte> Read(ContentDigest digest) =>
        _entries.TryGetValue(digest, out var kept) && kept.Inline is { } bytes ? bytes : store.Find(digest);

    /// <summary>All content that is not named, also what was written and no commit has brought; with the time since when that is known.</summary>
    public IEnumerable<(ContentDigest Digest, long Size, DateTimeOffset? CondemnedAt)> Unused(HashSet<ContentDigest> named) =>
        _entries
            .Select(entry => (Digest: entry.Key, entry.Value.Size))
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

    private static byte[]? BytesOf(ContentEntry content) =>
        content.Inline is not { } bytes ? null
        : content.NeverChanges && MemoryMarshal.TryGetArray(bytes, out var own) && own.Array!.Length == own.Count ? own.Array
        : bytes.ToArray();

    /// <param name="Inline">The bytes; null when the content store has them, or nobody any more.</param>
    /// <param name="Size">How many there are.</param>
    private readonly record struct Kept(byte[]? Inline, long Size);
}
