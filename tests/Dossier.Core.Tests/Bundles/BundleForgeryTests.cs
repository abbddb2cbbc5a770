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
    [InlineData("\"resultArtifact\":\"", "\"resultArtifact\":\"../", "*which is no artifact of it*")]
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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AnyDigestThatIsMadeOneOfSomebodyElse_GivesNothingOfTheirs(bool isScoped)
    {
        const string Secret = "47110815"; // as a step's result could be
        await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);
        await using var ada = await store.ForOwner("ada").OpenAsync(new() { SessionId = "ada" }, Token);
        var secret = await ada.StoreArtifactAsync("secret", Secret, cancellationToken: Token);
        await using var memory = new SessionStore(new MemoryStorage(), ownsStorage: true);
        await using var session = await FillAsync(memory.ForOwner("eve"), "Some notes.");
        var bundle = await ExportAsync(session);
        var lines = LinesOf(bundle);
        var forged = new List<string>();

        for (var number = 1; number < lines.Length; number++)
        for (var place = 0; place < PlacesOf(JsonNode.Parse(lines[number])!).Count(); place++)
        {
            var line = Changed(lines[number], place, $"\"{secret.Record.Digest}\"");
            var changed = await WithLinesAsync(bundle, [.. lines[..number], line, .. lines[(number + 1)..]]);
            var id = $"of-eve-{forged.Count}";
            try
            {
                await (isScoped ? store.ForOwner("eve") : store).ImportAsync(new MemoryStream(changed), new() { SessionId = id }, Token);
                forged.Add(id);
            }
            catch (DossierException e) when (e is BundleException or ConflictException) { }
        }

        forged.Should().NotBeEmpty("names may be anything");
        foreach (var id in forged)
        {
            var view = store.ForOwner("eve");
            await using var read = await view.OpenAsync(new() { SessionId = id, OpenMode = OpenMode.Open }, Token);
            var texts = await TextsOfAsync(read);
            texts.Should().NotContain(Secret);
            (await view.Services.Storage.Records.GetContentAsync(secret.Record.Digest, Token)).Should().BeNull();
            (await view.Services.Storage.Contents.ListAsync(Token).ToListAsync(Token)).Should().NotContain(secret.Record.Digest);
        }
    }

    /// <summary>All that a session says of its content, as far as it can be read.</summary>
    private static async Task<List<string>> TextsOfAsync(Session session)
    {
        var texts = new List<string>();
        await foreach (var artifact in session.ListArtifactsAsync(cancellationToken: Token))
            await AddAsync(async () => await artifact.ReadTextAsync(Token));
        await foreach (var response in session.Responses.ListAsync(cancellationToken: Token))
        {
            await AddAsync(async () => string.Concat(await session.Responses.ReadMessagesAsync(response, Token)));
            await AddAsync(async () => string.Concat(await session.Responses.ReadRequestAsync(response, Token)));
            await AddAsync(async () => (await session.Responses.ReadOptionsAsync(response, Token)).ToString());
        }
        await foreach (var step in session.Steps.ListAsync(cancellationToken: Token))
        foreach (var input in step.Inputs.Where(input => input.ArtifactId is null))
            await AddAsync(async () => (await session.Steps.ReadInputAsync(input, Token)).ToString());
        await AddAsync(async () =>
            (await session.Steps.RunAsync("length", ["first"], _ => Task.FromResult(6), null, Token)).Value.ToString()
        );
        await AddAsync(async () =>
            string.Concat(await session.Conversation().ReadAsync(cancellationToken: Token).Select(it => it.Text).ToListAsync(Token))
        );
        return texts;

        async Task AddAsync(Func<Task<string?>> read)
        {
            try
            {
                texts.Add(await read() ?? "");
            }
            catch (DossierException) { }
        }
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
