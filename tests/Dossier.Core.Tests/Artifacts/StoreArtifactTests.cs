using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dossier.Conformance;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Artifacts;

public sealed partial class StoreArtifactTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Text_IsKeptAsUtf8Text()
    {
        await using var test = await TestSession.OpenAsync();

        var artifact = await test.Session.StoreArtifactAsync("note", "Grüße 👋", "markdown", cancellationToken: Token);

        artifact.ContentType.Should().Be("text/markdown");
        artifact.Size.Should().Be(Encoding.UTF8.GetByteCount("Grüße 👋"));
        artifact.Digest.Should().Be(Dossier.Storage.ContentDigest.Of(Encoding.UTF8.GetBytes("Grüße 👋")));
        (await artifact.ReadTextAsync(Token)).Should().Be("Grüße 👋");
    }

    [Fact]
    public async Task Bytes_AreKeptAsTheyAre()
    {
        await using var test = await TestSession.OpenAsync();
        byte[] bytes = [0, 255, 1, 254];

        var artifact = await test.Session.StoreArtifactAsync("raw", bytes, cancellationToken: Token);

        artifact.ContentType.Should().Be("application/octet-stream");
        (await artifact.ReadBytesAsync(Token)).Should().Equal(bytes);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(200_000)]
    public async Task Stream_IsKeptAsItIs(int size)
    {
        await using var test = await TestSession.OpenAsync();
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);

        var artifact = await test.Session.StoreArtifactAsync("file", new MemoryStream(bytes), "pdf", cancellationToken: Token);

        artifact.ContentType.Should().Be("application/pdf");
        artifact.Size.Should().Be(size);
        await using var read = await artifact.OpenReadAsync(Token);
        using var copy = new MemoryStream();
        await read.CopyToAsync(copy, Token);
        copy.ToArray().Should().Equal(bytes);
    }

    [Fact]
    public async Task Object_IsKeptAsJsonAndReadBack()
    {
        await using var test = await TestSession.OpenAsync();
        var weather = new Weather("Bern", 21.5m, ["sunny", "dry"]);

        var artifact = await test.Session.StoreArtifactAsync("weather", weather, cancellationToken: Token);

        artifact.ContentType.Should().Be("application/json");
        (await artifact.ReadTextAsync(Token)).Should().Be("""{"city":"Bern","degrees":21.5,"words":["sunny","dry"]}""");
        (await artifact.ReadAsync<Weather>(Token)).Should().BeEquivalentTo(weather);
    }

    [Fact]
    public async Task ObjectWithTypeInfo_IsKeptAsThatSays()
    {
        await using var test = await TestSession.OpenAsync();

        var artifact = await test.Session.StoreArtifactAsync(
            "weather",
            new Weather("Bern", 1, []),
            WeatherJson.Default.Weather,
            cancellationToken: Token
        );

        (await artifact.ReadTextAsync(Token)).Should().Be("""{"City":"Bern","Degrees":1,"Words":[]}""");
        (await artifact.ReadAsync(WeatherJson.Default.Weather, Token))!.City.Should().Be("Bern");
    }

    [Fact]
    public async Task ObjectThatCannotBeSerialised_IsRefusedAndNothingIsStored()
    {
        await using var test = await TestSession.OpenAsync();

        var act = () => test.Session.StoreArtifactAsync("job", new { Run = (Action)(() => { }) }, cancellationToken: Token);

        (await act.Should().ThrowAsync<ArgumentException>())
            .Which.Message.Should()
            .Contain("'job'")
            .And.Contain("Store an object of plain properties");
        (await test.Session.ListArtifactsAsync(cancellationToken: Token).CountAsync(Token)).Should().Be(0);
    }

    [Fact]
    public async Task TaskThatWasNotAwaited_IsRefused()
    {
        await using var test = await TestSession.OpenAsync();

        var task = () => test.Session.StoreArtifactAsync("text", Task.FromResult("text"), cancellationToken: Token);
        var valueTask = () => test.Session.StoreArtifactAsync("text", new ValueTask<string>("text"), cancellationToken: Token);

        (await task.Should().ThrowAsync<ArgumentException>()).Which.Message.Should().Contain("Await it");
        (await valueTask.Should().ThrowAsync<ArgumentException>()).Which.Message.Should().Contain("Await it");
    }

    [Fact]
    public async Task CycleAndNotANumber_AreRefusedInAFewWords()
    {
        await using var test = await TestSession.OpenAsync();
        var node = new Node();
        node.Next = node;

        var cycle = () => test.Session.StoreArtifactAsync("node", node, cancellationToken: Token);
        var number = () => test.Session.StoreArtifactAsync("number", new { Value = double.NaN }, cancellationToken: Token);

        (await cycle.Should().ThrowAsync<ArgumentException>()).Which.Message.Length.Should().BeLessThan(400);
        (await number.Should().ThrowAsync<ArgumentException>()).Which.Message.Should().Contain("'number'");
    }

    [Fact]
    public async Task VariableOfTypeObject_IsStoredAsWhatItHolds()
    {
        await using var test = await TestSession.OpenAsync();

        var text = await test.Session.StoreArtifactAsync<object>("text", "plain", cancellationToken: Token);
        var bytes = await test.Session.StoreArtifactAsync<object>("bytes", new byte[] { 1, 2 }, cancellationToken: Token);
        var stream = await test.Session.StoreArtifactAsync<object>("stream", new MemoryStream([1, 2, 3]), cancellationToken: Token);

        (await text.ReadTextAsync(Token)).Should().Be("plain");
        bytes.Size.Should().Be(2);
        stream.Size.Should().Be(3);
    }

    [Fact]
    public async Task JsonThatIsNotOfThatType_SaysSo()
    {
        await using var test = await TestSession.OpenAsync();
        var artifact = await test.Session.StoreArtifactAsync("list", "[1,2]", "json", cancellationToken: Token);

        var act = () => artifact.ReadAsync<Weather>(Token);

        (await act.Should().ThrowAsync<DossierException>()).Which.Message.Should().Contain("'list'").And.Contain("Weather");
    }

    [Theory]
    [InlineData(100)]
    [InlineData(500_000)]
    public async Task StreamThatThrowsInTheMiddle_PassesThroughAndNothingIsStored(int after)
    {
        await using var test = await TestSession.OpenAsync();

        var act = () => test.Session.StoreArtifactAsync("file", new FailingStream(after), cancellationToken: Token);

        await act.Should().ThrowAsync<IOException>().WithMessage(FailingStream.Message);
        (await test.Session.FindArtifactAsync("file", cancellationToken: Token)).Should().BeNull();
        (await test.Storage.Contents.ListAsync(Token).CountAsync(Token)).Should().Be(0);
    }

    [Fact]
    public async Task RepeatedName_MakesTheNextVersion()
    {
        await using var test = await TestSession.OpenAsync();

        var first = await test.Session.StoreArtifactAsync("draft", "one", cancellationToken: Token);
        var second = await test.Session.StoreArtifactAsync("draft", "two", cancellationToken: Token);

        first.Version.Should().Be(1);
        second.Version.Should().Be(2);
        (await (await test.Session.FindArtifactAsync("draft", cancellationToken: Token))!.ReadTextAsync(Token)).Should().Be("two");
        (await (await test.Session.FindArtifactAsync("draft", 1, Token))!.ReadTextAsync(Token)).Should().Be("one");
        (await test.Session.FindArtifactAsync("draft", 3, Token)).Should().BeNull();
        (await test.Session.FindArtifactAsync("other", cancellationToken: Token)).Should().BeNull();
    }

    [Fact]
    public async Task UnknownId_IsNotFound()
    {
        await using var test = await TestSession.OpenAsync();

        var act = () => test.Session.GetArtifactAsync("../secret", Token);

        (await act.Should().ThrowAsync<NotFoundException>()).Which.Message.Should().Contain("FindArtifactAsync");
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("a\nb")]
    public async Task NameThatIsNoText_IsRefused(string name)
    {
        await using var test = await TestSession.OpenAsync();

        var act = () => test.Session.StoreArtifactAsync(name, "x", cancellationToken: Token);

        await act.Should().ThrowAsync<ArgumentException>();
    }

    [Fact]
    public async Task NameWithHalfASurrogatePair_IsRefused()
    {
        await using var test = await TestSession.OpenAsync();

        var act = () => test.Session.StoreArtifactAsync("half \ud83d", "x", cancellationToken: Token);

        await act.Should().ThrowAsync<ArgumentException>();
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("C:\\x")]
    [InlineData("'; drop table artifacts; --")]
    [InlineData("👋 a*b?[c]%_")]
    public async Task Name_IsDataAndNeverAPath(string name)
    {
        await using var test = await TestSession.OpenAsync();

        await test.Session.StoreArtifactAsync(name, "x", cancellationToken: Token);

        (await test.Session.FindArtifactAsync(name, cancellationToken: Token))!.Name.Should().Be(name);
    }

    [Fact]
    public async Task MemoryStreamOfTheCaller_IsReadFromItsPosition()
    {
        await using var test = await TestSession.OpenAsync();
        var stream = new MemoryStream([1, 2, 3, 4]) { Position = 1 };

        var artifact = await test.Session.StoreArtifactAsync("rest", stream, cancellationToken: Token);

        (await artifact.ReadBytesAsync(Token)).Should().Equal(2, 3, 4);
        stream.Position.Should().Be(4);
    }

    [Fact]
    public async Task WildcardAsAContentType_IsRefused()
    {
        await using var test = await TestSession.OpenAsync();

        var act = () => test.Session.StoreArtifactAsync("x", "x", "image/*", cancellationToken: Token);

        await act.Should().ThrowAsync<ArgumentException>();
    }

    [Theory]
    [InlineData("jsn")]
    [InlineData("text")]
    [InlineData("Text/Plain; charset=utf-8")]
    public async Task ContentType_IsAMimeTypeOrAShortName(string contentType)
    {
        await using var test = await TestSession.OpenAsync();

        var act = () => test.Session.StoreArtifactAsync("x", "x", contentType, cancellationToken: Token);

        if (contentType == "jsn")
            (await act.Should().ThrowAsync<ArgumentException>()).Which.Message.Should().Contain("'jsn'").And.Contain("json");
        else
            (await act()).ContentType.Should().StartWith("text/plain");
    }

    [Fact]
    public async Task Metadata_KeepsItsTypes()
    {
        await using var test = await TestSession.OpenAsync();
        var metadata = new Dictionary<string, object?>
        {
            ["text"] = "a+b",
            ["count"] = 3,
            ["share"] = 0.5,
            ["price"] = 0.10m,
            ["done"] = true,
            ["none"] = null,
            ["when"] = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(1)),
            ["nested"] = new System.Text.Json.Nodes.JsonObject { ["a"] = 1 },
        };

        var stored = await test.Session.StoreArtifactAsync("x", "x", metadata: metadata, cancellationToken: Token);
        var read = (await test.Session.GetArtifactAsync(stored.Id, Token)).Metadata;

        read["text"].GetString().Should().Be("a+b");
        read["count"].GetInt32().Should().Be(3);
        read["share"].GetDouble().Should().Be(0.5);
        read["price"].GetRawText().Should().Be("0.10");
        read["done"].GetBoolean().Should().BeTrue();
        read["none"].ValueKind.Should().Be(JsonValueKind.Null);
        read["when"].GetDateTimeOffset().Should().Be((DateTimeOffset)metadata["when"]!);
        read["nested"].GetProperty("a").GetInt32().Should().Be(1);
    }

    [Fact]
    public async Task MetadataWithoutAJsonForm_IsRefused()
    {
        await using var test = await TestSession.OpenAsync();
        var metadata = new Dictionary<string, object?> { ["session"] = test.Session };

        var act = () => test.Session.StoreArtifactAsync("x", "x", metadata: metadata, cancellationToken: Token);

        (await act.Should().ThrowAsync<ArgumentException>()).Which.Message.Should().Contain("'session'").And.Contain("Dossier.Session");
    }

    [Fact]
    public async Task SecretsInText_AreMaskedAndCounted()
    {
        await using var test = await TestSession.OpenAsync();
        var config = new { Endpoint = "https://example.com", ApiKey = TestSession.Key };

        var artifact = await test.Session.StoreArtifactAsync(
            "config",
            config,
            metadata: new Dictionary<string, object?> { ["from"] = $"env {TestSession.Key}" },
            cancellationToken: Token
        );

        (await artifact.ReadTextAsync(Token)).Should().Be("""{"endpoint":"https://example.com","apiKey":"[masked]"}""");
        artifact.Metadata["from"].GetString().Should().Be("env [masked]");
        artifact
            .Record.Redactions.Should()
            .BeEquivalentTo([
                new Redaction("configured-key", RedactedPart.Content, 1),
                new Redaction("configured-key", RedactedPart.Metadata, 1),
            ]);
        test.Log.GetSnapshot()
            .Should()
            .ContainSingle(r =>
                r.Id.Name == "TextRedacted" && r.Message.Contains("1 × configured-key in content", StringComparison.Ordinal)
            );
    }

    [Fact]
    public async Task KeyInAContentType_GoesWithItsParameters()
    {
        const string Key = "sk-proj-aaaabbbbccccddddeeeeffff0123456789ABCDEFGHIJ";
        await using var test = await TestSession.OpenAsync();

        var artifact = await test.Session.StoreArtifactAsync(
            "a",
            "text",
            $"text/plain; charset=utf-8; token={Key}",
            cancellationToken: Token
        );
        var store = () => test.Session.StoreArtifactAsync("a", "text", $"application/{Key}", cancellationToken: Token);

        artifact.ContentType.Should().Be("text/plain");
        artifact.Record.Redactions.Should().Equal(new Redaction("api-key", RedactedPart.Name, 1));
        (await artifact.AsContentAsync(Token)).Should().BeOfType<TextContent>();
        (await store.Should().ThrowAsync<ArgumentException>()).Which.Message.Should().NotContain(Key);
    }

    [Fact]
    public async Task JsonGivenAsText_StaysJsonWhenItIsMasked()
    {
        await using var test = await TestSession.OpenAsync(o => o.Providers["scripted"].ApiKey = "1234567890");

        var artifact = await test.Session.StoreArtifactAsync(
            "x",
            """{"id":1234567890,"key":"a\n1234567890"}""",
            "json",
            cancellationToken: Token
        );

        (await artifact.ReadTextAsync(Token)).Should().Be("""{"id":1234567890,"key":"a\n[masked]"}""");
    }

    [Fact]
    public async Task List_FiltersAndOrders()
    {
        await using var test = await TestSession.OpenAsync();
        for (var i = 0; i < 5; i++)
        {
            await test.Session.StoreArtifactAsync(
                $"part-{i}",
                $"{i}",
                i % 2 == 0 ? "text" : "json",
                new Dictionary<string, object?> { ["number"] = i },
                i == 4 ? ArtifactRole.Output : ArtifactRole.Intermediate,
                Token
            );
            test.Time.Advance(TimeSpan.FromMinutes(1));
        }
        var from = test.Time.GetUtcNow() - TimeSpan.FromMinutes(3);

        (
            await NamesAsync(
                new()
                {
                    NameGlob = "part-*",
                    Order = ArtifactOrder.NewestFirst,
                    PageSize = 2,
                }
            )
        ).Should().Equal("part-4", "part-3", "part-2", "part-1", "part-0");
        (await NamesAsync(new() { ContentType = "json" })).Should().Equal("part-1", "part-3");
        (await NamesAsync(new() { ContentType = "text/*" })).Should().Equal("part-0", "part-2", "part-4");
        (await NamesAsync(new() { Metadata = new Dictionary<string, object?> { ["number"] = 3 } })).Should().Equal("part-3");
        (await NamesAsync(new() { Role = ArtifactRole.Output })).Should().Equal("part-4");
        (await NamesAsync(new() { CreatedFrom = from, CreatedBefore = from.AddMinutes(2) })).Should().Equal("part-2", "part-3");

        async Task<List<string>> NamesAsync(ArtifactQuery query) =>
            await test.Session.ListArtifactsAsync(query, Token).Select(a => a.Name).ToListAsync(Token);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1001)]
    public async Task PageSizeOutOfBounds_IsRefused(int pageSize)
    {
        await using var test = await TestSession.OpenAsync();

        var act = () => test.Session.ListArtifactsAsync(new() { PageSize = pageSize }, Token).ToListAsync(Token).AsTask();

        await act.Should().ThrowAsync<ArgumentOutOfRangeException>();
    }

    [Fact]
    public async Task ArtifactsOfAllSessions_AreListedByTheStore()
    {
        await using var test = await TestSession.OpenAsync();
        var other = await test.Store.OpenAsync(new() { SessionId = "other" }, Token);
        await test.Session.StoreArtifactAsync("a", "x", cancellationToken: Token);
        await other.StoreArtifactAsync("b", "x", cancellationToken: Token);

        var all = await test.Store.ListArtifactsAsync(cancellationToken: Token).ToListAsync(Token);

        all.Select(a => (a.SessionId, a.Name)).Should().Equal((test.Session.Id, "a"), ("other", "b"));
    }

    private sealed class Node
    {
        public Node? Next { get; set; }
    }

    private sealed record Weather(string City, decimal Degrees, string[] Words);

    [JsonSerializable(typeof(Weather))]
    private sealed partial class WeatherJson : JsonSerializerContext;
}
