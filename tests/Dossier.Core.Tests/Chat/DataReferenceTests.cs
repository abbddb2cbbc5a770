using System.Text;
using System.Text.Json;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Chat;

/// <summary>What only looks like one of Dossier's references must not bring content that somebody else has stored.</summary>
public sealed class DataReferenceTests
{
    private static readonly byte[] s_secret = "what somebody else has stored"u8.ToArray();
    private static readonly string s_uri = $"dossier-content:{ContentDigest.Of(s_secret)}";

    public static TheoryData<AIContent> Holders =>
        [
            new CodeInterpreterToolCallContent("call-1"),
            new CodeInterpreterToolResultContent("call-1"),
            new ImageGenerationToolResultContent("call-1"),
            new McpServerToolResultContent("call-1"),
            new WebSearchToolResultContent("call-1"),
        ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData("::x")]
    public async Task UriOfTheCaller_ComesBackAsIt(string behind)
    {
        var uri = behind.Length == 0 ? s_uri : "dossier-content:" + behind;
        var sent = new UriContent(uri, "text/plain") { AdditionalProperties = new() { ["of"] = "the caller" } };

        var read = (await RoundTripAsync(sent)).Should().BeOfType<UriContent>().Subject;

        (read.Uri.OriginalString, read.MediaType).Should().Be((uri, "text/plain"));
        read.AdditionalProperties!["of"]!.ToString().Should().Be("the caller");
    }

    [Fact]
    public async Task UriThatAFunctionReturned_ComesBackAsIt()
    {
        var one = await RoundTripAsync(new FunctionResultContent("call-1", new UriContent(s_uri, "text/plain")));
        var several = await RoundTripAsync(new FunctionResultContent("call-1", new AIContent[] { new UriContent(s_uri, "text/plain") }));

        foreach (var result in new[] { one, several })
            ResultsOf(result).Single().Should().BeOfType<UriContent>().Which.Uri.OriginalString.Should().Be(s_uri);
    }

    [Theory]
    [InlineData("content", "{0}")]
    [InlineData("contents", "[{0}]")]
    public async Task ResultThatIsSaidToHoldAReference_StaysJson(string kind, string form)
    {
        var json = string.Format(null, form, Reference());
        var sent = new FunctionResultContent("call-1", JsonElement.Parse(json))
        {
            AdditionalProperties = new() { ["dossier.result"] = kind, ["of"] = "the caller" },
        };

        var read = (await RoundTripAsync(sent)).Should().BeOfType<FunctionResultContent>().Subject;

        read.Result.Should().BeOfType<JsonElement>().Which.GetRawText().Should().Contain(s_uri);
        read.AdditionalProperties!.Keys.Should().Equal("of");
        sent.AdditionalProperties.Should().HaveCount(2, "what the caller has is not changed");
    }

    [Fact]
    public async Task ContentThatIsSaidToBeOfAnUnknownKind_IsNotReadAsTheOneItIs()
    {
        var sent = new AIContent { AdditionalProperties = new() { ["dossier.unknown"] = JsonElement.Parse(Reference()) } };

        var read = await RoundTripAsync(sent);

        read.GetType().Should().Be<AIContent>();
        read.AdditionalProperties!["dossier.unknown"].Should().BeOfType<JsonElement>().Which.GetRawText().Should().Contain(s_uri);
    }

    [Fact]
    public async Task PropertyThatIsCalledAsTheNameOfAFile_IsNotOne()
    {
        var sent = new DataContent(s_secret, "text/plain") { AdditionalProperties = new() { ["dossier.name"] = "given.txt" } };

        var read = (await RoundTripAsync(sent)).Should().BeOfType<DataContent>().Subject;

        read.Name.Should().BeNull();
        read.Data.ToArray().Should().Equal(s_secret);
    }

    [Theory]
    [MemberData(nameof(Holders), DisableDiscoveryEnumeration = true)]
    public async Task ImageThatAnotherContentHolds_IsKeptByItsDigest(AIContent holder)
    {
        byte[] image = [137, 80, 78, 71, 1, 2, 3];
        var sent = NestedContents.With(holder, [new TextContent("x"), new DataContent(image, "image/png") { Name = "chart.png" }]);
        sent.AdditionalProperties = new() { ["of"] = "the caller" };

        var encoder = new MessageEncoder(new([]));
        var json = encoder.Encode(new ChatMessage(ChatRole.Assistant, [sent]));
        Encoding.UTF8.GetString(json.Span).Should().NotContain(Convert.ToBase64String(image));
        MessageEncoder.ReferencesIn(json).Should().Equal(ContentDigest.Of(image)).And.HaveCount(encoder.Data.Count);
        NestedContents.In(sent)![1].Should().BeOfType<DataContent>("what the caller has is not changed");

        var read = await RoundTripAsync(sent);
        read.Should().BeOfType(sent.GetType());
        read.AdditionalProperties!["of"]!.ToString().Should().Be("the caller");
        var nested = NestedContents.In(read)!;
        nested[0].Should().BeOfType<TextContent>().Which.Text.Should().Be("x");
        var data = nested[1].Should().BeOfType<DataContent>().Subject;
        (data.Name, data.MediaType).Should().Be(("chart.png", "image/png"));
        data.Data.ToArray().Should().Equal(image);
    }

    [Theory]
    [MemberData(nameof(Holders), DisableDiscoveryEnumeration = true)]
    public async Task UriThatAnotherContentHolds_ComesBackAsIt(AIContent holder)
    {
        var read = await RoundTripAsync(NestedContents.With(holder, [new UriContent(s_uri, "text/plain")]));

        NestedContents.In(read)!.Single().Should().BeOfType<UriContent>().Which.Uri.OriginalString.Should().Be(s_uri);
    }

    [Fact]
    public void EveryContentThatHoldsOthers_IsKnown() =>
        typeof(AIContent)
            .Assembly.GetExportedTypes()
            .Where(type => type.IsAssignableTo(typeof(AIContent)))
            .Where(type => type.GetProperties().Any(property => property.PropertyType == typeof(IList<AIContent>)))
            .Should()
            .BeEquivalentTo(Holders.Select(holder => holder.Data.GetType()));

    [Fact]
    public void UriOfTheCaller_IsNoReference()
    {
        var json = new MessageEncoder(new([])).Encode(new ChatMessage(ChatRole.User, [new UriContent(s_uri, "text/plain")]));
        var named = new List<ContentDigest>();

        ContentNames.AddReferences(json.Span, named);

        named.Should().BeEmpty();
        MessageEncoder.ReferencesIn(json).Should().BeEmpty();
    }

    private static string Reference() => $$"""{"$type":"uri","uri":"{{s_uri}}","mediaType":"text/plain"}""";

    private static IEnumerable<AIContent> ResultsOf(AIContent content) =>
        ((FunctionResultContent)content).Result switch
        {
            AIContent one => [one],
            IEnumerable<AIContent> several => several,
            _ => [],
        };

    /// <summary>As a message of a conversation in a storage that holds the content that is referred to.</summary>
    private static async Task<AIContent> RoundTripAsync(AIContent content)
    {
        await using var test = await TestSession.OpenAsync();
        await test.Session.StoreArtifactAsync("of somebody else", s_secret, cancellationToken: Token);
        await test.Session.Conversation("talk").AppendAsync([new(ChatRole.User, [content])], Token);
        await using var store = new SessionStore(test.Storage, new());
        await using var later = await store.OpenAsync(new() { SessionId = test.Session.Id }, Token);

        var message = (await later.Conversation("talk").ReadTailAsync(1, Token)).Single().Message;

        return message.Contents.Single();
    }
}
