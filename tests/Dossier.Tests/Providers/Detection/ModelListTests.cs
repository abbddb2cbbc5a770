using Dossier.Tests.Wire;

namespace Dossier.Tests.Providers.Detection;

/// <summary>The model lists as the vendors document them, over the wire.</summary>
public sealed class ModelListTests
{
    private readonly OpenAIProvider _openAI = new(VendorClient.Clock);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PlainList_HasIdsAndTheFactsThatServersAdd()
    {
        var (list, server) = await ListAsync(
            _openAI,
            "vllm",
            "v1",
            """{"object":"list","data":[{"id":"a","object":"model","owned_by":"vllm","max_model_len":32768},{"id":"b","context_window":131072,"max_completion_tokens":32768}]}"""
        );

        server.Requests.Single().PathAndQuery.Should().Be("/v1/models");
        server.Requests.Single().Header("Authorization").Should().Be($"Bearer {VendorClient.Key}");
        list.Skipped.Should().BeEmpty();
        list.Models.Select(model => (model.Id, model.ContextTokens, model.MaxOutputTokens))
            .Should()
            .Equal(("a", 32768, null), ("b", 131072, 32768));
        list.Models.Should().OnlyContain(model => model.Source.Name == "detected" && model.Tools == Support.Unknown && model.Price == null);
    }

    [Theory]
    [InlineData("openai", "shutdown_date")]
    [InlineData("openrouter", "expiration_date")]
    public async Task AnnouncedEnd_MakesAModelDeprecated(string vendor, string member)
    {
        var (list, _) = await ListAsync(
            _openAI,
            vendor,
            "v1",
            $$"""{"data":[{"id":"old","{{member}}":"2026-12-11"},{"id":"new","{{member}}":null},{"id":"other"}]}"""
        );

        list.Skipped.Should().BeEmpty();
        list.Models.Select(model => (model.Id, model.LifeCycle, model.EndOfLifeOn))
            .Should()
            .Equal(("old", LifeCycle.Deprecated, new(2026, 12, 11)), ("new", LifeCycle.Unknown, null), ("other", LifeCycle.Unknown, null));
    }

    [Fact]
    public async Task OpenRouter_HasContextPricesModalitiesParametersAndPages()
    {
        var (list, server) = await ListAsync(
            _openAI,
            "openrouter",
            "api/v1",
            """{"data":[{"id":"x/one","name":"One","context_length":200000,"architecture":{"input_modalities":["text","image","file"],"output_modalities":["text"]},"pricing":{"prompt":"0.000003","completion":"0.000015","input_cache_read":"0.0000003","input_cache_write":"0.00000375","input_cache_write_1h":"0.000006","internal_reasoning":"0"},"top_provider":{"max_completion_tokens":64000},"supported_parameters":["tools","temperature"]}],"links":{"next":"https://evil.example/api/v1/models?offset=500&limit=500"}}""",
            """{"data":[{"id":"openrouter/auto","pricing":{"prompt":"-1","completion":"-1"}}],"links":{"next":null}}"""
        );

        server.Requests.Select(request => request.PathAndQuery).Should().Equal("/api/v1/models", "/api/v1/models?offset=500&limit=500");
        var one = list.Models[0];
        one.DisplayName.Should().Be("One");
        one.ContextTokens.Should().Be(200_000);
        one.MaxOutputTokens.Should().Be(64_000);
        one.InputModalities.Should().Be(Modalities.Text | Modalities.Image | Modalities.Pdf);
        (one.Tools, one.Temperature, one.StructuredOutput).Should().Be((Support.Yes, Support.Yes, Support.No));
        (one.Price!.Input, one.Price.Output, one.Price.CachedInput, one.Price.Reasoning).Should().Be((3m, 15m, 0.3m, null));
        (one.Price.CacheWrite, one.Price.CacheWrite1h).Should().Be((3.75m, 6m));
        list.Models[1].Price.Should().BeNull("its price depends on the model that it chooses");
    }

    [Fact]
    public async Task Anthropic_HasLimitsCapabilitiesAndPages()
    {
        var (list, server) = await ListAsync(
            new AnthropicProvider(VendorClient.Clock),
            "anthropic",
            "",
            """{"data":[{"type":"model","id":"claude-test","display_name":"Claude Test","created_at":"2026-02-01T00:00:00Z","max_input_tokens":200000,"max_tokens":64000,"capabilities":{"image_input":{"supported":true},"pdf_input":{"supported":true},"structured_outputs":{"supported":true},"thinking":{"supported":false}}}],"has_more":true,"last_id":"claude-test"}""",
            """{"data":[{"type":"model","id":"claude-old","created_at":"1970-01-01T00:00:00Z"}],"has_more":false}"""
        );

        server
            .Requests.Select(request => request.PathAndQuery)
            .Should()
            .Equal("/v1/models?limit=1000", "/v1/models?limit=1000&after_id=claude-test");
        server.Requests[0].Header("x-api-key").Should().Be(VendorClient.Key);
        server.Requests[0].Header("anthropic-version").Should().Be("2023-06-01");
        var model = list.Models[0];
        (model.ContextTokens, model.MaxOutputTokens).Should().Be((200_000, 64_000));
        model.InputModalities.Should().Be(Modalities.Text | Modalities.Image | Modalities.Pdf);
        (model.StructuredOutput, model.Reasoning, model.Tools).Should().Be((Support.Yes, Support.No, Support.Unknown));
        model.ReleasedOn.Should().Be(new DateOnly(2026, 2, 1));
        list.Models[1].ReleasedOn.Should().BeNull();
        list.Models[1].InputModalities.Should().BeNull();
    }

    [Fact]
    public async Task Google_IsAskedForItsOwnList()
    {
        var (list, server) = await ListAsync(
            _openAI,
            "google",
            "v1beta/openai",
            """{"models":[{"name":"models/gemini-test","displayName":"Gemini Test","inputTokenLimit":1048576,"outputTokenLimit":65536,"supportedGenerationMethods":["generateContent"],"thinking":true}],"nextPageToken":"a b"}""",
            """{"models":[{"name":"models/embed","inputTokenLimit":2048,"supportedGenerationMethods":["embedContent"]}]}"""
        );

        server
            .Requests.Select(request => request.PathAndQuery)
            .Should()
            .Equal("/v1beta/models?pageSize=1000", "/v1beta/models?pageSize=1000&pageToken=a%20b");
        server.Requests[0].Header("x-goog-api-key").Should().Be(VendorClient.Key);
        server.Requests[0].Header("Authorization").Should().BeNull();
        list.Models.Select(model => (model.Id, model.MaxInputTokens, model.MaxOutputTokens, model.Reasoning, model.Embeddings))
            .Should()
            .Equal(("gemini-test", 1_048_576, 65_536, Support.Yes, Support.No), ("embed", 2048, null, Support.Unknown, Support.Yes));
    }

    [Fact]
    public async Task Ollama_IsAskedForEachModel()
    {
        var (list, server) = await ListAsync(
            new OllamaProvider(VendorClient.Clock),
            "ollama",
            "",
            """{"models":[{"name":"llama3.2:latest","model":"llama3.2:latest","details":{"parameter_size":"3.2B","quantization_level":"Q4_K_M"}},{"name":"broken:1b"}]}""",
            """{"parameters":"stop \"<|eot|>\"\nnum_ctx                        8192","capabilities":["completion","tools","vision"],"model_info":{"general.architecture":"llama","llama.context_length":131072}}""",
            "<html>"
        );

        server.Requests.Select(request => request.PathAndQuery).Should().Equal("/api/tags", "/api/show", "/api/show");
        server.Requests[1].Body.Should().Be("""{"model":"llama3.2:latest"}""");
        var model = list.Models[0];
        model.DisplayName.Should().Be("llama3.2:latest (3.2B Q4_K_M)");
        model.Aliases.Should().Equal("llama3.2");
        model.ContextTokens.Should().Be(8192, "the model file sets less than the model could take");
        (model.Tools, model.Vision, model.Reasoning, model.Embeddings).Should().Be((Support.Yes, Support.Yes, Support.No, Support.No));
        list.Models[1].Id.Should().Be("broken:1b");
        list.Models[1].Tools.Should().Be(Support.Unknown);
        list.Skipped.Should().ContainSingle().Which.Model.Should().Be("broken:1b");
    }

    [Fact]
    public async Task LMStudio_IsAskedForItsOwnList()
    {
        var (list, server) = await ListAsync(
            _openAI,
            "lm-studio",
            "v1",
            """{"data":[{"id":"qwen2-vl-7b","type":"vlm","quantization":"4bit","max_context_length":32768,"capabilities":["tool_use"]},{"id":"nomic","type":"embeddings"}]}"""
        );

        server.Requests.Single().PathAndQuery.Should().Be("/api/v0/models");
        var model = list.Models[0];
        (model.DisplayName, model.ContextTokens, model.Vision, model.Tools)
            .Should()
            .Be(("qwen2-vl-7b (4bit)", 32768, Support.Yes, Support.Yes));
        list.Models[1].Embeddings.Should().Be(Support.Yes);
    }

    [Fact]
    public async Task LlamaCpp_IsAskedWhatItHasLoaded()
    {
        var (list, server) = await ListAsync(
            _openAI,
            "llama.cpp",
            "v1",
            """{"data":[{"id":"model.gguf","meta":{"n_ctx_train":131072}}]}""",
            """{"default_generation_settings":{"n_ctx":4096},"modalities":{"vision":true,"audio":false}}"""
        );

        server.Requests.Select(request => request.PathAndQuery).Should().Equal("/v1/models", "/props");
        list.Models.Single().ContextTokens.Should().Be(4096);
        list.Models.Single().Vision.Should().Be(Support.Yes);
    }

    [Fact]
    public async Task WrongTypes_AreReportedAndTheRestIsKept()
    {
        var (list, _) = await ListAsync(
            _openAI,
            "vllm",
            "v1",
            """{"data":[{"id":"a","context_length":"big","name":7,"pricing":{"prompt":"free","completion":"0"}},{"object":"model"},5,{"id":""},{"id":"b","context_length":0}]}"""
        );

        list.Models.Select(model => (model.Id, model.ContextTokens)).Should().Equal(("a", null), ("b", null));
        list.Models[0].Price.Should().BeNull();
        list.Skipped.Count(skipped => skipped.Model == "a").Should().BeGreaterThanOrEqualTo(3);
        list.Skipped.Should().Contain(skipped => skipped.Reason.Contains("\"big\"", StringComparison.Ordinal));
        list.Skipped.Count(skipped => skipped.Model is null).Should().Be(3);
    }

    [Theory]
    [InlineData("<html><body>Sign in</body></html>", "is no JSON")]
    [InlineData("""{"hello":1}""", "no list of models")]
    [InlineData("5", "no list of models")]
    public async Task Nonsense_IsATypedError(string body, string what)
    {
        var act = () => ListAsync(_openAI, "vllm", "v1", body);

        (await act.Should().ThrowAsync<ModelDetectionException>())
            .Which.Message.Should()
            .Contain(what)
            .And.Contain("'vllm'")
            .And.Contain("Dossier:Providers:vllm:Endpoint");
    }

    [Fact]
    public async Task HalfAnAnswer_IsATypedError()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.CutJson("""{"data":[{"id":"a"},"""));

        var act = () => _openAI.ListModelsAsync(VendorClient.Connection("vllm", server, "v1"), Token);

        (await act.Should().ThrowAsync<ModelDetectionException>()).Which.Message.Should().Contain("broke off");
    }

    [Fact]
    public async Task SlowAnswer_TimesOut()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.StalledText("""{"data":[""", "application/json"));

        var act = () => _openAI.ListModelsAsync(VendorClient.Connection("vllm", server, "v1", timeout: TimeSpan.FromSeconds(1)), Token);

        await act.Should().ThrowAsync<TimeoutException>();
    }

    [Fact]
    public async Task TooLongAnAnswer_IsATypedError()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Json("[" + new string(' ', 2000) + "]"));
        var connection = VendorClient.Connection("vllm", server, "v1");
        using var client = new ModelListClient(connection, connection.Options.Endpoint!, ("Authorization", ""), Token, maxBytes: 1000);

        var act = () => client.AskAsync("models");

        (await act.Should().ThrowAsync<ModelDetectionException>()).Which.Message.Should().Contain("is too long");
    }

    [Fact]
    public async Task PagesWithoutEnd_AreATypedError()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply([.. Enumerable.Repeat(WireReply.Json("""{"data":[],"links":{"next":"?offset=1"}}"""), 201)]);

        var act = () => _openAI.ListModelsAsync(VendorClient.Connection("openrouter", server, "v1"), Token);

        (await act.Should().ThrowAsync<ModelDetectionException>()).Which.Message.Should().Contain("does not come to an end");
    }

    private static async Task<(ModelList List, WireServer Server)> ListAsync(
        IModelProvider provider,
        string name,
        string path,
        params string[] answers
    )
    {
        await using var server = await WireServer.StartAsync();
        server.Reply([.. answers.Select(answer => WireReply.Json(answer))]);
        var list = await provider.ListModelsAsync(VendorClient.Connection(name, server, path), Token);
        return (list!, server);
    }
}
