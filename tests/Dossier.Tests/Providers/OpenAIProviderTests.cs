using System.ClientModel;
using System.ClientModel.Primitives;
using System.ComponentModel;
using Dossier.Tests.Wire;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Dossier.Tests.Providers;

public sealed class OpenAIProviderTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task OpenAIShape_SendsTheExactRequest()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Json(OpenAIWire.Completion()));
        using var client = Open(server, "v1", "sk-test");

        await client.GetResponseAsync(
            [new(ChatRole.System, "Be brief."), new(ChatRole.User, "Hi")],
            new() { Temperature = 0.5f, MaxOutputTokens = 64 },
            Token
        );

        var request = server.Requests.Should().ContainSingle().Subject;
        request.Method.Should().Be("POST");
        request.PathAndQuery.Should().Be("/v1/chat/completions");
        request.Header("Authorization").Should().Be("Bearer sk-test");
        request.Header("Content-Type").Should().Be("application/json");
        request
            .Body.Should()
            .Be(
                """{"temperature":0.5,"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}],"model":"gpt-test","max_completion_tokens":64}"""
            );
    }

    [Theory]
    [InlineData("openai/v1/")]
    [InlineData("openai/v1")]
    public async Task AzureV1Endpoint_SendsTheSameRequestThere(string path)
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Json(OpenAIWire.Completion()));
        using var client = Open(server, path, "azure-key");

        await client.GetResponseAsync("Hi", cancellationToken: Token);

        var request = server.Requests.Should().ContainSingle().Subject;
        request.PathAndQuery.Should().Be("/openai/v1/chat/completions");
        request.Header("Authorization").Should().Be("Bearer azure-key");
        request.Body.Should().Be("""{"messages":[{"role":"user","content":"Hi"}],"model":"gpt-test"}""");
    }

    [Fact]
    public async Task EndpointWithoutAKey_SendsNoAuthorization()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Json(OpenAIWire.Completion()));
        using var client = Open(server, "v1", apiKey: null, model: "meta-llama/Llama-4-Scout");

        await client.GetResponseAsync("Hi", cancellationToken: Token);

        var request = server.Requests.Should().ContainSingle().Subject;
        request.Headers.Keys.Should().NotContain(["Authorization", "api-key"]);
        request.Body.Should().Be("""{"messages":[{"role":"user","content":"Hi"}],"model":"meta-llama/Llama-4-Scout"}""");
    }

    [Fact]
    public async Task Tools_AreSentAndTheirCallComesBack()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Json(OpenAIWire.ToolCall("get_weather", """{"city":"Oslo"}""")));
        using var client = Open(server, "v1", "sk-test");
        var tool = AIFunctionFactory.Create(([Description("Where")] string city) => city, "get_weather", "Says the weather.");

        var response = await client.GetResponseAsync("Weather in Oslo?", new() { Tools = [tool] }, Token);

        server
            .Requests[0]
            .CanonicalBody.Should()
            .Be(
                WireRequest.Canonical(
                    """
                    {
                      "model": "gpt-test",
                      "messages": [{ "role": "user", "content": "Weather in Oslo?" }],
                      "tools": [
                        {
                          "type": "function",
                          "function": {
                            "name": "get_weather",
                            "description": "Says the weather.",
                            "parameters": {
                              "type": "object",
                              "required": ["city"],
                              "properties": { "city": { "description": "Where", "type": "string" } },
                              "additionalProperties": false
                            }
                          }
                        }
                      ],
                      "tool_choice": "auto"
                    }
                    """
                )
            );
        response.FinishReason.Should().Be(ChatFinishReason.ToolCalls);
        var call = response.Messages.Single().Contents.OfType<FunctionCallContent>().Single();
        call.Name.Should().Be("get_weather");
        call.Arguments!["city"]!.ToString().Should().Be("Oslo");
    }

    [Fact]
    public async Task Answer_HasTextUsageFinishReasonAndServedModel()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Json(OpenAIWire.Completion("Good day.", "gpt-test-2026-01-01", "length")));
        using var client = Open(server, "v1", "sk-test");

        var response = await client.GetResponseAsync("Hi", cancellationToken: Token);

        response.Text.Should().Be("Good day.");
        response.ModelId.Should().Be("gpt-test-2026-01-01");
        response.FinishReason.Should().Be(ChatFinishReason.Length);
        AssertUsage(response.Usage);
    }

    [Fact]
    public async Task Stream_HasUpdatesAndUsage()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(OpenAIWire.Stream("Good", " day."));
        using var client = Open(server, "v1", "sk-test");

        var updates = await client.GetStreamingResponseAsync("Hi", cancellationToken: Token).ToListAsync(Token);

        server
            .Requests.Single()
            .Body.Should()
            .Be(
                """{"messages":[{"role":"user","content":"Hi"}],"model":"gpt-test","stream":true,"stream_options":{"include_usage":true}}"""
            );
        updates.Select(update => update.Text).Where(text => text.Length > 0).Should().Equal("Good", " day.");
        var response = updates.ToChatResponse();
        response.FinishReason.Should().Be(ChatFinishReason.Stop);
        response.ModelId.Should().Be("gpt-test-2026-01-01");
        AssertUsage(response.Usage);
    }

    [Fact]
    public async Task Headers_AreSentAndWin()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Json(OpenAIWire.Completion()));
        var options = Options(server, "v1", "sk-test");
        options.Headers["X-Team"] = "research";
        options.Headers["Authorization"] = "Basic gateway";
        using var client = Open(options);

        await client.GetResponseAsync("Hi", cancellationToken: Token);

        server.Requests.Single().Header("X-Team").Should().Be("research");
        server.Requests.Single().Header("Authorization").Should().Be("Basic gateway");
    }

    [Fact]
    public async Task Proxy_GetsTheRequest()
    {
        await using var proxy = await WireServer.StartAsync();
        proxy.Reply(WireReply.Json(OpenAIWire.Completion()));
        using var client = Open(new() { Endpoint = new Uri("http://models.invalid/v1"), Proxy = proxy.Url });

        var response = await client.GetResponseAsync("Hi", cancellationToken: Token);

        response.Text.Should().Be("Hello.");
        proxy.Requests.Single().PathAndQuery.Should().Be("http://models.invalid/v1/chat/completions");
    }

    [Theory]
    [InlineData("http://api.mistral.ai/v1", """{"messages":[{"role":"user","content":"Hi"}],"model":"gpt-test","max_tokens":64}""")]
    [InlineData(
        "http://gateway.example/v1",
        """{"messages":[{"role":"user","content":"Hi"}],"model":"gpt-test","max_completion_tokens":64}"""
    )]
    public async Task MaxOutputTokens_HasTheNameThatTheServerKnows(string endpoint, string body)
    {
        await using var proxy = await WireServer.StartAsync();
        proxy.Reply(WireReply.Json(OpenAIWire.Completion()));
        using var client = Open(
            new()
            {
                Endpoint = new Uri(endpoint),
                Proxy = proxy.Url,
                ApiKey = "sk-test",
            }
        );

        await client.GetResponseAsync("Hi", new() { MaxOutputTokens = 64 }, Token);

        proxy.Requests.Single().CanonicalBody.Should().Be(WireRequest.Canonical(body));
    }

    [Fact]
    public async Task Redirect_IsNotFollowed()
    {
        await using var elsewhere = await WireServer.StartAsync();
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Json("{}", 307, ("Location", elsewhere.Url.AbsoluteUri)));
        using var client = Open(server, "v1", "sk-test");

        var act = () => client.GetResponseAsync("Hi", cancellationToken: Token);

        (await act.Should().ThrowAsync<ClientResultException>()).Which.Status.Should().Be(307);
        elsewhere.Requests.Should().BeEmpty();
    }

    [Fact]
    public void Metadata_NamesVendorEndpointAndModel()
    {
        using var client = Open(new() { Endpoint = new Uri("https://models.example/v1"), ApiKey = "sk-test" });

        var metadata = client.GetService<ChatClientMetadata>()!;

        metadata.ProviderName.Should().Be("openai");
        metadata.ProviderUri.Should().Be(new Uri("https://models.example/v1"));
        metadata.DefaultModelId.Should().Be("gpt-test");
    }

    [Fact]
    public void ProviderWithoutAnEndpointOfItsOwn_NamesVariableAndConfigurationKey()
    {
        var connection = new ProviderConnection("azure-openai", new(), NullLoggerFactory.Instance, TimeProvider.System);

        var act = () => new OpenAIProvider().CreateChatClient("gpt-test", connection);

        act.Should()
            .Throw<OptionsValidationException>()
            .Which.Message.Should()
            .Contain("AZURE_OPENAI_ENDPOINT")
            .And.Contain("Dossier:Providers:azure-openai:Endpoint");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("https://api.openai.com/v1/")]
    public void VendorsEndpointWithoutAKey_NamesVariableAndConfigurationKey(string? endpoint)
    {
        var options = new ProviderOptions { Endpoint = endpoint is null ? null : new Uri(endpoint), KeyVariable = "OPENAI_API_KEY" };

        var act = () => Open(options);

        act.Should()
            .Throw<OptionsValidationException>()
            .WithMessage(
                "Provider 'openai' has no key. Set the environment variable OPENAI_API_KEY, the configuration key Dossier:Providers:openai:ApiKey, or SessionOptions.ApiKey."
            );
    }

    [Fact]
    public void UnknownCredential_IsRefused()
    {
        var act = () => Open(new() { Endpoint = new Uri("https://models.example/v1"), Credential = "gcp" });

        act.Should().Throw<OptionsValidationException>().WithMessage("*'gcp'*Dossier:Providers:openai:Credential*'azure'*");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("http://models.example/openai/v1/")]
    public void AzureSignInWithoutAnAzureEndpoint_IsRefused(string? endpoint)
    {
        var act = () => Open(new() { Endpoint = endpoint is null ? null : new Uri(endpoint), Credential = "azure" });

        act.Should().Throw<OptionsValidationException>().WithMessage("*Dossier:Providers:openai:Endpoint*");
    }

    [Fact]
    public async Task AzureSignIn_AsksForATokenOfTheV1ScopeOnlyWhenCalled()
    {
        var credential = new RecordingCredential();
        var provider = new OpenAIProvider(TimeProvider.System, () => credential);
        var options = new ProviderOptions { Endpoint = new Uri("https://127.0.0.1:1/openai/v1/"), Credential = "azure" };
        using var client = provider.CreateChatClient(
            "gpt-test",
            new("azure-openai", options, NullLoggerFactory.Instance, TimeProvider.System)
        );
        var before = credential.Scopes.Count;

        var act = () => client.GetResponseAsync("Hi", cancellationToken: Token);

        // Nothing listens there, and sign-in takes only https: the token is asked for, and then nobody answers.
        var exception = (await act.Should().ThrowAsync<ClientResultException>()).Which;
        before.Should().Be(0);
        credential.Scopes.Should().Equal("https://ai.azure.com/.default");
        (provider.Classify(exception) ?? HttpFailures.Classify(exception))
            .Should()
            .Be(new ProviderFailure(ProviderErrorKind.Connection, IsTransient: true));
    }

    [Fact]
    public async Task AzureSignInOfASovereignCloud_AsksForATokenOfItsScope()
    {
        const string Scope = "https://cognitiveservices.azure.us/.default";
        var credential = new RecordingCredential();
        var provider = new OpenAIProvider(TimeProvider.System, () => credential);
        foreach (var scope in new[] { Scope, null })
        {
            var options = new ProviderOptions
            {
                Endpoint = new Uri("https://127.0.0.1:1/openai/v1/"),
                Credential = "azure",
                CredentialScope = scope,
            };
            using var client = provider.CreateChatClient("gpt-test", VendorClient.Connection("azure-openai", options));
            var act = () => client.GetResponseAsync("Hi", cancellationToken: Token);
            await act.Should().ThrowAsync<ClientResultException>();
        }

        credential.Scopes.Should().Equal(Scope, "https://ai.azure.com/.default");
    }

    private static void AssertUsage(UsageDetails? usage)
    {
        usage!.InputTokenCount.Should().Be(100);
        usage.CachedInputTokenCount.Should().Be(40);
        usage.OutputTokenCount.Should().Be(30);
        usage.ReasoningTokenCount.Should().Be(10);
        usage.TotalTokenCount.Should().Be(130);
    }

    private static ProviderOptions Options(WireServer server, string path, string? apiKey) =>
        new() { Endpoint = new Uri(server.Url, path), ApiKey = apiKey };

    private static IChatClient Open(WireServer server, string path, string? apiKey, string model = "gpt-test") =>
        Open(Options(server, path, apiKey), model);

    private static IChatClient Open(ProviderOptions options, string model = "gpt-test") =>
        new OpenAIProvider().CreateChatClient(model, new("openai", options, NullLoggerFactory.Instance, TimeProvider.System));

    private sealed class RecordingCredential : AuthenticationTokenProvider
    {
        public List<string> Scopes { get; } = [];

        public override GetTokenOptions? CreateTokenOptions(IReadOnlyDictionary<string, object> properties) => new(properties);

        public override AuthenticationToken GetToken(GetTokenOptions options, CancellationToken cancellationToken)
        {
            Scopes.AddRange(((ReadOnlyMemory<string>)options.Properties[GetTokenOptions.ScopesPropertyName]).ToArray());
            return new("token", "Bearer", DateTimeOffset.MaxValue);
        }

        public override ValueTask<AuthenticationToken> GetTokenAsync(GetTokenOptions options, CancellationToken cancellationToken) =>
            new(GetToken(options, cancellationToken));
    }
}
