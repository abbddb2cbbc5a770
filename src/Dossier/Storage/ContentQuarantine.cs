using System.Globalization;

namespace Dossier.Storage;

/// <summary>
/// Damaged content that was set aside: <c>objects/quarantine/</c>, each file named by the digest that its bytes should have and the time.
/// Nothing here is ever deleted or read again by the store; it is for people to look at.
/// </summary>
internal sealed class ContentQuarantine(string objects, bool sync)
{
    private const string TimeFormat = "yyyyMMdd'T'HHmmssfff'Z'";

    private readonly string _directory = Path.Combine(objects, "quarantine");

    /// <summary>What was last set aside of that digest, relative to the store's directory.</summary>
    public (string Place, DateTimeOffset At)? Find(ContentDigest digest)
    {
        if (!Directory.Exists(_directory))
            return null;
        var last = Directory.EnumerateFiles(_directory, digest.ToHex() + ".*").Select(Path.GetFileName).Max(StringComparer.Ordinal);
        return
            last is not null
            && DateTimeOffset.TryParseExact(
                last.AsSpan(last.IndexOf('.', StringComparison.Ordinal) + 1),
                TimeFormat,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out var at
            )
            ? ($"objects/quarantine/{last}", at)
            : null;
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
        var target = Prepare(digest, at);
        File.Delete(target); // left by a quarantine that died before its commit
        using (var file = PrivateFiles.Create(target))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: sync);
        }
        Sync(_directory);
    }

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
