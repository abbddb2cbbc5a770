using Dossier.Tests.Wire;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Providers;

/// <summary>In what each vendor of OpenAI's protocol differs, as it documents it, over the wire.</summary>
public sealed class CompatibleVendorsTests
{
    private readonly OpenAIProvider _provider = new(VendorClient.Clock);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Vendor, usage on the wire; then input, cached, cache writes, output, reasoning by M.E.AI's convention.</summary>
    public static TheoryData<string, string, long, long, long, long, long> Usages =>
        new()
        {
            { "openai", OpenAIWire.Usage, 100, 40, 0, 30, 10 },
            // https://docs.x.ai/docs/guides/reasoning: 32 + 9 + 94 = 135
            {
                "xai",
                """{"prompt_tokens":32,"completion_tokens":9,"total_tokens":135,"prompt_tokens_details":{"cached_tokens":6},"completion_tokens_details":{"reasoning_tokens":94}}""",
                32,
                6,
                0,
                103,
                94
            },
            // Google counts thoughts in the total only: 20 + 151 + 382 = 553.
            { "google", """{"prompt_tokens":20,"completion_tokens":151,"total_tokens":553}""", 20, 0, 0, 533, 382 },
            // https://api-docs.deepseek.com/api/create-chat-completion
            {
                "deepseek",
                """{"prompt_tokens":50,"prompt_cache_hit_tokens":30,"prompt_cache_miss_tokens":20,"completion_tokens":9,"total_tokens":59,"completion_tokens_details":{"reasoning_tokens":4}}""",
                50,
                30,
                0,
                9,
                4
            },
            // https://openrouter.ai/docs/guides/best-practices/prompt-caching
            {
                "openrouter",
                """{"prompt_tokens":1000,"completion_tokens":60,"total_tokens":1060,"prompt_tokens_details":{"cached_tokens":300,"cache_write_tokens":500},"completion_tokens_details":{"reasoning_tokens":0},"cost":0.01}""",
                1000,
                300,
                500,
                60,
                0
            },
            { "mistral", """{"prompt_tokens":16,"completion_tokens":34,"total_tokens":50}""", 16, 0, 0, 34, 0 },
        };

    [Theory]
    [InlineData("openai", """{"messages":[{"role":"user","content":"Hi"}],"model":"test","max_completion_tokens":64,"seed":7}""")]
    [InlineData("mistral", """{"messages":[{"role":"user","content":"Hi"}],"model":"test","max_tokens":64,"random_seed":7}""")]
    [InlineData("deepseek", """{"messages":[{"role":"user","content":"Hi"}],"model":"test","max_tokens":64,"seed":7}""")]
    [InlineData("together", """{"messages":[{"role":"user","content":"Hi"}],"model":"test","max_tokens":64,"seed":7}""")]
    public async Task Call_SendsTheNamesThatTheVendorKnows(string vendor, string body)
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Json(OpenAIWire.Completion()));
        using var client = Open(vendor, server);

        await client.GetResponseAsync("Hi", new() { MaxOutputTokens = 64, Seed = 7 }, Token);

        server.Requests.Single().CanonicalBody.Should().Be(WireRequest.Canonical(body));
    }

    [Theory]
    [InlineData("groq", true)]
    [InlineData("mistral", false)]
    public async Task Stream_AsksForTheUsageWhereThatIsAllowed(string vendor, bool asks)
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(OpenAIWire.Stream("Good"));
        using var client = Open(vendor, server);

        await client.GetStreamingResponseAsync("Hi", cancellationToken: Token).ToListAsync(Token);

        var options = asks ? ""","stream_options":{"include_usage":true}""" : "";
        server
            .Requests.Single()
            .CanonicalBody.Should()
            .Be(WireRequest.Canonical($$"""{"messages":[{"role":"user","content":"Hi"}],"model":"test","stream":true{{options}}}"""));
    }

    [Theory]
    [MemberData(nameof(Usages))]
    public async Task Usage_FollowsOneConvention(
        string vendor,
        string usage,
        long input,
        long cached,
        long written,
        long output,
        long reasoning
    )
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(
            WireReply.Json(OpenAIWire.Completion().Replace(OpenAIWire.Usage, usage, StringComparison.Ordinal)),
            WireReply.Stream(
                OpenAIWire.Chunk("Hello."),
                OpenAIWire.LastChunk(),
                OpenAIWire.UsageChunk().Replace(OpenAIWire.Usage, usage, StringComparison.Ordinal)
            )
        );
        using var client = Open(vendor, server);

        var whole = await client.GetResponseAsync("Hi", cancellationToken: Token);
        var streamed = await client.GetStreamingResponseAsync("Hi", cancellationToken: Token).ToChatResponseAsync(Token);

        foreach (var details in new[] { whole.Usage!, streamed.Usage! })
        {
            details.InputTokenCount.Should().Be(input);
            (details.CachedInputTokenCount ?? 0).Should().Be(cached);
            (details.AdditionalCounts?.GetValueOrDefault("CacheWriteInputTokens") ?? 0).Should().Be(written);
            details.OutputTokenCount.Should().Be(output);
            (details.ReasoningTokenCount ?? 0).Should().Be(reasoning);
        }
    }

    [Fact]
    public async Task UsageWithEveryPiece_IsCountedOnce()
    {
        await using var server = await WireServer.StartAsync();
        static string Piece(string chunk, int output, int total) =>
            $$$"""{{{chunk[..^1]}}},"usage":{"prompt_tokens":20,"completion_tokens":{{{output}}},"total_tokens":{{{total}}}}}""";
        server.Reply(
            WireReply.Stream(
                Piece(OpenAIWire.Chunk("Good"), 1, 21),
                Piece(OpenAIWire.Chunk(" day"), 2, 22),
                Piece(OpenAIWire.LastChunk(), 3, 33)
            )
        );
        using var client = Open("google", server);

        var response = await client.GetStreamingResponseAsync("Hi", cancellationToken: Token).ToChatResponseAsync(Token);

        response.Text.Should().Be("Good day");
        response.FinishReason.Should().Be(ChatFinishReason.Stop);
        response.Usage!.InputTokenCount.Should().Be(20);
        response.Usage.OutputTokenCount.Should().Be(13);
        response.Usage.ReasoningTokenCount.Should().Be(10);
    }

    [Fact]
    public async Task UsageInGroqsOwnMember_IsFound()
    {
        await using var server = await WireServer.StartAsync();
        var last =
            OpenAIWire.LastChunk()[..^1]
            + ""","x_groq":{"id":"req_1","usage":{"queue_time":0.01,"prompt_tokens":18,"completion_tokens":556,"total_tokens":574}}}""";
        server.Reply(WireReply.Stream(OpenAIWire.Chunk("Good"), last));
        using var client = Open("groq", server);

        var response = await client.GetStreamingResponseAsync("Hi", cancellationToken: Token).ToChatResponseAsync(Token);

        response.FinishReason.Should().Be(ChatFinishReason.Stop);
        response.Usage!.InputTokenCount.Should().Be(18);
        response.Usage.OutputTokenCount.Should().Be(556);
    }

    [Theory]
    [InlineData("deepseek", "reasoning_content")]
    [InlineData("openrouter", "reasoning")]
    public async Task Reasoning_IsFoundUnderEitherName(string vendor, string name)
    {
        await using var server = await WireServer.StartAsync();
        var member = $"\"{name}\":\"Hm.\",\"content\":";
        server.Reply(
            WireReply.Json(OpenAIWire.Completion().Replace("\"content\":", member, StringComparison.Ordinal)),
            WireReply.Stream(OpenAIWire.Chunk("Hello.").Replace("\"content\":", member, StringComparison.Ordinal), OpenAIWire.LastChunk())
        );
        using var client = Open(vendor, server);

        var whole = await client.GetResponseAsync("Hi", cancellationToken: Token);
        var streamed = await client.GetStreamingResponseAsync("Hi", cancellationToken: Token).ToChatResponseAsync(Token);

        foreach (var response in new[] { whole, streamed })
        {
            response.Messages.Single().Contents.OfType<TextReasoningContent>().Single().Text.Should().Be("Hm.");
            response.Text.Should().Be("Hello.");
        }
    }

    [Fact]
    public async Task ErrorInAnAnswerOf200_IsThatError()
    {
        var reply = WireReply.Json(
            """{"error":{"code":429,"message":"Provider returned error","metadata":{"provider_name":"X"}},"user_id":"u"}"""
        );

        var exception = await VendorClient.FailAsync(_provider, "openrouter", reply, "v1");

        exception.Failure.Should().Be(new ProviderFailure(ProviderErrorKind.RateLimited, 429, IsTransient: true));
        exception.Message.Should().Contain("Provider returned error");
    }

    [Fact]
    public async Task ErrorInAStream_HasTheKindThatItNames()
    {
        var reply = WireReply.Stream(OpenAIWire.Chunk("Good"), """{"error":{"code":429,"message":"Slow down."}}""");

        var (exception, texts) = await VendorClient.FailStreamAsync(_provider, "openrouter", reply, "v1");

        exception.Failure.Should().Be(new ProviderFailure(ProviderErrorKind.RateLimited, 429, IsTransient: true));
        texts.Should().Equal("Good");
    }

    [Fact]
    public async Task Embeddings_SendTheExactRequest()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(
            WireReply.Json(
                """{"object":"list","model":"text-embedding-3-small","data":[{"object":"embedding","index":0,"embedding":"AAAAPwAAgL8="}],"usage":{"prompt_tokens":8,"total_tokens":8}}"""
            )
        );
        using var generator = _provider.CreateEmbeddingGenerator("text-embedding-3-small", VendorClient.Connection("openai", server, "v1"));

        var embeddings = await generator.GenerateAsync(["one"], new() { Dimensions = 2 }, Token);

        var request = server.Requests.Single();
        request.PathAndQuery.Should().Be("/v1/embeddings");
        request.Header("Authorization").Should().Be($"Bearer {VendorClient.Key}");
        request
            .CanonicalBody.Should()
            .Be(WireRequest.Canonical("""{"model":"text-embedding-3-small","input":["one"],"dimensions":2,"encoding_format":"base64"}"""));
        embeddings.Single().Vector.ToArray().Should().Equal(0.5f, -1);
        embeddings.Usage!.InputTokenCount.Should().Be(8);
    }

    private IChatClient Open(string vendor, WireServer server) =>
        _provider.CreateChatClient("test", VendorClient.Connection(vendor, server, "v1"));
}
