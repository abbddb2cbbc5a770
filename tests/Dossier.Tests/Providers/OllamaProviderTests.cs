using Dossier.Tests.Wire;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Providers;

public sealed class OllamaProviderTests
{
    private readonly OllamaProvider _provider = new(VendorClient.Clock);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<int, string, ProviderErrorKind, bool> Errors =>
        new()
        {
            { 400, "registry.ollama.ai/library/test does not support tools", ProviderErrorKind.InvalidRequest, false },
            { 400, "the input length exceeds the context length", ProviderErrorKind.ContextTooLong, false },
            { 404, "model 'test' not found", ProviderErrorKind.NotFound, false },
            { 500, "llama runner process has terminated", ProviderErrorKind.ServerError, true },
            { 503, "server busy, please try again.  maximum pending requests exceeded", ProviderErrorKind.Overloaded, true },
        };

    [Fact]
    public async Task Call_SendsTheExactRequestAndNoKeyWhereThereIsNone()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Json(OllamaWire.Answer()));
        using var client = Open(server, key: null);

        await client.GetResponseAsync(
            [new(ChatRole.System, "Be brief."), new(ChatRole.User, "Hi")],
            new() { Temperature = 0.5f, MaxOutputTokens = 64 },
            Token
        );

        var request = server.Requests.Should().ContainSingle().Subject;
        request.Method.Should().Be("POST");
        request.PathAndQuery.Should().Be("/api/chat");
        request.Headers.Keys.Should().NotContain("Authorization");
        request
            .CanonicalBody.Should()
            .Be(
                WireRequest.Canonical(
                    """{"model":"test","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}],"options":{"temperature":0.5,"num_predict":64},"stream":false,"CustomHeaders":{}}"""
                )
            );
    }

    [Fact]
    public async Task KeyAndHeaders_AreSentBelowTheEndpointsPath()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Json(OllamaWire.Answer()));
        var connection = VendorClient.Connection("ollama", server, "gateway");
        connection.Options.Headers["X-Team"] = "research";
        using var client = _provider.CreateChatClient("test", connection);

        await client.GetResponseAsync("Hi", cancellationToken: Token);

        var request = server.Requests.Single();
        request.PathAndQuery.Should().Be("/gateway/api/chat");
        request.Header("Authorization").Should().Be($"Bearer {VendorClient.Key}");
        request.Header("X-Team").Should().Be("research");
    }

    [Fact]
    public async Task Answer_HasTextUsageFinishReasonAndServedModel()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Json(OllamaWire.Answer("Good day.", "length")));
        using var client = Open(server);

        var response = await client.GetResponseAsync("Hi", cancellationToken: Token);

        response.Text.Should().Be("Good day.");
        response.ModelId.Should().Be("llama3.2");
        response.FinishReason.Should().Be(ChatFinishReason.Length);
        AssertUsage(response.Usage);
    }

    [Fact]
    public async Task Stream_HasUpdatesAndUsage()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(OllamaWire.Stream("Good", " day."));
        using var client = Open(server);

        var updates = await client.GetStreamingResponseAsync("Hi", cancellationToken: Token).ToListAsync(Token);

        updates.Select(update => update.Text).Where(text => text.Length > 0).Should().Equal("Good", " day.");
        var response = updates.ToChatResponse();
        response.FinishReason.Should().Be(ChatFinishReason.Stop);
        AssertUsage(response.Usage);
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task Error_HasItsKindAndItsText(int status, string message, ProviderErrorKind kind, bool isTransient)
    {
        var exception = await VendorClient.FailAsync(_provider, "ollama", WireReply.Json(OllamaWire.Error(message), status));

        exception.Failure.Should().Be(new ProviderFailure(kind, status, isTransient));
        exception.Message.Should().Contain(message.Replace("  ", " ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ErrorInTheStream_ThrowsWhatItSays()
    {
        var reply = OllamaWire.FailingStream("an error was encountered while running the model", "Good");

        var (exception, texts) = await VendorClient.FailStreamAsync(_provider, "ollama", reply);

        exception.Failure.Should().Be(new ProviderFailure(ProviderErrorKind.StreamInterrupted, IsTransient: true));
        exception.Message.Should().Contain("an error was encountered while running the model");
        texts.Should().BeSubsetOf(["Good"]); // the SDK reads ahead: what came with the error may go down with it
    }

    [Fact]
    public async Task Embeddings_SendTheExactRequest()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(
            WireReply.Json(
                """{"model":"all-minilm","embeddings":[[0.5,-1],[0.25,2]],"total_duration":1,"load_duration":1,"prompt_eval_count":8}"""
            )
        );
        using var generator = _provider.CreateEmbeddingGenerator("all-minilm", VendorClient.Connection("ollama", server));

        var embeddings = await generator.GenerateAsync(["one", "two"], new() { Dimensions = 2 }, Token);

        var request = server.Requests.Single();
        request.PathAndQuery.Should().Be("/api/embed");
        request
            .CanonicalBody.Should()
            .Be(WireRequest.Canonical("""{"model":"all-minilm","input":["one","two"],"dimensions":2,"options":null,"CustomHeaders":{}}"""));
        embeddings.Select(embedding => embedding.Vector.ToArray()).Should().BeEquivalentTo([new[] { 0.5f, -1 }, [0.25f, 2]]);
        embeddings.Usage!.InputTokenCount.Should().Be(8);
    }

    private static void AssertUsage(UsageDetails? usage)
    {
        usage!.InputTokenCount.Should().Be(26);
        usage.OutputTokenCount.Should().Be(30);
        usage.TotalTokenCount.Should().Be(56);
    }

    private IChatClient Open(WireServer server, string? key = VendorClient.Key) =>
        _provider.CreateChatClient("test", VendorClient.Connection("ollama", server, key: key));
}
