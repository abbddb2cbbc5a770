using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dossier.Storage;
using Microsoft.Extensions.Logging;

namespace Dossier;

/// <summary>
/// The synced catalogues in a directory: one compressed file each, named by its time, none ever changed. The newest that can be
/// read is in force, so that there is nothing to switch over, and processes that sync at the same time do not disturb each other.
/// </summary>
internal sealed class ModelSnapshots(string modelsPath, ILogger logger)
{
    private const string Suffix = ".json.gz";
    private const string TimeFormat = "yyyyMMdd'T'HHmmssfff'Z'";

    private readonly string _directory = Path.Combine(modelsPath, "synced");

    private string StateFile => Path.Combine(_directory, "last.json");

    /// <summary>The newest snapshot, or the newest of a day or before; null when there is none. One that is damaged is passed over.</summary>
    public ModelSnapshot? Load(DateOnly? notAfter)
    {
        foreach (var (file, _) in Files().Where(file => notAfter is null || file.Date <= notAfter).OrderByDescending(file => file.Path))
        {
            if (TryRead(file) is { } snapshot)
                return snapshot;
        }
        return null;
    }

    /// <summary>Adds a snapshot; durable, and in place at once or not at all.</summary>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory must not be written to.</exception>
    public void Save(ModelSnapshot snapshot, DateTimeOffset at, SyncState state)
    {
        PrivateFiles.CreateDirectory(modelsPath);
        PrivateFiles.CreateDirectory(_directory);
        var name = at.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture) + Suffix;
        Write(
            Path.Combine(_directory, name),
            file =>
            {
                using var gzip = new GZipStream(file, CompressionLevel.Optimal, leaveOpen: true);
                gzip.Write(CatalogueWriter.Write(snapshot).Span);
            }
        );
        Write(StateFile, file => JsonSerializer.Serialize(file, state with { Snapshot = name }, SyncStateJson.Default.SyncState));
        DirectorySync.Flush(_directory);
    }

    /// <summary>What the last sync left, and the snapshot that it made; null when either is gone or damaged, and then all has to be fetched again.</summary>
    public (SyncState State, ModelSnapshot Snapshot)? Last()
    {
        try
        {
            var state = JsonSerializer.Deserialize(File.ReadAllBytes(StateFile), SyncStateJson.Default.SyncState);
            // Whatever is written there, only a file of this directory is meant.
            return
                state?.Snapshot is { } name
                && Files().FirstOrDefault(file => file.Path == Path.Combine(_directory, name)).Path is { } path
                && TryRead(path) is { } snapshot
                ? (state, snapshot)
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private IEnumerable<(string Path, DateOnly Date)> Files()
    {
        if (!Directory.Exists(_directory))
            yield break;
        foreach (var path in Directory.EnumerateFiles(_directory, "*" + Suffix))
        {
            var time = Path.GetFileName(path)[..^Suffix.Length];
            if (DateTime.TryParseExact(time, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var at))
                yield return (path, DateOnly.FromDateTime(at));
        }
    }

    private ModelSnapshot? TryRead(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            using var gzip = new GZipStream(file, CompressionMode.Decompress);
            using var bytes = new MemoryStream();
            gzip.CopyTo(bytes);
            return CatalogueReader.Read(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or FormatException)
        {
            Log.SnapshotUnreadable(logger, path, e.Message);
            return null;
        }
    }

    private static void Write(string path, Action<Stream> write)
    {
        var temporary = $"{path}.{RandomNumberGenerator.GetHexString(16, lowercase: true)}.tmp";
        try
        {
            using (var file = PrivateFiles.Create(temporary))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}

/// <summary>What a sync has to know of the one before.</summary>
/// <param name="Endpoint">Where it was fetched from.</param>
/// <param name="ETag">What the server called it (RFC 9110, section 8.8.3); null when it gave no name.</param>
/// <param name="Digest">What it was, so that the same again makes no new snapshot.</param>
internal sealed record SyncState(string Endpoint, string? ETag, string Digest)
{
    /// <summary>The file that was made of it.</summary>
    public string? Snapshot { get; init; }
}

[JsonSerializable(typeof(SyncState))]
internal sealed partial class SyncStateJson : JsonSerializerContext;
