using System.Text;
using Dossier.Storage;
using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Chat;

/// <summary>An artifact with the text of an answer is found to come from it by the digest of the text, however the answer is kept.</summary>
public sealed class TextDigestTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, ChatMessage[], string> Answers =>
        new()
        {
            { "one text", [Said("It is 7.")], "It is 7." },
            { "a text with an end of line", [Said("It is\n7.\nuser")], "It is\n7.\nuser" },
            { "a text with an id", [new(ChatRole.Assistant, "It is 7.") { MessageId = "m-1" }], "It is 7." },
            { "several texts", [new(ChatRole.Assistant, [new TextContent("It is "), new TextContent("7.")])], "It is 7." },
            { "several messages", [Said("It is"), Said("7.")], $"It is{Environment.NewLine}7." },
            { "a text with reasoning", [new(ChatRole.Assistant, [new TextReasoningContent("Hm."), new TextContent("7.")])], "7." },
            { "a text with a key", [Said("It is sk-abcdefghijklmnop1234567890.")], "It is [masked]." },
        };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task TextOfAnAnswer_HasItsOwnDigest(string kind, ChatMessage[] answer, string text)
    {
        var response = await TrackAsync(answer);

        response.TextDigest.Should().Be(ContentDigest.Of(Encoding.UTF8.GetBytes(text)), kind);
    }

    [Fact]
    public async Task AnswerWithoutText_HasNone()
    {
        (await TrackAsync([Said("")])).TextDigest.Should().BeNull();
        (await TrackAsync([])).TextDigest.Should().BeNull();
    }

    private static ChatMessage Said(string text) => new(ChatRole.Assistant, text);

    private static async Task<TrackedResponse> TrackAsync(ChatMessage[] answer)
    {
        await using var test = await TestSession.OpenAsync();
        await test.Session.Track(new Answering(answer)).GetResponseAsync("How many?", cancellationToken: Token);
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        var kept = await test.Session.Responses.ReadMessagesAsync(response, Token);
        kept.Should().HaveCount(answer.Length);
        return response;
    }

    private sealed class Answering(ChatMessage[] answer) : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            CancellationToken cancellationToken = default
        ) => Task.FromResult(new ChatResponse([.. answer]));

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            CancellationToken cancellationToken = default
        ) => throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose() { }
    }
}
