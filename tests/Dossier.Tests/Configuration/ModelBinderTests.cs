using Dossier.Storage;
using Microsoft.Extensions.Configuration;

namespace Dossier.Tests.Configuration;

public sealed class ModelBinderTests : IDisposable
{
    private readonly ConfigurationFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task EveryFact_IsReadFromAFile()
    {
        _folder.User(
            """
            "Models": { "acme/m-1.5": {
                "DisplayName": "Mine", "ContextTokens": 3, "MaxInputTokens": 2, "MaxOutputTokens": 1,
                "InputModalities": ["Text", "Image"], "OutputModalities": "Audio, video",
                "Tools": true, "StructuredOutput": false, "JsonMode": "yes", "Reasoning": "No", "Streaming": "unknown",
                "SystemPrompt": true, "Temperature": true, "TopP": true, "Penalties": false, "StopSequences": "yes", "PromptCaching": false, "Embeddings": false,
                "Price": { "Input": 1.25, "CachedInput": 0, "CacheWrite": 2e-2, "CacheWrite1h": 0.03, "Output": "10", "Reasoning": 5, "Currency": "eur" },
                "LifeCycle": "deprecated", "Replacement": "m-2"
            } }
            """
        );

        var model = await ModelAsync("acme", "m-1.5");

        model
            .Should()
            .BeEquivalentTo(
                new ModelOverrides
                {
                    DisplayName = "Mine",
                    ContextTokens = 3,
                    MaxInputTokens = 2,
                    MaxOutputTokens = 1,
                    InputModalities = Modalities.Text | Modalities.Image,
                    OutputModalities = Modalities.Audio | Modalities.Video,
                    Tools = Support.Yes,
                    StructuredOutput = Support.No,
                    JsonMode = Support.Yes,
                    Reasoning = Support.No,
                    Streaming = Support.Unknown,
                    SystemPrompt = Support.Yes,
                    Temperature = Support.Yes,
                    TopP = Support.Yes,
                    Penalties = Support.No,
                    StopSequences = Support.Yes,
                    PromptCaching = Support.No,
                    Embeddings = Support.No,
                    Price = new()
                    {
                        Input = 1.25m,
                        CachedInput = 0,
                        CacheWrite = 0.02m,
                        CacheWrite1h = 0.03m,
                        Output = 10,
                        Reasoning = 5,
                        Currency = "EUR",
                    },
                    LifeCycle = LifeCycle.Deprecated,
                    Replacement = "m-2",
                }
            );
        model.OtherSources.Should().HaveCount(21);
        model.SourceOf("price").Should().Be(new FactSource("configuration, dossier.json of the user"));
    }

    [Theory]
    [InlineData("ollama/qwen3:8b", "ollama", "qwen3:8b")]
    [InlineData("ollama/hf.co/unsloth/Qwen3-8B-GGUF:Q4_K_M", "ollama", "hf.co/unsloth/Qwen3-8B-GGUF:Q4_K_M")]
    [InlineData("openrouter/meta-llama/llama-3.3-70b:free", "openrouter", "meta-llama/llama-3.3-70b:free")]
    [InlineData("azure_openai/price", "azure-openai", "price")]
    public async Task NameWithColonsSlashesAndDots_IsReadWhole(string key, string provider, string name)
    {
        _folder.User($$""" "Models": { "{{key}}": { "ContextTokens": 7, "Price": { "Input": 1 } } } """);

        var model = await ModelAsync(provider, name);

        model.ContextTokens.Should().Be(7);
        model.Price!.Input.Should().Be(1);
    }

    [Fact]
    public async Task KnownModel_KeepsItsOtherFacts()
    {
        var known = new ModelRegistry().Get("openai", "gpt-5-mini")!;
        _folder.User("""  "Models": { "OpenAI/GPT-5-mini": { "ContextTokens": 7 } } """);

        var model = await ModelAsync("openai", "gpt-5-mini");

        model.ContextTokens.Should().Be(7);
        model.Price.Should().Be(known.Price);
        model.Tools.Should().Be(known.Tools);
    }

    [Fact]
    public async Task Sources_MergeFactByFact()
    {
        _folder.User(
            """
            "Models": { "acme/m": {
                "ContextTokens": 1, "MaxOutputTokens": 1, "Tools": true, "InputModalities": ["Text", "Image", "Pdf"],
                "Price": { "Input": 1, "Output": 2 }
            } }
            """
        );
        _folder.Working("""  "Models": { "ACME/m": { "MaxOutputTokens": 2, "InputModalities": ["Audio"] } } """);
        _folder.Host = new ConfigurationBuilder().AddInMemoryCollection([new("Dossier:Models:acme/m:Tools", "false")]).Build();
        _folder.Environment["DOSSIER__MODELS__acme/m__PRICE__INPUT"] = "3";

        var model = await ModelAsync("acme", "m");

        model.ContextTokens.Should().Be(1);
        model.MaxOutputTokens.Should().Be(2);
        model.InputModalities.Should().Be(Modalities.Audio);
        model.Tools.Should().Be(Support.No);
        (model.Price!.Input, model.Price.Output).Should().Be((3, 2));
        new[] { "context_tokens", "max_output_tokens", "tools", "price" }
            .Select(fact => model.SourceOf(fact).Name)
            .Should()
            .Equal(
                "configuration, dossier.json of the user",
                "configuration, ./dossier.json",
                "configuration, host",
                "configuration, environment"
            );
    }

    [Theory]
    [InlineData("\"ContextTokens\": 0", "acme/m:ContextTokens = '0' (*, line 1): is not a number of tokens. Write a whole number above 0*")]
    [InlineData("\"MaxInputTokens\": \"128k\"", "acme/m:MaxInputTokens = '128k' (*): is not a number of tokens. *")]
    [InlineData("\"Tools\": \"maybe\"", "acme/m:Tools = 'maybe' (*): is none of its values. Write Unknown or Yes or No.")]
    [InlineData("\"LifeCycle\": 1", "acme/m:LifeCycle = '1' (*): is none of its values. Write Unknown or Active or *")]
    [InlineData("\"InputModalities\": \"Text, Smell\"", "acme/m:InputModalities = 'Text, Smell' (*): is none of its values. *")]
    [InlineData("\"OutputModalities\": [\"2\"]", "acme/m:OutputModalities:0 = '2' (*): is none of its values. *")]
    [InlineData("\"Price\": { \"Input\": -1 }", "acme/m:Price:Input = '-1' (*): is not a price. Write the price per million tokens, *")]
    [InlineData("\"Price\": { \"Currency\": \"euro\" }", "acme/m:Price:Currency = 'euro' (*): is not a currency. *")]
    [InlineData("\"Price\": 3", "acme/m:Price (*): takes an object, not one value. *")]
    [InlineData("\"Price\": { \"Inptu\": 3 }", "acme/m:Price:Inptu (*): there is no such setting. Did you mean 'Input'?")]
    [InlineData("\"ContextTokns\": 3", "acme/m:ContextTokns (*): there is no such setting. Did you mean 'ContextTokens'?")]
    public void WrongFact_IsReportedWithItsRemedy(string member, string failure)
    {
        _folder.User($$""" "Models": { "acme/m": { {{member}} } } """);

        _folder.Failures().Should().ContainSingle().Which.Should().Match("Dossier:Models:" + failure);
    }

    [Theory]
    [InlineData("gpt-5")]
    [InlineData("/gpt-5")]
    [InlineData("openai/")]
    public void NameWithoutAProvider_IsReported(string name)
    {
        _folder.User($$""" "Models": { "{{name}}": { "ContextTokens": 1 } } """);

        _folder
            .Failures()
            .Should()
            .Equal(
                $"Dossier:Models:{name} ({_folder.UserFile}, line 1): is not the name of a model with its provider. "
                    + "Write Dossier:Models:PROVIDER/MODEL, as in \"openai/gpt-5.4-mini\"."
            );
    }

    [Theory]
    [InlineData("\"Models\": 3", "Dossier:Models (*): takes an object, not one value. *")]
    [InlineData("\"Models\": { \"acme/m\": 3 }", "Dossier:Models:acme/m (*): takes an object, not one value. *")]
    public void ValueInPlaceOfFacts_IsReported(string member, string failure)
    {
        _folder.User(member);

        _folder.Failures().Should().ContainSingle().Which.Should().Match(failure);
    }

    [Fact]
    public async Task RegistryOfTheCode_IsUsedAndItsOverridesWin()
    {
        _folder.User("""  "Models": { "acme/m": { "ContextTokens": 1, "MaxOutputTokens": 1 } } """);
        var registry = new ModelRegistry();
        registry.OverrideFacts("acme", "m", new() { ContextTokens = 2 });

        await using var store = Store(new() { Models = registry });

        store.Models.Should().BeSameAs(registry);
        registry.Get("acme", "m")!.ContextTokens.Should().Be(2);
        registry.Get("acme", "m")!.MaxOutputTokens.Should().Be(1);
    }

    [Fact]
    public async Task StoresOnOneRegistry_DoNotPileUpWhatConfigurationSays()
    {
        var registry = new ModelRegistry();
        _folder.User("""  "Models": { "acme/m": { "ContextTokens": 1, "MaxOutputTokens": 1 } } """);
        await using var first = Store(new() { Models = registry });
        _folder.User("""  "Models": { "acme/m": { "ContextTokens": 2 } } """);
        await using var second = Store(new() { Models = registry });

        var model = registry.Get("acme", "m")!;

        model.ContextTokens.Should().Be(2);
        model.MaxOutputTokens.Should().BeNull();
    }

    private async Task<ModelDescriptor> ModelAsync(string provider, string name)
    {
        await using var store = Store(new());
        return store.Models.Get(provider, name)!;
    }

    private SessionStore Store(SessionOptions code)
    {
        code.Storage = new MemoryStorage();
        return SessionStoreFactory.Create(_folder.Resolve(code));
    }
}
