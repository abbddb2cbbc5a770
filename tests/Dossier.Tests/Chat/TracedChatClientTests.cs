using Dossier.Tests.Telemetry;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Chat;

/// <summary>What the GenAI conventions see of a call beside its content.</summary>
[Collection(Alone.Name)]
public sealed class TracedChatClientTests
{
    private const string Secret = "sk-proj-aaaabbbbccccddddeeeeffff0123456789ABCDEFGHIJ";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task FailureThatPassesAsItIs_IsSeenWithoutItsSecrets(bool streaming, bool begun)
    {
        // Misuse is not translated, whatever stands in it.
        var failure = new ArgumentException($"No such tool: {Secret}");
        await using var test = await ListenedSession.OpenAsync(ScriptedChatClient.Failing(failure, begun ? ["a"] : []));

        var ask = () => AskAsync(test.Session.GetChatClient("first/m"), streaming);

        (await ask.Should().ThrowAsync<ArgumentException>()).Which.Should().BeSameAs(failure);
        test.Convention.StatusDescription.Should().Be("No such tool: [masked]");
        test.Texts.Should().NotContain(text => text.Contains(Secret, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FailureThatSaysWhatWasSent_IsNotSeen_WhereTextsAreNotKept(bool streaming)
    {
        var failure = new ArgumentException("You sent a quetzalcoatl.");
        await using var test = await ListenedSession.OpenAsync(
            ScriptedChatClient.Failing(failure),
            options => (options.Capture, options.TraceContent) = (Capture.DigestsOnly, true)
        );

        var ask = () => AskAsync(test.Session.GetChatClient("first/m"), streaming);

        (await ask.Should().ThrowAsync<ArgumentException>()).Which.Should().BeSameAs(failure);
        test.Convention.StatusDescription.Should().Be("[not kept]");
        test.Texts.Should().NotContain(text => text.Contains("quetzalcoatl", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Cancellation_StaysOne()
    {
        using var source = new CancellationTokenSource();
        var client = new ScriptedChatClient(
            (_, _, token) =>
            {
                source.Cancel();
                throw new OperationCanceledException($"Gave up on {Secret}", token);
            }
        );
        await using var test = await ListenedSession.OpenAsync(client);

        var ask = () => test.Session.GetChatClient("first/m").GetResponseAsync("hi", cancellationToken: source.Token);

        await ask.Should().ThrowAsync<OperationCanceledException>();
        test.Convention.GetTagItem("error.type").Should().Be(typeof(OperationCanceledException).FullName);
        test.Texts.Should().NotContain(text => text.Contains(Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task NamesOfModels_AreMasked()
    {
        await using var test = await ListenedSession.OpenAsync(ScriptedChatClient.Answering("hello"));

        await test.Session.GetChatClient($"first/{Secret}").GetResponseAsync("hi", cancellationToken: Token);

        test.Convention.DisplayName.Should().Be("chat [masked]");
        test.Texts.Should().NotContain(text => text.Contains(Secret, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task RedactorThatFailsAtTheAnswer_LosesNeitherItNorWhatItTook(bool streaming, bool asked)
    {
        await using var test = await ListenedSession.OpenAsync(
            ScriptedChatClient.Answering("a quetzal", "coatl"),
            options =>
            {
                options.TraceContent = asked;
                options.Redactors.Add(new FailingRedactor("quetzalcoatl"));
            }
        );

        var ask = () => AskAsync(test.Session.GetChatClient("first/m"), streaming);

        (await ask.Should().ThrowAsync<ResponseNotRecordedException>()).Which.Response.Text.Should().Be("a quetzalcoatl");
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.Usage!.Total.Should().Be(14);
        test.Texts.Should().NotContain(text => text.Contains("quetzal", StringComparison.Ordinal));
    }

    private static Task AskAsync(IChatClient chat, bool streaming) =>
        streaming
            ? chat.GetStreamingResponseAsync("hi", cancellationToken: Token).ToListAsync(Token).AsTask()
            : chat.GetResponseAsync("hi", cancellationToken: Token);
}
