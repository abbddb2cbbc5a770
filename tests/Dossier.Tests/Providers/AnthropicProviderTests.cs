using Dossier.Tests.Wire;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace Dossier.Tests.Providers;

public sealed class AnthropicProviderTests
{
    private readonly AnthropicProvider _provider = new(VendorClient.Clock);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Call_SendsTheExactRequest()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Json(AnthropicWire.Answer()));
        using var client = Open(server);

        await client.GetResponseAsync(
            [new(ChatRole.System, "Be brief."), new(ChatRole.User, "Hi")],
            new() { Temperature = 0.5f, MaxOutputTokens = 64 },
            Token
        );

        var request = server.Requests.Should().ContainSingle().Subject;
        request.Method.Should().Be("POST");
        request.PathAndQuery.Should().Be("/v1/messages");
        request.Header("x-api-key").Should().Be(VendorClient.Key);
        request.Header("anthropic-version").Should().Be("2023-06-01", "later versions know no temperature");
        request.Header("Authorization").Should().BeNull();
        request
            .CanonicalBody.Should()
            .Be(
                WireRequest.Canonical(
                    """{"model":"test","max_tokens":64,"temperature":0.5,"system":[{"type":"text","text":"Be brief."}],"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]}"""
                )
            );
    }

    [Fact]
    public async Task CallWithoutABound_SendsOneThatEveryModelTakes()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Json(AnthropicWire.Answer()));
        using var client = Open(server);

        await client.GetResponseAsync("Hi", cancellationToken: Token);

        var request = server.Requests.Single();
        request.Body.Should().Contain("\"max_tokens\":8192");
        request.Header("anthropic-version").Should().Be("2026-10-21");
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("v1/")]
    [InlineData("")]
    public async Task EndpointWithAVersion_IsTheOneWithout(string path)
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Json(AnthropicWire.Answer()));
        using var client = _provider.CreateChatClient("test", VendorClient.Connection("anthropic", server, path));

        await client.GetResponseAsync("Hi", cancellationToken: Token);

        server.Requests.Single().PathAndQuery.Should().Be("/v1/messages");
    }

    [Fact]
    public async Task EndpointWithoutAKey_SendsNone()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Json(AnthropicWire.Answer()));
        using var client = _provider.CreateChatClient("test", VendorClient.Connection("gateway", server, key: null));

        await client.GetResponseAsync("Hi", cancellationToken: Token);

        server.Requests.Single().Headers.Keys.Should().NotContain(["Authorization", "x-api-key", "X-Api-Key"]);
    }

    [Fact]
    public async Task HeadersInTheEnvironment_AreNotSent()
    {
        using var directory = new TemporaryDirectory();
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Json(AnthropicWire.Answer()));

        await Child.RunAsync("ask-anthropic", directory.Path, server.Url.AbsoluteUri);

        var request = server.Requests.Should().ContainSingle().Subject;
        request.Headers.Keys.Should().NotContain(["Authorization", "X-Gateway"]);
        request.Header("x-api-key").Should().Be("own-key");
        request.Header("anthropic-version").Should().Be("2026-10-21");
    }

    [Fact]
    public void VendorsEndpointWithoutAKey_NamesVariableAndConfigurationKey()
    {
        var connection = VendorClient.Connection("anthropic", new ProviderOptions { KeyVariable = "ANTHROPIC_API_KEY" });

        var act = () => _provider.CreateChatClient("test", connection);

        act.Should().Throw<OptionsValidationException>().WithMessage("*ANTHROPIC_API_KEY*Dossier:Providers:anthropic:ApiKey*");
    }

    [Fact]
    public async Task HeadersAndProxy_AreUsed()
    {
        await using var proxy = await WireServer.StartAsync();
        proxy.Reply(WireReply.Json(AnthropicWire.Answer()));
        var options = new ProviderOptions
        {
            Endpoint = new("http://models.invalid"),
            ApiKey = VendorClient.Key,
            Proxy = proxy.Url,
            Headers = new Dictionary<string, string> { ["X-Team"] = "research", ["x-api-key"] = "gateway" },
        };
        using var client = _provider.CreateChatClient("test", VendorClient.Connection("anthropic", options));

        await client.GetResponseAsync("Hi", cancellationToken: Token);

        var request = proxy.Requests.Single();
        request.PathAndQuery.Should().Be("http://models.invalid/v1/messages");
        request.Header("X-Team").Should().Be("research");
        request.Header("x-api-key").Should().Be("gateway");
    }

    [Fact]
    public async Task Answer_HasTextFinishReasonAndServedModel()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Json(AnthropicWire.Answer("Good day.", "max_tokens")));
        using var client = Open(server);

        var response = await client.GetResponseAsync("Hi", cancellationToken: Token);

        response.Text.Should().Be("Good day.");
        response.ModelId.Should().Be("claude-test-20260101");
        response.FinishReason.Should().Be(ChatFinishReason.Length);
        AssertUsage(response.Usage);
    }

    [Fact]
    public async Task Stream_HasUpdatesAndUsage()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(AnthropicWire.Stream("Good", " day."));
        using var client = Open(server);

        var updates = await client.GetStreamingResponseAsync("Hi", cancellationToken: Token).ToListAsync(Token);

        server.Requests.Single().Body.Should().Contain("\"stream\":true");
        updates.Select(update => update.Text).Where(text => text.Length > 0).Should().Equal("Good", " day.");
        var response = updates.ToChatResponse();
        response.FinishReason.Should().Be(ChatFinishReason.Stop);
        response.ModelId.Should().Be("claude-test-20260101");
        AssertUsage(response.Usage);
    }

    [Fact]
    public void Embeddings_AreNotToBeHad()
    {
        IModelProvider provider = _provider;

        provider
            .CreateEmbeddingGenerator("test", VendorClient.Connection("anthropic", new ProviderOptions { ApiKey = "k" }))
            .Should()
            .BeNull();
    }

    /// <summary>What stands beside the input on the wire is a part of it here; the writes for an hour are a part of the writes.</summary>
    private static void AssertUsage(UsageDetails? usage)
    {
        usage!.InputTokenCount.Should().Be(420);
        usage.CachedInputTokenCount.Should().Be(300);
        usage.AdditionalCounts!["CacheCreationInputTokens"].Should().Be(100);
        usage.AdditionalCounts["ephemeral_1h_input_tokens"].Should().Be(40);
        usage.OutputTokenCount.Should().Be(30);
        usage.TotalTokenCount.Should().Be(450);
        TokenUsage
            .From(usage)
            .Should()
            .Be(
                new TokenUsage
                {
                    Input = 20,
                    CachedInput = 300,
                    CacheWrite = 60,
                    CacheWrite1h = 40,
                    Output = 30,
                }
            );
    }

    private IChatClient Open(WireServer server) => _provider.CreateChatClient("test", VendorClient.Connection("anthropic", server));
}
