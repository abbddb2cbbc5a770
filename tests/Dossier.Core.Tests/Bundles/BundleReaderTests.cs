using System.IO.Compression;
using System.Text;
using CsCheck;
using Dossier.Storage;
using static Dossier.Tests.Bundles.BundleBytes;

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
        ShouldBeRefusedAsync(Zip([("letter.txt", "Dear all,")]), "manifest.json", "*'letter.txt'*");

    [Fact]
    public async Task BundlePackedAgainCompressed_IsRefused()
    {
        var entries = Unzip(await MakeAsync());

        await ShouldBeRefusedAsync(Zip(entries, CompressionLevel.Optimal), "manifest.json", "*is expected at byte 0*");
    }

    [Fact]
    public async Task ChangedCheckSum_IsSaidOfTheEntryThatHasIt()
    {
        var bundle = await MakeAsync();
        var records = Encoding.Latin1.GetString(bundle).IndexOf("records.jsonl", StringComparison.Ordinal) - BundleLayout.HeaderSize;
        bundle[records + 14] ^= 1;

        await ShouldBeRefusedAsync(
            bundle,
            "records.jsonl",
            $"*'records.jsonl' at byte {records} is not as it was written: its check sum, size or flags differ. Nothing*"
        );
    }

    [Fact]
    public async Task ChangedCheckSumBehindContent_IsSaidOfItsEntry()
    {
        var bundle = await MakeAsync();
        var first = Unzip(bundle)[2].Name;
        var descriptor = Encoding.Latin1.GetString(bundle).IndexOf("PK\u0007\u0008", StringComparison.Ordinal);
        bundle[descriptor + 4] ^= 1;

        await ShouldBeRefusedAsync(
            bundle,
            first,
            $"*is not as it was written: the check sum or the size behind it, at byte {descriptor}, differs. Nothing*"
        );
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
    public async Task ContentThatTheManifestDoesNotName_IsRefusedByItsName()
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

        await ShouldBeRefusedAsync(without, "manifest.json", $"*does not name the entry '{last}'*");
    }

    [Fact]
    public async Task ContentThatIsLeftOut_IsRefusedByItsName()
    {
        var bundle = await MakeAsync();
        var entries = Unzip(bundle);
        var (name, text) = entries[^2];
        var size = Entry(name, text).Length;
        var at = Encoding.Latin1.GetString(bundle).IndexOf(Encoding.Latin1.GetString(Entry(name, text)), StringComparison.Ordinal);

        byte[] without = [.. bundle[..at], .. bundle[(at + size)..]];

        await ShouldBeRefusedAsync(without, name, $"*is expected at byte *; found: the entry '{entries[^1].Name}'. Nothing*");
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("/etc/passwd")]
    [InlineData("content/../../x")]
    [InlineData("content\\x")]
    public async Task AnotherEntry_IsRefusedByItsName(string path)
    {
        var bundle = await MakeAsync();
        var directory = Encoding.Latin1.GetString(bundle).IndexOf("PK\u0001\u0002", StringComparison.Ordinal);

        await ShouldBeRefusedAsync(
            [.. bundle[..directory], .. Entry(path, "x"), .. bundle[directory..]],
            "manifest.json",
            $"*does not name the entry '{path}', which is there*"
        );
    }

    [Fact]
    public async Task ZipBomb_IsRefusedByWhatItIs()
    {
        var bundle = Zip([("manifest.json", new string('0', 16 << 20))], CompressionLevel.SmallestSize);

        bundle.Length.Should().BeLessThan(1 << 16);
        await ShouldBeRefusedAsync(bundle, "manifest.json", "*is compressed (method 8)*");
    }

    [Theory]
    [InlineData("\"size\":11", "\"size\":9223372036854775807", "content/*")]
    [InlineData("\"size\":11", "\"size\":-1", "manifest.json")]
    [InlineData("},\"content\"", "0},\"content\"", "records.jsonl")]
    public async Task SizeThatTheFileDoesNotHave_IsRefusedBeforeItIsRead(string before, string after, string entry)
    {
        var bundle = await MakeAsync();

        var larger = WithManifest(bundle, manifest => manifest.Replace(before, after, StringComparison.Ordinal));

        (await RefuseAsync(larger)).Entry.Should().Match(entry);
    }

    [Fact]
    public async Task MoreContentsThanTheFileHas_AreRefusedWhereTheFirstShouldBe()
    {
        var parts = Enumerable.Range(0, 100_000).Select(i => $"{{\"digest\":\"sha256:{i:x64}\",\"size\":9000000000}}");

        var bundle = WithManifest(
            await MakeAsync(),
            manifest => manifest[..(manifest.IndexOf("\"content\":[", StringComparison.Ordinal) + 11)] + string.Join(',', parts) + "]}"
        );

        (await RefuseAsync(bundle)).Entry.Should().Be($"content/{0:x64}");
    }

    [Fact]
    public async Task ContentThatIsNamedTwice_IsRefused()
    {
        var bundle = WithManifest(
            await MakeAsync(),
            manifest =>
            {
                var at = manifest.LastIndexOf(",{\"digest\"", StringComparison.Ordinal);
                return manifest[..^2] + manifest[at..];
            }
        );

        await ShouldBeRefusedAsync(bundle, "manifest.json", "*twice, or not in order*");
    }

    [Fact]
    public async Task WrongCounts_AreRefused()
    {
        var bundle = WithManifest(
            await MakeAsync(),
            manifest => manifest.Replace("\"artifacts\":2", "\"artifacts\":3", StringComparison.Ordinal)
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
    public async Task StreamThatCannotBeSoughtIn_IsWrittenTo()
    {
        await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);
        await using var session = await FillAsync(store, "Some notes.");
        using var packed = new MemoryStream();

        await using (var deflate = new DeflateStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            await session.ExportAsync(deflate, cancellationToken: Token);

        packed.Position = 0;
        using var bundle = new MemoryStream();
        await using var inflate = new DeflateStream(packed, CompressionMode.Decompress);
        await inflate.CopyToAsync(bundle, Token);
        bundle.ToArray().Should().Equal(await ExportAsync(session));
    }

    [Fact]
    public async Task StreamThatIsNotAtItsBeginning_IsReadFromWhereItIs()
    {
        await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);
        using var stream = new MemoryStream([1, 2, 3, .. await MakeAsync()]) { Position = 3 };

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
            return store.CountSessionsAsync().GetAwaiter().GetResult() == 0 && !storage.Contents.ListAsync().ToBlockingEnumerable().Any();
        }
    }

    private static async Task ShouldBeRefusedAsync(byte[] bundle, string? entry, string message)
    {
        var exception = await RefuseAsync(bundle);

        exception.Message.Should().Match(message);
        exception.Entry.Should().Be(entry);
    }

    private static async Task<BundleException> RefuseAsync(byte[] bundle)
    {
        await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);

        var import = async () => await store.ImportAsync(new MemoryStream(bundle), cancellationToken: Token);

        var exception = (await import.Should().ThrowAsync<BundleException>()).Which;
        (await store.CountSessionsAsync(cancellationToken: Token)).Should().Be(0);
        (await store.Services.Storage.Contents.ListAsync(Token).CountAsync(Token)).Should().Be(0);
        return exception;
    }

    /// <summary>An entry as bundles have content, with its header and its descriptor.</summary>
    private static byte[] Entry(string name, string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        return [.. BundleLayout.Header(name, bytes.Length, crc: null), .. bytes, .. BundleLayout.Descriptor(bytes.Length, Crc32.Of(bytes))];
    }

    private static byte[] Deflate(byte[] bytes)
    {
        using var result = new MemoryStream();
        using (var deflate = new DeflateStream(result, CompressionLevel.Fastest, leaveOpen: true))
            deflate.Write(bytes);
        return result.ToArray();
    }
}
