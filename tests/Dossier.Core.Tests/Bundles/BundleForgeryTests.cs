using System.Text.Json.Nodes;
using CsCheck;
using Dossier.Storage;
using static Dossier.Tests.Bundles.BundleBytes;

namespace Dossier.Tests.Bundles;

/// <summary>Bundles whose check sums and digests are right, and that no store has written.</summary>
public sealed class BundleForgeryTests
{
    private static readonly string[] Values =
    [
        "null",
        "[null]",
        "[]",
        "{}",
        "true",
        "0",
        "-1",
        "0.5",
        "1e300",
        "2147483647",
        "9223372036854775807",
        "\"\"",
        "\"../x\"",
        "\"\\u0000\"",
        "\"9999-12-31T23:59:59.9999999Z\"",
        "\"sha256:0000000000000000000000000000000000000000000000000000000000000000\"",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("\"name\":\"notes\"", "\"name\":\"no\\ntes\"", "*name or version*")]
    [InlineData("\"name\":\"notes\",\"version\":1,", "\"name\":\"notes\",\"version\":2147483647,", "*name or version*")]
    [InlineData("{\"artifact\":{\"sessionId\":\"talk\"", "{\"artifact\":{\"sessionId\":\"other\"", "*of session 'other'*")]
    [InlineData("\"role\":\"user\"", "\"role\":\"system\"", "*another hash than it makes*")]
    [InlineData("{\"spent\":{", "{\"spent\":{\"cost\":-1,", "*spent less than nothing*")]
    [InlineData("\"provider\":\"scripted\"", "\"provider\":\"scripted\",\"outcome\":\"inProgress\"", "*which has not ended*")]
    [InlineData("\"attempts\":[]", "\"attempts\":[null]", "*cannot be read as the record of a kind 'response'*")]
    [InlineData("\"head\":\"1.2\"", "\"head\":\"1.3\"", "*no message 1.3*")]
    [InlineData("\"sequence\":1,", "\"sequence\":9223372036854775807,", "*out of order*")]
    public async Task RecordsThatDoNotFit_AreRefused(string before, string after, string message)
    {
        var bundle = await MakeAsync();
        var lines = LinesOf(bundle);

        string[] changed = [.. lines.Select(line => line.Replace(before, after, StringComparison.Ordinal))];

        changed.Should().NotEqual(lines);
        await ShouldBeRefusedAsync(await WithLinesAsync(bundle, changed), "records.jsonl", message);
    }

    [Fact]
    public async Task AnyChangedValue_IsRefusedOrImportedWhole()
    {
        var bundle = await MakeAsync();
        var lines = LinesOf(bundle);

        // All places with all values, so that nothing is left to luck.
        var imported = new HashSet<bool>();
        for (var number = 0; number < lines.Length; number++)
        for (var place = 0; place < PlacesOf(JsonNode.Parse(lines[number])!).Count(); place++)
            foreach (var value in Values)
                imported.Add(
                    await IsImportedWholeAsync(bundle, [.. lines[..number], Changed(lines[number], place, value), .. lines[(number + 1)..]])
                );

        imported.Should().HaveCount(2, "some of them say something else that is possible");
    }

    [Fact]
    public async Task AnyLineThatIsMovedDoubledOrLeftOut_IsRefused()
    {
        var bundle = await MakeAsync();
        var lines = LinesOf(bundle);

        await Gen.Select(Gen.Int[0, lines.Length - 1], Gen.Int[0, lines.Length - 1])
            .Where((from, to) => from != to)
            .SampleAsync(
                async (from, to) =>
                {
                    List<string> moved = [.. lines];
                    moved.RemoveAt(from);
                    await ShouldBeRefusedAsync(await WithLinesAsync(bundle, moved), "records.jsonl", "*");
                    moved.Insert(to, lines[from]);
                    await ShouldBeRefusedAsync(await WithLinesAsync(bundle, moved), "records.jsonl", "*");
                    await ShouldBeRefusedAsync(await WithLinesAsync(bundle, [.. lines, lines[from]]), "records.jsonl", "*");
                },
                iter: 200
            );
    }

    [Fact]
    public async Task ContentThatARecordNamesAndIsNotThere_IsRefusedByItsName()
    {
        var bundle = await MakeAsync();
        var last = Unzip(bundle)[^1].Name;

        await ShouldBeRefusedAsync(
            await WithContentsAsync(bundle, contents => contents.SkipLast(1)),
            last,
            "*is named by a record and is not there*"
        );
    }

    [Fact]
    public async Task ContentThatNoRecordNames_IsRefusedByItsName()
    {
        var bundle = await MakeAsync();
        var name = "content/" + ContentDigest.Of("extra"u8).ToHex();

        await ShouldBeRefusedAsync(
            await WithContentsAsync(bundle, contents => contents.Append("extra"u8.ToArray())),
            name,
            "*is named by no record*"
        );
    }

    /// <summary>Whether it was imported, and then can be read, written to, exported and imported again.</summary>
    private static async Task<bool> IsImportedWholeAsync(byte[] bundle, string[] lines)
    {
        await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);
        await using var other = new SessionStore(new MemoryStorage(), ownsStorage: true);
        try
        {
            var changed = await WithLinesAsync(bundle, lines);
            var info = await store.ImportAsync(new MemoryStream(changed), cancellationToken: Token);
            await using var session = await store.OpenAsync(new() { SessionId = info.Id, OpenMode = OpenMode.Open }, Token);
            await session.GetSummaryAsync(Token);
            await session.StoreArtifactAsync("notes", "more", cancellationToken: Token);
            await other.ImportAsync(new MemoryStream(await ExportAsync(session)), cancellationToken: Token);
            return true;
        }
        catch (BundleException)
        {
            (await store.CountSessionsAsync(cancellationToken: Token)).Should().Be(0);
            return false;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException(string.Join('\n', lines), e);
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

    private static string Changed(string line, int place, string value)
    {
        var root = JsonNode.Parse(line)!;
        PlacesOf(root).ElementAt(place)(JsonNode.Parse(value));
        return root.ToJsonString();
    }

    /// <summary>Each place in it where a value is, to put another one there.</summary>
    private static IEnumerable<Action<JsonNode?>> PlacesOf(JsonNode? node) =>
        node switch
        {
            JsonObject it => it.ToList().SelectMany(member => PlacesOf(member.Value).Prepend(value => it[member.Key] = value)),
            JsonArray it => it.Index().ToList().SelectMany(item => PlacesOf(item.Item).Prepend(value => it[item.Index] = value)),
            _ => [],
        };
}
