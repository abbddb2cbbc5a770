using System.Collections.ObjectModel;
using System.Text;
using System.Text.Json;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Chat;

public sealed class MessageEncoderTests
{
    private const string Shaped = "sk-proj-abcDEF123456_7890";

    private static readonly JsonSerializerOptions s_compact = new(AIJsonUtilities.DefaultOptions) { WriteIndented = false };

    private static readonly byte[] Image = [.. Enumerable.Range(0, 3000).Select(i => (byte)i)];

    private readonly RedactionTally _redactions = new();
    private readonly MessageEncoder _encoder;

    public MessageEncoderTests() =>
        _encoder = new(new(["12345678", "contents", "functionCall", "some+key/1"]), RedactedPart.Answer, _redactions);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("\n")]
    [InlineData("\t")]
    [InlineData("\"")]
    [InlineData("😀")]
    public void KeyAfterACharacterThatJsonEscapes_IsMasked(string before)
    {
        var message = Decoded(new(ChatRole.User, $"my keys:{before}{Shaped}{before}some+key/1{before}"));

        message.Text.Should().Be($"my keys:{before}[masked]{before}[masked]{before}");
        _redactions
            .Redactions.Should()
            .BeEquivalentTo([new Redaction("configured-key", RedactedPart.Answer, 1), new Redaction("api-key", RedactedPart.Answer, 1)]);
    }

    [Theory]
    [MemberData(nameof(WrittenByHand))]
    public void MessageWithoutSecrets_IsEncodedAsMicrosoftExtensionsAIDoes(ChatMessage message)
    {
        var json = Encoding.UTF8.GetString(MessageEncoder.ToJson(_encoder.Encode(message)).Span);

        json.Should().Be(JsonSerializer.Serialize(message, s_compact));
    }

    public static TheoryData<ChatMessage> WrittenByHand { get; } =
    [
        new ChatMessage(),
        new ChatMessage(ChatRole.System, ""),
        new ChatMessage(ChatRole.User, "é \n\t\"<>&'+\\/ \u2028 \u0001 😀 x"),
        new ChatMessage(new ChatRole("narrator"), [new TextContent(null), new TextContent("two \ud800 x")]),
        new ChatMessage(
            ChatRole.Assistant,
            [new TextReasoningContent("why"), new TextReasoningContent(null) { ProtectedData = "c2VhbA==" }]
        ),
        new ChatMessage(ChatRole.Assistant, "full")
        {
            AuthorName = "Ann",
            MessageId = "message-1",
            CreatedAt = new DateTimeOffset(2026, 11, 24, 1, 2, 3, TimeSpan.FromHours(2)).AddTicks(1_234_500),
            AdditionalProperties = new() { ["count"] = 1, ["nested"] = JsonElement.Parse("""{"a":[1.0,null]}""") },
        },
        new ChatMessage(
            ChatRole.Assistant,
            [
                new TextContent("with") { AdditionalProperties = new() { ["x"] = "y" } },
                new FunctionCallContent("call-1", "look", new Dictionary<string, object?> { ["at"] = "this" }),
                new UriContent("https://example.com/x.png", "image/png"),
                new UsageContent(new() { InputTokenCount = 1 }),
            ]
        ),
    ];

    [Fact]
    public void TextThatStandsTwice_IsMaskedAndCountedTwice()
    {
        var text = $"key {Shaped}";

        var message = Decoded(new(ChatRole.User, [new TextContent(text), new TextContent(text)]));

        message.Text.Should().Be("key [masked]key [masked]");
        _redactions.Redactions.Should().Equal(new Redaction("api-key", RedactedPart.Answer, 2));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData($"é {Shaped}")]
    public void DigestOfAText_IsThatOfTheMaskedText(string text)
    {
        _encoder.Encode(new ChatMessage(ChatRole.User, text));

        _encoder
            .DigestOf(text)
            .Should()
            .Be(ContentDigest.Of(Encoding.UTF8.GetBytes(text.Replace(Shaped, "[masked]", StringComparison.Ordinal))));
    }

    [Fact]
    public void GetterThatEncodesAMessageItself_LeavesBothWhole()
    {
        var inner = "";
        var nested = new Calling(() =>
            inner = Encoding.UTF8.GetString(new MessageEncoder(new([])).Encode(new ChatMessage(ChatRole.User, "inner")).Span)
        );

        var message = Decoded(
            new(ChatRole.User, [new TextContent("outer"), new TextContent("x") { AdditionalProperties = new() { ["call"] = nested } }])
        );

        message.Text.Should().Be("outerx");
        inner.Should().Contain("inner");
    }

    [Fact]
    public void KeysThatAreNamesAndNumbersOfTheEnvelope_LeaveTheMessageReadable()
    {
        var call = new FunctionCallContent(
            "call-1",
            "buy",
            new Dictionary<string, object?> { ["id"] = 123456789, ["note"] = "of 12345678" }
        );

        var read = Decoded(new(ChatRole.Assistant, [call])).Contents.Single().Should().BeOfType<FunctionCallContent>().Subject;

        read.Arguments!["id"].Should().BeOfType<JsonElement>().Which.GetInt32().Should().Be(123456789);
        read.Arguments["note"]!.ToString().Should().Be("of [masked]");
    }

    [Fact]
    public void KeyWithoutWhichAContentCannotBeRead_LeavesANote()
    {
        var address = new UriContent("https://sk-test-deployment-12345678.example.com/x.png", "image/png");

        var message = Decoded(new(ChatRole.User, [address, new TextContent("plain")]));

        message.Text.Should().Be("[UriContent that cannot be serialised]plain");
    }

    [Fact]
    public void PropertyWhoseGetterThrows_CostsThePropertyOnly()
    {
        var content = new TextContent("in full") { AdditionalProperties = new() { ["x"] = new Throwing() } };

        var message = Decoded(new(ChatRole.User, [content, new TextContent(", all of it")]) { AuthorName = "Ann" });

        message.Text.Should().Be("in full, all of it");
        message.AuthorName.Should().Be("Ann");
    }

    [Fact]
    public void PropertyOfTheMessageWhoseGetterThrows_CostsThePropertyOnly()
    {
        var message = Decoded(new(ChatRole.User, "in full") { AdditionalProperties = new() { ["x"] = new Throwing() } });

        message.Text.Should().Be("in full");
    }

    [Fact]
    public void ResultThatThrows_LeavesANote()
    {
        var message = Decoded(new(ChatRole.Tool, [new FunctionResultContent("call-1", new Throwing()), new TextContent("plain")]));

        message.Text.Should().Be("plain");
        var result = message.Contents[0].Should().BeOfType<FunctionResultContent>().Subject;
        (result.CallId, result.Result!.ToString()).Should().Be(("call-1", "[Throwing that cannot be serialised]"));
    }

    [Fact]
    public void MessageWhoseContentsThrow_LeavesANote()
    {
        var message = Decoded(new(ChatRole.Tool, new ThrowingList()));

        message.Text.Should().Be("[ChatMessage that cannot be serialised]");
        message.Role.Should().Be(ChatRole.Tool);
    }

    [Fact]
    public void MessagesOfAnEarlierVersion_AreSeveralInOneContent()
    {
        const string One = """{"role":"user","contents":[{"$type":"text","text":"one"}]}""";

        var messages = MessageEncoder.DecodeMessages(Encoding.UTF8.GetBytes($"[{One},{One}]"));

        messages.Select(message => message.Text).Should().Equal("one", "one");
    }

    [Fact]
    public void TextMessageOfAnEarlierVersion_IsReadAsOneOfThis()
    {
        var message = new ChatMessage(ChatRole.User, "one");
        var earlier = JsonSerializer.SerializeToUtf8Bytes(message, s_compact);

        MessageEncoder.ToJson(earlier).ToArray().Should().Equal(earlier);
        MessageEncoder.DecodeMessages(earlier).Should().ContainSingle().Which.Should().BeEquivalentTo(message);
        MessageEncoder.DecodeMessages(_encoder.Encode(message)).Should().ContainSingle().Which.Should().BeEquivalentTo(message);
    }

    [Fact]
    public void TextThatLooksLikeAMessageWithAnImage_RefersToNothing()
    {
        var digest = ContentDigest.Of("x"u8);
        var text = $$"""{"role":"user","contents":[{"$type":"uri","uri":"dossier-content:{{digest}}","mediaType":"image/png"}]}""";

        MessageEncoder.ReferencesIn(_encoder.Encode(new ChatMessage(ChatRole.User, text))).Should().BeEmpty();
        MessageEncoder.ReferencesIn(Encoding.UTF8.GetBytes(text)).Should().Equal(digest);
    }

    [Fact]
    public void OptionWhoseGetterThrows_CostsThePropertyOnly()
    {
        var options = new ChatOptions
        {
            Instructions = "be\nsome+key/1",
            AdditionalProperties = new() { ["x"] = new Throwing() },
        };

        Encoding.UTF8.GetString(_encoder.Encode(options).Span).Should().Be("""{"instructions":"be\n[masked]"}""");
    }

    [Fact]
    public void ToolThatThrows_LeavesANote()
    {
        var options = new ChatOptions
        {
            Tools = [new ThrowingTool(), AIFunctionFactory.CreateDeclaration("weather", "w", JsonElement.Parse("{}"))],
        };

        JsonElement
            .Parse(_encoder.Encode(options).Span)
            .GetProperty("tools")
            .GetRawText()
            .Should()
            .Be("""[{"name":"[ThrowingTool that cannot be serialised]"},{"name":"weather","description":"w","schema":{}}]""");
    }

    [Fact]
    public void OptionsThatThrow_LeaveANote()
    {
        var options = new ChatOptions { Tools = new ThrowingTools() };

        Encoding.UTF8.GetString(_encoder.Encode(options).Span).Should().Be("""{"note":"[ChatOptions that cannot be serialised]"}""");
    }

    [Fact]
    public async Task ImageThatAFunctionReturned_IsTakenOutAndPutBack()
    {
        var image = new DataContent(Image, "image/png") { Name = "chart.png" };
        var sent = new FunctionResultContent("call-1", image) { AdditionalProperties = new() { ["of"] = "test" } };

        var json = _encoder.Encode(new ChatMessage(ChatRole.Tool, [sent]));

        json.Length.Should().BeLessThan(1000);
        sent.Result.Should().BeSameAs(image, "the caller's message is left as it was");
        var result = (await RestoredAsync(json)).Contents.Single().Should().BeOfType<FunctionResultContent>().Subject;
        result.CallId.Should().Be("call-1");
        result.AdditionalProperties!.Keys.Should().Equal("of");
        var read = result.Result.Should().BeOfType<DataContent>().Subject;
        read.Data.ToArray().Should().Equal(Image);
        read.MediaType.Should().Be("image/png");
        read.Name.Should().Be("chart.png");
    }

    [Fact]
    public async Task ImagesAmongTheContentsThatAFunctionReturned_AreTakenOutAndPutBack()
    {
        AIContent[] contents = [new TextContent("a chart"), new DataContent(Image, "image/png"), new DataContent(Image, "image/png")];

        var json = _encoder.Encode(new ChatMessage(ChatRole.Tool, [new FunctionResultContent("call-1", contents)]));

        json.Length.Should().BeLessThan(1500);
        _encoder.Data.Should().ContainSingle("the same image is kept once");
        var result = (await RestoredAsync(json)).Contents.Single().Should().BeOfType<FunctionResultContent>().Subject;
        result.AdditionalProperties.Should().BeNull();
        var read = result.Result.Should().BeAssignableTo<IList<AIContent>>().Subject;
        read.Should().HaveCount(3);
        read[0].Should().BeOfType<TextContent>().Which.Text.Should().Be("a chart");
        read[2].Should().BeOfType<DataContent>().Which.Data.ToArray().Should().Equal(Image);
    }

    [Fact]
    public async Task ReferenceInJsonThatAFunctionReturned_IsLeftAsItIs()
    {
        const string Text =
            """{"$type":"uri","uri":"dossier-content:sha256:0000000000000000000000000000000000000000000000000000000000000000","mediaType":"image/png"}""";
        var sent = new FunctionResultContent("call-1", JsonElement.Parse(Text));

        var read = await RestoredAsync(_encoder.Encode(new ChatMessage(ChatRole.Tool, [sent])));

        var result = read.Contents.Single().Should().BeOfType<FunctionResultContent>().Subject.Result;
        JsonElement.DeepEquals(result.Should().BeOfType<JsonElement>().Subject, JsonElement.Parse(Text)).Should().BeTrue();
    }

    [Fact]
    public async Task ResultThatMaskingMadeUnreadable_StaysJson()
    {
        AIContent[] contents =
        [
            new UriContent($"https://{Shaped.Replace('_', '-')}.example/x", "image/png"),
            new DataContent(Image, "image/png"),
        ];

        var read = await RestoredAsync(_encoder.Encode(new ChatMessage(ChatRole.Tool, [new FunctionResultContent("call-1", contents)])));

        var result = read.Contents.Single().Should().BeOfType<FunctionResultContent>().Subject.Result;
        result.Should().BeOfType<JsonElement>().Which.GetRawText().Should().Contain("https://[masked].example/x");
    }

    private ChatMessage Decoded(ChatMessage message) => MessageEncoder.DecodeMessage(_encoder.Encode(message));

    private async Task<ChatMessage> RestoredAsync(ReadOnlyMemory<byte> json)
    {
        var storage = new MemoryStorage();
        var content = await storage.PrepareAsync(_encoder.Data.FirstOrDefault(), Token);
        var commit = new SessionCommit
        {
            CommitId = Guid.CreateVersion7(),
            SessionId = "s",
            At = DateTimeOffset.UnixEpoch,
            Session = new()
            {
                Id = "s",
                CreatedAt = DateTimeOffset.UnixEpoch,
                UpdatedAt = DateTimeOffset.UnixEpoch,
            },
            ExpectedRevision = 0,
            Contents = [content],
        };
        await storage.Records.CommitAsync(commit, Token);
        var message = MessageEncoder.DecodeMessage(json);
        await DataReference.RestoreAsync(message, storage, Token);
        return message;
    }

    private sealed class Throwing
    {
        public Throwing? Inner { get; init; }

        public int Depth => Inner!.Depth;
    }

    private sealed class Calling(Func<string> call)
    {
        public string Value => call();
    }

    private sealed class ThrowingTool : AITool
    {
        public override string Name => throw new KeyNotFoundException();
    }

    private sealed class ThrowingTools : List<AITool>, IList<AITool>
    {
        int ICollection<AITool>.Count => throw new KeyNotFoundException();
    }

    private sealed class ThrowingList : Collection<AIContent>, IList<AIContent>
    {
        int ICollection<AIContent>.Count => throw new KeyNotFoundException();

        IEnumerator<AIContent> IEnumerable<AIContent>.GetEnumerator() => throw new KeyNotFoundException();
    }
}
