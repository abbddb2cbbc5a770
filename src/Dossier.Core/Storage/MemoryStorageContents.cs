using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Dossier.Storage;

/// <summary>Content as byte arrays, by digest.</summary>
internal sealed class MemoryContentStore : IContentStore
{
    private readonly ConcurrentDictionary<ContentDigest, byte[]> _contents = new();
    private readonly ConcurrentDictionary<ContentDigest, DateTimeOffset> _quarantined = new();

    public async Task<ContentEntry> WriteAsync(Stream content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        using var buffer = new MemoryStream();
        await content.CopyToAsync(buffer, cancellationToken).ConfigureAwait(false);
        var bytes = buffer.ToArray();
        var digest = ContentDigest.Of(bytes);
        _contents.TryAdd(digest, bytes);
        return new(digest, bytes.Length);
    }

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
        if (!_contents.TryGetValue(digest, out var bytes) && _quarantined.TryGetValue(digest, out var at))
            throw new QuarantinedException(digest, "memory", at);
        if (bytes is null)
            return Task.FromResult<Stream?>(null);
        var start = (int)Math.Min(offset, bytes.Length);
        var count = (int)Math.Min(length ?? long.MaxValue, bytes.Length - start);
        return Task.FromResult<Stream?>(new MemoryStream(bytes, start, count, writable: false));
    }

    public ValueTask<bool> ExistsAsync(ContentDigest digest, CancellationToken cancellationToken = default) =>
        new(_contents.ContainsKey(digest));

    public ValueTask<bool> DeleteAsync(ContentDigest digest, CancellationToken cancellationToken = default) =>
        new(_contents.TryRemove(digest, out _));

    public async IAsyncEnumerable<ContentDigest> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var digest in _contents.Keys)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return digest;
        }
    }

    /// <summary>Notes that content was damaged, and lets go of it.</summary>
    public void Quarantine(ContentDigest digest)
    {
        _quarantined[digest] = TimeProvider.System.GetUtcNow();
        _contents.TryRemove(digest, out _);
    }
}
