using Dossier.Storage;
using static Dossier.Tests.Bundles.BundleBytes;

namespace Dossier.Tests.Bundles;

/// <summary>What would not be read is not written, and what is larger than is written is not read.</summary>
public sealed class BundleLimitsTests
{
    public static readonly TheoryData<string, string> All = new()
    {
        { "manifest", "manifest.json" },
        { "records", "records.jsonl" },
        { "message", "content/*" },
    };

    [Theory]
    [MemberData(nameof(All))]
    public async Task LargerSession_IsNotExported(string what, string entry)
    {
        await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);
        await using var session = await FillAsync(store, "Some notes.");

        var export = async () => await ExportAsync(session, new() { Limits = LimitsOf(what) });

        var exception = (await export.Should().ThrowAsync<BundleException>().WithMessage("*at most 5 are read*ForkAsync*")).Which;
        exception.Entry.Should().Match(entry);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task LargerBundle_IsRefused(string what, string entry)
    {
        using var bundle = new MemoryStream(await MakeAsync());

        var read = async () => await new BundleReader(bundle, "test", LimitsOf(what)).ReadAsync(TestContext.Current.CancellationToken);

        var exception = (await read.Should().ThrowAsync<BundleException>().WithMessage("*at most 5 are read*Nothing was imported*")).Which;
        exception.Entry.Should().Match(entry);
    }

    private static BundleLimits LimitsOf(string what) =>
        what switch
        {
            "manifest" => new() { Manifest = 5 },
            "records" => new() { Records = 5 },
            _ => new() { Message = 5 },
        };
}
