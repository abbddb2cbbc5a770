using System.Text.Json;
using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Chat;

/// <summary>What is nested deeper than a message can be read back.</summary>
public sealed class DeepContentTests
{
    private const string Key = "sk-ant-api03-AbCdEf0123456789_xQ";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<int> Levels => [.. Enumerable.Range(50, 20), 900];

    [Theory]
    [MemberData(nameof(Levels))]
    public async Task Result_IsKeptWhole_HoweverDeepItIs(int levels)
    {
        var json = Nested(levels, "\"fine\"");

        var result = (await RoundTripAsync(new FunctionResultContent("call-1", Parse(json))))
            .Should()
            .BeOfType<FunctionResultContent>()
            .Subject;

        result.CallId.Should().Be("call-1");
        TextOf(result.Result).Should().Be(json);
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public async Task Argument_IsKeptWhole_HoweverDeepItIs(int levels)
    {
        var json = Nested(levels, "1");
        var sent = new FunctionCallContent("call-1", "look", new Dictionary<string, object?> { ["deep"] = Parse(json), ["flat"] = 2 });

        var call = (await RoundTripAsync(sent)).Should().BeOfType<FunctionCallContent>().Subject;

        (call.CallId, call.Name).Should().Be(("call-1", "look"));
        TextOf(call.Arguments!["deep"]).Should().Be(json);
        call.Arguments["flat"].Should().BeOfType<JsonElement>().Which.GetInt32().Should().Be(2);
    }

    [Fact]
    public async Task KeyInADeepResult_IsMaskedAndCounted()
    {
        var json = Nested(100, $"{{\"apiKey\":\"hidden-0123456789abcdef\",\"n\":\"\\u0073{Key[1..]}\"}}");
        var tally = new RedactionTally();
        var encoder = new MessageEncoder(new([]), RedactedPart.Request, tally);

        var encoded = encoder.Encode(new ChatMessage(ChatRole.Tool, [new FunctionResultContent("call-1", Parse(json))]));

        var result = (FunctionResultContent)MessageEncoder.DecodeMessage(encoded).Contents.Single();
        TextOf(result.Result).Should().Be(Nested(100, """{"apiKey":"[masked]","n":"[masked]"}"""));
        tally.Redactions.Should().Equal(new Redaction("api-key", RedactedPart.Request, 2));
    }

    [Fact]
    public async Task ObjectThatHoldsItself_LeavesANote_AsTheResultOfItsCall()
    {
        var read = await RoundTripAsync(new FunctionResultContent("call-1", new Loop()));

        var result = read.Should().BeOfType<FunctionResultContent>().Subject;
        result.CallId.Should().Be("call-1");
        TextOf(result.Result).Should().Be("[Loop that cannot be serialised]");
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public async Task DeepProperties_LeaveTheirMessageReadable(int levels)
    {
        var message = new ChatMessage(ChatRole.User, "What is it?")
        {
            AdditionalProperties = new() { ["deep"] = Parse(Nested(levels, "1")) },
        };
        await using var test = await TestSession.OpenAsync();

        var response = await CallAsync(test.Session, message);

        (await test.Session.Responses.ReadRequestAsync(response, Token)).Single().Text.Should().Be("What is it?");
    }

    /// <summary>As a message of a call, read in all the ways in which calls are read.</summary>
    private static async Task<AIContent> RoundTripAsync(AIContent content)
    {
        await using var test = await TestSession.OpenAsync();

        var response = await CallAsync(test.Session, new(ChatRole.Tool, [content]));

        var cassette = new MemoryStream();
        await test.Session.SaveCassetteAsync(cassette, Token);
        cassette.Length.Should().BePositive();
        await using var replay = await test.Store.OpenAsync(new() { ReplayFrom = test.Session.Id, Replay = ReplayMode.Only }, Token);
        await CallAsync(replay, new(ChatRole.Tool, [content]));
        (await test.Store.VerifyAsync(cancellationToken: Token)).IsClean.Should().BeTrue();
        return (await test.Session.Responses.ReadRequestAsync(response, Token)).Single().Contents.Single();
    }

    private static async Task<TrackedResponse> CallAsync(Session session, ChatMessage message)
    {
        await session.GetChatClient("scripted/m").GetResponseAsync(message, cancellationToken: Token);
        return await session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
    }

    private static string Nested(int levels, string innermost) =>
        string.Concat(Enumerable.Repeat("""{"a":""", levels)) + innermost + new string('}', levels);

    private static JsonElement Parse(string json) => JsonDocument.Parse(json, new() { MaxDepth = 1000 }).RootElement;

    private static string? TextOf(object? value) =>
        value switch
        {
            JsonElement { ValueKind: JsonValueKind.String } text => text.GetString(),
            JsonElement json => json.GetRawText(),
            _ => value?.ToString(),
        };

    private sealed class Loop
    {
        public Loop Self => this;
    }
}
