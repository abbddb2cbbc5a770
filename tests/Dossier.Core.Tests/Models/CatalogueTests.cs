using System.Text;
using System.Text.Json;

namespace Dossier.Core.Tests.Models;

public sealed class CatalogueTests
{
    private static readonly IReadOnlyList<ModelDescriptor> s_models = EmbeddedCatalogue.Index.Models;

    [Fact]
    public void Embedded_IsOfTheSchemaThatThisVersionReads()
    {
        using var document = JsonDocument.Parse(EmbeddedCatalogue.ReadBytes());

        document.RootElement.GetProperty("schema").GetInt32().Should().Be(1);
        document.RootElement.GetProperty("date").GetDateTime().Should().BeAfter(new DateTime(2026, 1, 1));
        document.RootElement.GetProperty("models").GetArrayLength().Should().Be(s_models.Count);
    }

    [Fact]
    public void Embedded_ReadByNameAndLineByLine_IsWhatTheWholeFileSays() =>
        s_models
            .Should()
            .BeEquivalentTo(CatalogueReader.Read(EmbeddedCatalogue.ReadBytes()).Models, options => options.WithStrictOrdering());

    /// <summary>Those that are deprecated are not counted, nor those that end within a month of the catalogue.</summary>
    [Fact]
    public void Embedded_HasManyCurrentModels_OfManyProviders()
    {
        var current = s_models
            .Where(model =>
                model.Provider != "local" && model.LifeCycleOn(EmbeddedCatalogue.Date.AddMonths(1)) is LifeCycle.Active or LifeCycle.Preview
            )
            .ToList();

        current.Should().HaveCountGreaterThanOrEqualTo(135);
        current
            .Select(model => model.Provider)
            .Distinct()
            .Should()
            .HaveCountGreaterThanOrEqualTo(12)
            .And.Contain(["openai", "anthropic", "google", "mistral"]);
    }

    [Theory]
    [InlineData("openai", "gpt-5-mini")]
    [InlineData("openai", "gpt-5")]
    [InlineData("openai", "gpt-4o")]
    [InlineData("openai", "gpt-4o-mini")]
    [InlineData("anthropic", "claude-sonnet-4-5")]
    [InlineData("google", "gemini-2.5-pro")]
    [InlineData("local", "extractive")]
    public void Embedded_HasTheModelsThatPeopleAskFor(string provider, string id) =>
        s_models.Should().ContainSingle(model => model.Provider == provider && model.Id == id);

    [Fact]
    public void Embedded_NoFactContradictsAnother() => CatalogueRules.FaultsOf(s_models, EmbeddedCatalogue.Date).Should().BeEmpty();

    [Fact]
    public void Embedded_WhatIsListedOfModels_IsKnownOfMany()
    {
        s_models.Count(model => model.Price is not null).Should().BeGreaterThan(150);
        s_models.Count(model => model.Price?.Tiers.Count > 0).Should().BeGreaterThan(20);
        s_models.Count(model => model.EndOfLifeOn is not null).Should().BeGreaterThan(40);
        s_models.Count(model => model.ReasoningOptions is not null).Should().BeGreaterThan(40);
        s_models.Count(model => model.MediaTypes.Count > 0 && model.ImageLimits is not null).Should().BeGreaterThan(40);
        s_models.Count(model => model.TopP != Support.Unknown).Should().BeGreaterThan(50);
        s_models.Count(model => model.Penalties != Support.Unknown).Should().BeGreaterThan(50);
        s_models.Count(model => model.StopSequences != Support.Unknown).Should().BeGreaterThan(50);
        s_models.Count(model => model.Embeddings == Support.Yes).Should().BeGreaterThan(3);
    }

    [Fact]
    public void Embedded_CacheWritesForAnHour_CostTwiceTheInputOfAnthropic() =>
        s_models
            .Where(model => model is { Provider: "anthropic", Price.CacheWrite: not null })
            .Should()
            .HaveCountGreaterThan(15)
            .And.OnlyContain(model => model.Price!.CacheWrite1h == 2 * model.Price.Input);

    [Fact]
    public void Embedded_EveryName_ResolvesToItsModel_AndEveryReplacementToOneThatIsServed()
    {
        var registry = new ModelRegistry();

        foreach (var model in s_models)
        {
            foreach (var name in model.Aliases.Prepend(model.Id))
                registry.Get(model.Provider, name)!.Id.Should().Be(model.Id);
            if (model.Replacement is { } replacement)
                registry.Get(model.Provider, replacement)!.LifeCycle.Should().NotBe(LifeCycle.EndOfLife);
        }
    }

    [Theory]
    [InlineData("openai", "gpt-4-vision", "gpt-6-luna")]
    [InlineData("openai", "gpt-4-vision-preview", "gpt-6-luna")]
    [InlineData("anthropic", "claude-2", "claude-sonnet-5-5")]
    public void Embedded_RetiredName_WarnsAndSaysWhatToUse(string provider, string name, string replacement)
    {
        var model = new ModelRegistry().Get(provider, name)!;

        model
            .Validate(new())
            .Warnings.Should()
            .ContainSingle()
            .Which.Should()
            .Match($"*no longer served since 202*Use {provider}/{replacement} instead.");
    }

    [Fact]
    public void Embedded_LocalModelIsFreeAndHasNoTools()
    {
        var model = new ModelRegistry().Get("local", "extractive")!;

        model.ContextTokens.Should().Be(1_000_000);
        model.Streaming.Should().Be(Support.Yes);
        model.Tools.Should().Be(Support.No);
        model.Vision.Should().Be(Support.No);
        model.Source.Name.Should().Be("Dossier");
        model
            .Price!.CostOf(
                new TokenUsage
                {
                    Input = 5,
                    Output = 5,
                    Reasoning = 5,
                    CachedInput = 5,
                    CacheWrite = 5,
                    CacheWrite1h = 5,
                }
            )!
            .Amount.Should()
            .Be(0m);
    }

    [Fact]
    public void Read_EntryWithEverything_KeepsEveryFact()
    {
        var json = Json(
            """
            {"provider":"p","id":"m","display_name":"M","aliases":["m-1","m-2"],"context_tokens":1000,"max_input_tokens":800,"max_output_tokens":200,
            "input_modalities":["text","image","audio","video","pdf"],"output_modalities":[],
            "yes":["tools","json_mode","streaming","temperature","embeddings"],"no":["structured_output","reasoning","system_prompt","prompt_caching"],
            "price":{"input":1.25,"cached_input":0.125,"cache_write":1.5,"cache_write_1h":2.5,"output":10,"reasoning":12,"audio_input":32,"cached_audio_input":0.4,"audio_output":64,
            "tiers":[{"above_input_tokens":500,"input":2.5,"cached_input":0.25,"cache_write":3,"cache_write_1h":5,"output":20,"reasoning":24,"audio_input":33,"cached_audio_input":0.5,"audio_output":65}]},
            "life_cycle":"deprecated","replacement":"n","released_on":"2025-08-07","knowledge_cutoff":"2024-05-30",
            "source":"a","sources":{"b":["price","tools"]}}
            """
        );
        var other = new FactSource("B", new DateOnly(2026, 2, 2));

        var model = CatalogueReader.Read(json).Models.Should().ContainSingle().Subject;

        model
            .Should()
            .BeEquivalentTo(
                new ModelDescriptor
                {
                    Provider = "p",
                    Id = "m",
                    DisplayName = "M",
                    Aliases = ["m-1", "m-2"],
                    ContextTokens = 1000,
                    MaxInputTokens = 800,
                    MaxOutputTokens = 200,
                    InputModalities = Modalities.Text | Modalities.Image | Modalities.Audio | Modalities.Video | Modalities.Pdf,
                    OutputModalities = Modalities.None,
                    Tools = Support.Yes,
                    JsonMode = Support.Yes,
                    Streaming = Support.Yes,
                    Temperature = Support.Yes,
                    Embeddings = Support.Yes,
                    StructuredOutput = Support.No,
                    Reasoning = Support.No,
                    SystemPrompt = Support.No,
                    PromptCaching = Support.No,
                    Price = new ModelPrice
                    {
                        Input = 1.25m,
                        CachedInput = 0.125m,
                        CacheWrite = 1.5m,
                        CacheWrite1h = 2.5m,
                        AudioInput = 32,
                        CachedAudioInput = 0.4m,
                        Output = 10,
                        Reasoning = 12,
                        AudioOutput = 64,
                        Tiers =
                        [
                            new ModelPriceTier
                            {
                                AboveInputTokens = 500,
                                Input = 2.5m,
                                CachedInput = 0.25m,
                                CacheWrite = 3,
                                CacheWrite1h = 5,
                                AudioInput = 33,
                                CachedAudioInput = 0.5m,
                                Output = 20,
                                Reasoning = 24,
                                AudioOutput = 65,
                            },
                        ],
                        Source = other,
                    },
                    LifeCycle = LifeCycle.Deprecated,
                    Replacement = "n",
                    ReleasedOn = new DateOnly(2025, 8, 7),
                    KnowledgeCutoff = new DateOnly(2024, 5, 30),
                    Source = new FactSource("A", new DateOnly(2026, 1, 1)),
                }
            );
        model.SourceOf("tools").Should().Be(other);
        model.SourceOf("streaming").Name.Should().Be("A");
    }

    [Fact]
    public void Read_EntryWithNothingButItsName_IsUnknownThroughout()
    {
        var model = CatalogueReader.Read(Json("""{"provider":"p","id":"m","source":"a"}""")).Models.Should().ContainSingle().Subject;

        model.Should().BeEquivalentTo(ModelDescriptor.Unknown("p", "m") with { Source = new FactSource("A", new DateOnly(2026, 1, 1)) });
    }

    [Fact]
    public void Read_PropertiesOfALaterVersion_AreSkipped()
    {
        var json = Json(
            """{"provider":"p","shape":{"id":["x",{}]},"id":"m","yes":["telepathy","tools"],"input_modalities":["smell"],"source":"a"}"""
        );

        var model = CatalogueReader.Read(json).Models.Should().ContainSingle().Subject;

        model.Id.Should().Be("m");
        model.Tools.Should().Be(Support.Yes);
        model.InputModalities.Should().Be(Modalities.None);
    }

    [Theory]
    [InlineData("""{"schema":2,"models":[]}""", "*schema 2*reads schema 1*")]
    [InlineData("""{"models":[]}""", "*schema 0*")]
    [InlineData("""{"schema":1,"models":[{"provider":"p","id":"m"}]}""", "*p/m*no source*")]
    [InlineData("""{"schema":1,"models":[{"provider":"p","id":"m","source":"nowhere"}]}""", "*nowhere*")]
    [InlineData("""{"schema":1,"models":[{"provider":1}]}""", "*no model catalogue*")]
    [InlineData("""{"schema":1,"models":[""", "*no model catalogue*")]
    [InlineData("", "*no model catalogue*")]
    public void Read_NoCatalogue_SaysSo(string json, string message)
    {
        var read = () => CatalogueReader.Read(Encoding.UTF8.GetBytes(json));

        read.Should().Throw<FormatException>().WithMessage(message);
    }

    [Fact]
    public void Lines_AreReadNoSoonerThanTheirModelIsAskedFor()
    {
        var file = Encoding.UTF8.GetBytes(
            """
            {"schema":1,"date":"2026-01-01","sources":{"a":{"name":"A","date":"2026-01-01"}},"models":[
              {"provider":"p","id":"m","display_name":"M","aliases":["n"],"tools":[[{"x":1}]],"yes":["tools"],"source":"a"},
              {"provider":"p","id":"broken","source":"nowhere"}
            ]}
            """
        );

        var (date, models) = CatalogueLines.Read(file);

        date.Should().Be(new DateOnly(2026, 1, 1));
        models.Select(model => (model.Provider, model.Id, model.Aliases.Count)).Should().Equal(("p", "m", 1), ("p", "broken", 0));
        models[0]
            .Model.Should()
            .BeEquivalentTo(
                CatalogueReader
                    .Read(Json("""{"provider":"p","id":"m","display_name":"M","aliases":["n"],"yes":["tools"],"source":"a"}"""))
                    .Models[0]
            );
        models[0].Model.Should().BeSameAs(models[0].Model);
        var read = () => models[1].Model;
        read.Should().Throw<FormatException>().WithMessage("*nowhere*");
    }

    private static byte[] Json(string model) =>
        Encoding.UTF8.GetBytes(
            $$$"""
            {"schema":1,"date":"2026-01-01","sources":{"a":{"name":"A","date":"2026-01-01"},"b":{"name":"B","date":"2026-02-02"}},"models":[{{{model}}}]}
            """
        );
}
