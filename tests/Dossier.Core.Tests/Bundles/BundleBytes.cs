using System.IO.Compression;
using System.Text;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Bundles;

/// <summary>Bundles for tests: as they are written, taken apart, and put together by somebody else.</summary>
internal static class BundleBytes
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A bundle with an artifact, a response, a step and a conversation.</summary>
    public static async Task<byte[]> MakeAsync(string content = "Some notes.")
    {
        await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);
        await using var session = await FillAsync(store, content);
        return await ExportAsync(session);
    }

    public static async Task<Session> FillAsync(SessionStore store, string content)
    {
        var session = await store.OpenAsync(new() { SessionId = "talk", Tags = ["one"] }, Token);
        var metadata = new Dictionary<string, object?> { ["pages"] = 3, ["author"] = null };
        await session.StoreArtifactAsync("notes", content, metadata: metadata, cancellationToken: Token);
        await session.Steps.RunAsync("length", ["first"], _ => Task.FromResult(5), null, Token);
        await session
            .Conversation()
            .AsChatClient(session.Track(ScriptedChatClient.Answering("Hello"), "scripted/script-1"))
            .GetResponseAsync("Hi", cancellationToken: Token);
        return session;
    }

    public static async Task<byte[]> ExportAsync(Session session, ExportOptions? options = null)
    {
        using var bundle = new MemoryStream();
        await session.ExportAsync(bundle, options, Token);
        return bundle.ToArray();
    }

    /// <summary>Its entries, as an ordinary tool reads them; the bytes as Latin-1.</summary>
    public static List<(string Name, string Text)> Unzip(byte[] bundle)
    {
        using var zip = new ZipArchive(new MemoryStream(bundle));
        return
        [
            .. zip.Entries.Select(entry =>
            {
                using var reader = new StreamReader(entry.Open(), Encoding.Latin1);
                return (entry.FullName, reader.ReadToEnd());
            }),
        ];
    }

    /// <summary>The records of a bundle, line by line.</summary>
    public static string[] LinesOf(byte[] bundle) =>
        Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(Unzip(bundle)[1].Text)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Entries as an ordinary tool packs them.</summary>
    public static byte[] Zip(IEnumerable<(string Name, string Text)> entries, CompressionLevel level = CompressionLevel.NoCompression)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, text) in entries)
            {
                using var writer = new StreamWriter(zip.CreateEntry(name, level).Open(), Encoding.Latin1);
                writer.Write(text);
            }
        return bytes.ToArray();
    }

    /// <summary>The same bundle with other records, and a manifest that says what they are.</summary>
    public static Task<byte[]> WithLinesAsync(byte[] bundle, IEnumerable<string> lines)
    {
        var manifest = ManifestOf(bundle);
        var records = Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n")));
        manifest.Records = new() { Digest = ContentDigest.Of(records), Size = records.Length };
        return PackAsync(manifest, records, ContentsOf(bundle));
    }

    /// <summary>The same bundle without its last content, or with one more; the manifest says so.</summary>
    public static Task<byte[]> WithContentsAsync(byte[] bundle, Func<IEnumerable<byte[]>, IEnumerable<byte[]>> change)
    {
        byte[][] contents = [.. change(ContentsOf(bundle)).OrderBy(content => ContentDigest.Of(content).ToHex(), StringComparer.Ordinal)];
        var manifest = ManifestOf(bundle);
        manifest.Content = [.. contents.Select(content => new BundlePart { Digest = ContentDigest.Of(content), Size = content.Length })];
        return PackAsync(manifest, Encoding.Latin1.GetBytes(Unzip(bundle)[1].Text), contents);
    }

    /// <summary>The same bundle with another manifest, whose check sum is right.</summary>
    public static byte[] WithManifest(byte[] bundle, Func<string, string> change)
    {
        var before = Encoding.UTF8.GetBytes(Unzip(bundle)[0].Text);
        var after = Encoding.UTF8.GetBytes(change(Encoding.UTF8.GetString(before)));
        var rest = bundle[(BundleLayout.Header("manifest.json", before.Length, 0).Length + before.Length)..];
        return [.. BundleLayout.Header("manifest.json", after.Length, Crc32.Of(after)), .. after, .. rest];
    }

    public static byte[] Replace(byte[] bytes, string before, string after) =>
        Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(bytes).Replace(before, after, StringComparison.Ordinal));

    private static BundleManifest ManifestOf(byte[] bundle) =>
        BundleManifest.Decode(Encoding.Latin1.GetBytes(Unzip(bundle)[0].Text), "test");

    private static IEnumerable<byte[]> ContentsOf(byte[] bundle) =>
        Unzip(bundle).Skip(2).Select(entry => Encoding.Latin1.GetBytes(entry.Text));

    private static async Task<byte[]> PackAsync(BundleManifest manifest, byte[] records, IEnumerable<byte[]> contents)
    {
        using var bytes = new MemoryStream();
        var writer = new BundleWriter(bytes);
        await writer.WriteAsync(BundleLayout.ManifestName, manifest.Encode(), Token);
        await writer.WriteAsync(BundleLayout.RecordsName, records, Token);
        foreach (var content in contents)
        {
            var part = new BundlePart { Digest = ContentDigest.Of(content), Size = content.Length };
            await writer.WriteAsync(part, new MemoryStream(content), "test", Token);
        }
        await writer.EndAsync(Token);
        return bytes.ToArray();
    }
}
