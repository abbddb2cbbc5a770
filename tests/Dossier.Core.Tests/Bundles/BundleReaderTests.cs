using System.IO.Compression;
using System.Text;
using CsCheck;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Bundles;

/// <summary>What is not a bundle as it was written is refused by name, and nothing of it is imported.</summary>
public sealed class BundleReaderTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnyChangedByte_IsRefused()
    {
        var bundle = await MakeAsync();

        // 1 to 255, so that the byte is another one.
        Gen.Select(Gen.Int[0, bundle.Length - 1], Gen.Byte[1, 255])
            .Sample(
                (at, change) =>
                {
                    var changed = bundle.ToArray();
                    changed[at] ^= change;
                    return IsRefused(changed);
                },
                iter: 2_000
            );
    }

    [Fact]
    public async Task EveryFlippedBit_OfWhatIsNoContent_IsRefused()
    {
        var bundle = await MakeAsync(content: "x");

        for (var at = 0; at < bundle.Length; at++)
        {
            var changed = bundle.ToArray();
            changed[at] ^= (byte)(1 << (at % 8));
            IsRefused(changed).Should().BeTrue($"byte {at} is another one");
        }
    }

    [Fact]
    public async Task CutOffAnywhere_IsRefused()
    {
        var bundle = await MakeAsync();

        Gen.Int[0, bundle.Length - 1].Sample(length => IsRefused(bundle[..length]), iter: 500);
    }

    [Fact]
    public async Task LongerThanItSays_IsRefused() =>
        await ShouldBeRefusedAsync([.. await MakeAsync(), 0], null, "*larger than its manifest says*");

    [Theory]
    [InlineData("")]
    [InlineData("PK")]
    [InlineData("This is a letter, which is longer than the header of an entry.")]
    public Task NoZipFile_IsRefused(string text) => ShouldBeRefusedAsync(Encoding.UTF8.GetBytes(text), null, "*is not a zip file*");

    [Fact]
    public Task ZipFileOfSomethingElse_IsRefused() =>
        ShouldBeRefusedAsync(Zip(("letter.txt", "Dear all,")), "manifest.json", "*'letter.txt'*");

    [Fact]
    public async Task BundlePackedAgainCompressed_IsRefused()
    {
        var entries = Unzip(await MakeAsync());

        await ShouldBeRefusedAsync(Zip([.. entries], CompressionLevel.Optimal), "manifest.json", "*is expected at byte 0*");
    }

    [Fact]
    public async Task NewerVersion_IsRefusedByItsNumber()
    {
        var bundle = WithManifest(
            await MakeAsync(),
            manifest => manifest.Replace("\"version\":1", "\"version\":2", StringComparison.Ordinal)
        );

        await ShouldBeRefusedAsync(bundle, "manifest.json", "*of version 2*Update Dossier*");
    }

    [Fact]
    public async Task PathOutOfTheBundle_IsRefusedByItsName()
    {
        var bundle = await MakeAsync();
        var name = Unzip(bundle)[2].Name;
        var path = "../x".PadRight(name.Length, 'x');

        await ShouldBeRefusedAsync(Replace(bundle, name, path), name, "*'../x*");
    }

    [Fact]
    public async Task MissingContent_IsRefusedByItsName()
    {
        var bundle = await MakeAsync();
        var last = Unzip(bundle)[^1].Name;

        var without = WithManifest(
            bundle,
            manifest =>
            {
                var at = manifest.LastIndexOf(",{\"digest\"", StringComparison.Ordinal);
                return manifest[..at] + "]}";
            }
        );

        await ShouldBeRefusedAsync(without, null, "*larger than its manifest says*");
        last.Should().StartWith("content/");
    }

    [Fact]
    public async Task WrongCounts_AreRefused()
    {
        var bundle = WithManifest(
            await MakeAsync(),
            manifest => manifest.Replace("\"artifacts\":1", "\"artifacts\":2", StringComparison.Ordinal)
        );

        await ShouldBeRefusedAsync(bundle, "records.jsonl", "*other numbers of records*");
    }

    [Fact]
    public async Task OrdinaryTools_ReadABundle()
    {
        var bundle = await MakeAsync();

        var entries = Unzip(bundle);

        entries.Select(entry => entry.Name).Should().StartWith(["manifest.json", "records.jsonl"]);
        entries
            .Skip(2)
            .Should()
            .AllSatisfy(entry => entry.Name.Should().Be("content/" + ContentDigest.Of(Encoding.Latin1.GetBytes(entry.Text)).ToHex()));
    }

    [Fact]
    public async Task StreamThatCannotBeSoughtIn_IsImported()
    {
        await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);
        await using var stream = new DeflateStream(new MemoryStream(Deflate(await MakeAsync())), CompressionMode.Decompress);

        (await store.ImportAsync(stream, cancellationToken: Token)).Id.Should().Be("talk");
    }

    [Fact]
    public async Task DigestsOnly_HasNoContentAndIsNotImported()
    {
        await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);
        await using var session = await FillAsync(store, "The secret recipe.");
        using var bundle = new MemoryStream();

        await session.ExportAsync(bundle, new() { Content = BundleContent.DigestsOnly }, Token);

        Encoding.UTF8.GetString(bundle.ToArray()).Should().NotContain("secret recipe").And.NotContain("Hello");
        await ShouldBeRefusedAsync(bundle.ToArray(), "manifest.json", "*without its content*");
    }

    private static bool IsRefused(byte[] bundle)
    {
        var storage = new MemoryStorage();
        using var store = new SessionStore(storage);
        try
        {
            store.ImportAsync(new MemoryStream(bundle)).GetAwaiter().GetResult();
            return false;
        }
        catch (BundleException)
        {
            return store.CountSessionsAsync().GetAwaiter().GetResult() == 0;
        }
    }

    private static async Task ShouldBeRefusedAsync(byte[] bundle, string? entry, string message)
    {
        await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);

        var import = async () => await store.ImportAsync(new MemoryStream(bundle), cancellationToken: Token);

        (await import.Should().ThrowAsync<BundleException>().WithMessage(message)).Which.Entry.Should().Be(entry);
        (await store.CountSessionsAsync(cancellationToken: Token)).Should().Be(0);
        (await store.Services.Storage.Contents.ListAsync(Token).CountAsync(Token)).Should().Be(0);
    }

    private static async Task<byte[]> MakeAsync(string content = "Some notes.")
    {
        await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);
        await using var session = await FillAsync(store, content);
        using var bundle = new MemoryStream();
        await session.ExportAsync(bundle, cancellationToken: Token);
        return bundle.ToArray();
    }

    private static async Task<Session> FillAsync(SessionStore store, string content)
    {
        var session = await store.OpenAsync(new() { SessionId = "talk" }, Token);
        await session.StoreArtifactAsync("notes", content, cancellationToken: Token);
        await session
            .Conversation()
            .AsChatClient(session.Track(ScriptedChatClient.Answering("Hello"), "scripted/script-1"))
            .GetResponseAsync("Hi", cancellationToken: Token);
        return session;
    }

    /// <summary>The same bundle with another manifest, whose check sum is right.</summary>
    private static byte[] WithManifest(byte[] bundle, Func<string, string> change)
    {
        var before = Encoding.UTF8.GetBytes(Unzip(bundle)[0].Text);
        var after = Encoding.UTF8.GetBytes(change(Encoding.UTF8.GetString(before)));
        var rest = bundle[(BundleLayout.Header("manifest.json", before.Length, 0).Length + before.Length)..];
        return [.. BundleLayout.Header("manifest.json", after.Length, Crc32.Of(after)), .. after, .. rest];
    }

    private static byte[] Replace(byte[] bytes, string before, string after) =>
        Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(bytes).Replace(before, after, StringComparison.Ordinal));

    private static List<(string Name, string Text)> Unzip(byte[] bundle)
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

    private static byte[] Zip(params (string Name, string Text)[] entries) => Zip(entries, CompressionLevel.NoCompression);

    private static byte[] Zip((string Name, string Text)[] entries, CompressionLevel level)
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

    private static byte[] Deflate(byte[] bytes)
    {
        using var result = new MemoryStream();
        using (var deflate = new DeflateStream(result, CompressionLevel.Fastest, leaveOpen: true))
            deflate.Write(bytes);
        return result.ToArray();
    }
}
