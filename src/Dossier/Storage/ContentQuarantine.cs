using System.Globalization;

namespace Dossier.Storage;

/// <summary>
/// Damaged content that was set aside: <c>objects/quarantine/</c>, each file named by the digest that its bytes should have, the time, and marks.
/// Nothing here is ever read again by the store, or deleted but by an erasure; it is for people to look at.
/// </summary>
internal sealed class ContentQuarantine(string objects, bool sync)
{
    private const string TimeFormat = "yyyyMMdd'T'HHmmssfff'Z'";
    private const string InlineMark = ".inline";
    private const string HealedMark = ".healed";

    private readonly string _directory = Path.Combine(objects, "quarantine");

    /// <summary>What was last set aside of that digest and has not been stored again since: relative to the store's directory, and whether it lay in the database.</summary>
    public (string Place, DateTimeOffset At, bool WasInline)? Find(ContentDigest digest)
    {
        if (Unhealed(digest).Max(StringComparer.Ordinal) is not { } last)
            return null;
        var time = Path.GetFileNameWithoutExtension(last.EndsWith(InlineMark, StringComparison.Ordinal) ? last : $"{last}{InlineMark}");
        return DateTimeOffset.TryParseExact(
            time.AsSpan(time.IndexOf('.', StringComparison.Ordinal) + 1),
            TimeFormat,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out var at
        )
            ? ($"objects/quarantine/{last}", at, last.EndsWith(InlineMark, StringComparison.Ordinal))
            : null;
    }

    /// <summary>Notes that content was stored again: if it is lost once more, that is another story. A failure does not matter.</summary>
    public void MarkHealed(ContentDigest digest)
    {
        try
        {
            foreach (var name in Unhealed(digest))
                File.Move(Path.Combine(_directory, name), Path.Combine(_directory, name + HealedMark), overwrite: true);
        }
        catch (Exception exception) when (StorageErrors.IsFileSystem(exception))
        {
            // The content is there, and that is what counts.
        }
    }

    /// <summary>Deletes what was set aside of content that an erasure has removed.</summary>
    /// <param name="isRecorded">Whether there is a record of a content.</param>
    public void DeleteUnrecorded(Func<ContentDigest, bool> isRecorded)
    {
        if (!Directory.Exists(_directory))
            return;
        foreach (var file in Directory.EnumerateFiles(_directory).ToList())
            if (ContentDigest.TryParse($"sha256:{Path.GetFileName(file).Split('.')[0]}", null, out var digest) && !isRecorded(digest))
                File.Delete(file);
        Sync(_directory);
    }

    /// <summary>Moves a file here; returns where it is now.</summary>
    public string Move(string path, ContentDigest digest, DateTimeOffset at)
    {
        var target = Prepare(digest, at);
        File.Move(path, target, overwrite: true);
        Sync(_directory);
        Sync(Path.GetDirectoryName(path)!);
        return target;
    }

    /// <summary>Writes bytes here that lay elsewhere.</summary>
    public void Write(ReadOnlySpan<byte> bytes, ContentDigest digest, DateTimeOffset at)
    {
        var target = Prepare(digest, at) + InlineMark;
        File.Delete(target); // left by a quarantine that died before its commit
        using (var file = PrivateFiles.Create(target))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: sync);
        }
        Sync(_directory);
    }

    private List<string> Unhealed(ContentDigest digest) =>
        Directory.Exists(_directory)
            ?
            [
                .. Directory
                    .EnumerateFiles(_directory, digest.ToHex() + ".*")
                    .Where(path => !path.EndsWith(HealedMark, StringComparison.Ordinal))
                    .Select(path => Path.GetFileName(path)),
            ]
            : [];

    private string Prepare(ContentDigest digest, DateTimeOffset at)
    {
        if (PrivateFiles.CreateDirectory(_directory))
            Sync(objects);
        return Path.Combine(_directory, $"{digest.ToHex()}.{at.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)}");
    }

    private void Sync(string directory)
    {
        if (sync)
            DirectorySync.Flush(directory);
    }
}
