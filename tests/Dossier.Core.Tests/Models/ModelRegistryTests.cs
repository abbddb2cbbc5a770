namespace Dossier.Core.Tests.Models;

public sealed class ModelRegistryTests
{
    private static readonly FactSource s_file = new("dossier.json");
    private readonly ModelRegistry _registry = new();

    [Theory]
    [InlineData("openai", "gpt-5-mini")]
    [InlineData("OpenAI", "GPT-5-Mini")]
    [InlineData("openai", "gpt-5-mini-2025-08-07")]
    [InlineData("openai", "gpt-5-mini-2031-01-31")]
    public void Get_IdAliasOrSnapshot_IsTheModel(string provider, string name) =>
        _registry.Get(provider, name)!.Id.Should().Be("gpt-5-mini");

    [Theory]
    [InlineData("openai", "gpt-5-mini-2025-13-31")]
    [InlineData("anthropic", "gpt-5-mini")]
    [InlineData("nobody", "gpt-5-mini")]
    [InlineData("openai", "")]
    public void Get_UnknownName_IsNull(string provider, string name) => _registry.Get(provider, name).Should().BeNull();

    [Fact]
    public void Get_SnapshotWithItsOwnEntry_IsThatEntry()
    {
        var old = _registry.Get("openai", "gpt-4o-2024-05-13")!;

        old.Id.Should().Be("gpt-4o-2024-05-13");
        old.Price!.Input.Should().Be(5m);
        _registry.Get("openai", "gpt-4o-2024-08-06")!.Price!.Input.Should().Be(2.5m);
    }

    [Fact]
    public void Get_AliasThatIsAlsoAnId_IsTheModelOfThatId()
    {
        var registry = new ModelRegistry([Model("p", "new") with { Aliases = ["old"] }, Model("p", "old")]);

        registry.Get("p", "old")!.Id.Should().Be("old");
        registry.Find("old").Should().ContainSingle();
    }

    [Fact]
    public void Find_NameThatSeveralProvidersHave_GivesOneEach()
    {
        var registry = new ModelRegistry([Model("a", "m"), Model("b", "M"), Model("c", "other") with { Aliases = ["m"] }, Model("d", "n")]);

        registry.Find("m").Select(model => model.Provider).Should().Equal("a", "b", "c");
    }

    [Fact]
    public void Find_Snapshot_PrefersTheEntryOfItsOwnAndAddsTheOtherProviders()
    {
        var registry = new ModelRegistry([Model("a", "m"), Model("a", "m-2025-01-31"), Model("b", "m")]);

        registry.Find("m-2025-01-31").Select(model => $"{model.Provider}/{model.Id}").Should().Equal("a/m-2025-01-31", "b/m");
    }

    [Fact]
    public void Register_NewModel_IsFound()
    {
        _registry.Register(Model("acme", "m-1") with { ContextTokens = 5 });

        _registry.Get("acme", "m-1")!.ContextTokens.Should().Be(5);
        _registry.Get("openai", "gpt-5").Should().NotBeNull();
    }

    [Fact]
    public void Register_KnownModel_ReplacesItWholly()
    {
        var count = _registry.Models.Count;

        _registry.Register(Model("OpenAI", "GPT-5"));

        _registry.Models.Should().HaveCount(count);
        _registry.Get("openai", "gpt-5")!.ContextTokens.Should().BeNull();
        new ModelRegistry().Get("openai", "gpt-5")!.ContextTokens.Should().NotBeNull("registries do not share what is registered");
    }

    [Theory]
    [InlineData("", "m")]
    [InlineData("p", "")]
    public void Register_ModelWithoutName_IsRefused(string provider, string id)
    {
        var register = () => _registry.Register(Model(provider, id));

        register.Should().Throw<ArgumentException>();
    }

    [Fact]
    public void OverrideFacts_ReplacesThoseFactsAndTheirSourcesOnly()
    {
        var before = _registry.Get("openai", "gpt-5-mini")!;

        _registry.OverrideFacts(
            "openai",
            "gpt-5-mini",
            new ModelOverrides
            {
                ContextTokens = 1234,
                Price = new PriceOverrides { Input = 0.2m, Output = 1.5m },
            },
            s_file
        );

        var after = _registry.Get("openai", "gpt-5-mini-2025-08-07")!;
        after.ContextTokens.Should().Be(1234);
        after.SourceOf("context_tokens").Should().Be(s_file);
        after.Price!.Input.Should().Be(0.2m);
        after.Price.CachedInput.Should().BeNull();
        after.Price.Source.Should().Be(s_file);
        after.MaxOutputTokens.Should().Be(before.MaxOutputTokens);
        after.SourceOf("max_output_tokens").Should().Be(before.SourceOf("max_output_tokens"));
        after.Tools.Should().Be(before.Tools);
        after.ReleasedOn.Should().Be(before.ReleasedOn);
    }

    [Fact]
    public void OverrideFacts_EveryFact_IsTaken()
    {
        var facts = new ModelOverrides
        {
            DisplayName = "Mine",
            ContextTokens = 3,
            MaxInputTokens = 2,
            MaxOutputTokens = 1,
            InputModalities = Modalities.Audio,
            OutputModalities = Modalities.Video,
            Tools = Support.Yes,
            StructuredOutput = Support.No,
            JsonMode = Support.Yes,
            Reasoning = Support.No,
            Streaming = Support.Yes,
            SystemPrompt = Support.No,
            Temperature = Support.Yes,
            TopP = Support.Yes,
            Penalties = Support.No,
            StopSequences = Support.Yes,
            PromptCaching = Support.No,
            Embeddings = Support.Yes,
            Price = new PriceOverrides
            {
                Input = 1,
                CachedInput = 2,
                CacheWrite = 3,
                Output = 4,
                Reasoning = 5,
                Currency = "EUR",
            },
            LifeCycle = LifeCycle.Deprecated,
            Replacement = "next",
        };

        _registry.OverrideFacts("acme", "m", facts);

        var model = _registry.Get("acme", "m")!;
        model.Should().BeEquivalentTo(facts);
        model.Price!.Source.Name.Should().Be("configuration");
        model.OtherSources.Should().HaveCount(21);
    }

    [Fact]
    public void OverrideFacts_SnapshotWithoutAnEntry_GetsOneWithTheModelsFacts()
    {
        _registry.OverrideFacts("openai", "gpt-5-2031-01-31", new ModelOverrides { ContextTokens = 9 });

        _registry.Get("openai", "gpt-5-2031-01-31")!.ContextTokens.Should().Be(9);
        _registry.Get("openai", "gpt-5-2031-01-31")!.Tools.Should().Be(Support.Yes);
        _registry.Get("openai", "gpt-5")!.ContextTokens.Should().Be(400_000);
    }

    [Fact]
    public void OverrideFacts_ThenRegister_StaysInForce()
    {
        _registry.OverrideFacts("acme", "m", new ModelOverrides { Tools = Support.Yes });

        _registry.Register(Model("acme", "m") with { ContextTokens = 7, Tools = Support.No });

        _registry.Get("acme", "m")!.ContextTokens.Should().Be(7);
        _registry.Get("acme", "m")!.Tools.Should().Be(Support.Yes);
    }

    [Fact]
    public void OverrideFacts_ObjectChangedLater_HasNoEffect()
    {
        var facts = new ModelOverrides
        {
            ContextTokens = 7,
            Price = new PriceOverrides { Input = 1 },
        };
        _registry.OverrideFacts("acme", "m", facts);

        facts.ContextTokens = 8;
        facts.Price.Input = 2;
        _registry.Register(Model("acme", "m"));

        _registry.Get("acme", "m")!.ContextTokens.Should().Be(7);
        _registry.Get("acme", "m")!.Price!.Input.Should().Be(1m);
    }

    [Fact]
    public void OverrideFacts_ImpossibleValues_AreRefused()
    {
        var limit = () => _registry.OverrideFacts("p", "m", new ModelOverrides { MaxOutputTokens = 0 });
        var price = () => _registry.OverrideFacts("p", "m", new ModelOverrides { Price = new PriceOverrides { Output = -1 } });

        limit.Should().Throw<ArgumentOutOfRangeException>().WithParameterName("MaxOutputTokens");
        price.Should().Throw<ArgumentOutOfRangeException>().WithParameterName("Output");
    }

    [Theory]
    [InlineData("gpt5-mini", "openai/gpt-5-mini")]
    [InlineData("gtp-4o", "openai/gpt-4o")]
    [InlineData("opnai/gpt-4o", "openai/gpt-4o")]
    [InlineData("claude-sonet-5", "anthropic/claude-sonnet-5")]
    public void ClosestTo_SlipOfThePen_FindsWhatWasMeant(string name, string expected) =>
        _registry.ClosestTo(name, 3)[0].Should().Be(expected);

    [Fact]
    public void ClosestTo_GivesNoMoreThanAsked()
    {
        _registry.ClosestTo("claude", 2).Should().HaveCount(2);
        _registry.ClosestTo("claude", 0).Should().BeEmpty();
        _registry.ClosestTo("zzzzzzzzzzzzzz", 3).Should().BeEmpty();
    }

    [Fact]
    public async Task ConcurrentWrites_AreAllKept()
    {
        var writes = Enumerable
            .Range(0, 8)
            .Select(i => Task.Run(() => _registry.Register(Model("acme", $"m-{i}")), TestContext.Current.CancellationToken));

        await Task.WhenAll(writes);

        _registry.Models.Count(model => model.Provider == "acme").Should().Be(8);
    }

    private static ModelDescriptor Model(string provider, string id) => new() { Provider = provider, Id = id };
}
