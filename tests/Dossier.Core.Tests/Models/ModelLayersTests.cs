namespace Dossier.Core.Tests.Models;

public sealed class ModelLayersTests
{
    private static readonly DateOnly s_later = EmbeddedCatalogue.Date.AddDays(10);
    private readonly ModelRegistry _registry = new();

    [Fact]
    public void SyncedFact_WinsOverTheEmbeddedOne_AndKeepsItsSource()
    {
        var before = _registry.Get("openai", "gpt-5-mini")!;
        Sync(s_later, Model("openai", "gpt-5-mini", "models.dev", s_later) with { ContextTokens = 5, Tools = Support.No });

        var model = _registry.Get("openai", "gpt-5-mini")!;

        model.ContextTokens.Should().Be(5);
        model.SourceOf("context_tokens").Should().Be(new FactSource("models.dev", s_later));
        model.Tools.Should().Be(Support.No);
        model.Vision.Should().Be(before.Vision);
        model.Price.Should().Be(before.Price);
        model.SourceOf("price").Should().Be(before.SourceOf("price"));
        model.DisplayName.Should().Be(before.DisplayName);
        model.Aliases.Should().Equal(before.Aliases);
    }

    [Fact]
    public void SyncedCatalogueOlderThanTheEmbeddedOne_OnlyFillsGaps()
    {
        var old = EmbeddedCatalogue.Date.AddDays(-1);
        var embedded = _registry.Get("openai", "gpt-5-mini")!.ContextTokens;
        Sync(
            old,
            Model("openai", "gpt-5-mini", "old", old) with
            {
                ContextTokens = 5,
            },
            Model("acme", "m", "old", old) with
            {
                ContextTokens = 6,
            }
        );

        _registry.Get("openai", "gpt-5-mini")!.ContextTokens.Should().Be(embedded);
        _registry.Get("acme", "m")!.ContextTokens.Should().Be(6);
    }

    [Fact]
    public void DetectedFact_WinsOverTheSyncedOne_AndConfigurationOverBoth()
    {
        Sync(s_later, Model("openai", "gpt-5-mini", "synced", s_later) with { ContextTokens = 5, MaxOutputTokens = 5, MaxInputTokens = 5 });
        Detect(Model("openai", "gpt-5-mini", "detected", s_later) with { MaxOutputTokens = 4, MaxInputTokens = 4 });
        _registry.Configure([new("openai", "gpt-5-mini", [(new() { MaxInputTokens = 3 }, new("configuration"))])]);

        var model = _registry.Get("openai", "gpt-5-mini")!;

        (model.ContextTokens, model.MaxOutputTokens, model.MaxInputTokens).Should().Be((5, 4, 3));
        model.SourceOf("context_tokens").Name.Should().Be("synced");
        model.SourceOf("max_output_tokens").Name.Should().Be("detected");
        model.SourceOf("max_input_tokens").Name.Should().Be("configuration");
    }

    [Fact]
    public void RegisteredModel_ReplacesWhatIsBelow()
    {
        Detect(Model("acme", "m", "detected", s_later) with { ContextTokens = 4 });
        _registry.Register(new ModelDescriptor { Provider = "acme", Id = "m" });

        _registry.Get("acme", "m")!.ContextTokens.Should().BeNull();
    }

    [Fact]
    public void DetectedSnapshotOfAKnownModel_HasTheFactsOfTheModel()
    {
        Detect(Model("anthropic", "claude-haiku-4-5-20251001", "detected", s_later) with { MaxOutputTokens = 7 });

        var dated = _registry.Get("anthropic", "claude-haiku-4-5-20251001")!;

        dated.Id.Should().Be("claude-haiku-4-5-20251001");
        dated.MaxOutputTokens.Should().Be(7);
        dated.Tools.Should().Be(Support.Yes);
        _registry.Get("anthropic", "claude-haiku-4-5")!.MaxOutputTokens.Should().BeGreaterThan(7);
    }

    [Fact]
    public void DetectedAgain_ReplacesTheAnswerOfThatEndpointOnly()
    {
        _registry.SetDetected("a", () => [Model("acme", "m-1", "detected", s_later)]);
        _registry.SetDetected("b", () => [Model("acme", "m-2", "detected", s_later)]);
        _registry.SetDetected("a", () => [Model("acme", "m-3", "detected", s_later)]);

        _registry.Models.Where(model => model.Provider == "acme").Select(model => model.Id).Should().BeEquivalentTo("m-2", "m-3");
    }

    [Fact]
    public void NothingIsReadBeforeTheFirstQuestion_AndOnlyOnce()
    {
        var reads = 0;
        _registry.UseSnapshots(_ =>
        {
            reads++;
            return null;
        });
        _registry.Register(new ModelDescriptor { Provider = "acme", Id = "m" });

        reads.Should().Be(0);
        _registry.Get("acme", "m").Should().NotBeNull();
        _registry.Get("acme", "n").Should().BeNull();
        reads.Should().Be(1);
    }

    [Fact]
    public void AsOf_TakesTheSnapshotOfThatDay_AndNoLaterAnswer()
    {
        var (first, second) = (s_later, s_later.AddMonths(1));
        _registry.UseSnapshots(day =>
            new(
                day >= second || day is null ? second : first,
                [
                    Model("acme", "m", "models.dev", day >= second || day is null ? second : first) with
                    {
                        Price = new() { Input = day >= second || day is null ? 2 : 1, Source = new("models.dev", first) },
                    },
                ]
            )
        );
        Detect(Model("acme", "m", "detected", second) with { ContextTokens = 4 });
        _registry.OverrideFacts("acme", "m", new() { Tools = Support.Yes });

        var then = _registry.AsOf(first).Get("acme", "m")!;
        var now = _registry.Get("acme", "m")!;

        then.Price!.Input.Should().Be(1);
        then.ContextTokens.Should().BeNull();
        then.Tools.Should().Be(Support.Yes);
        now.Price!.Input.Should().Be(2);
        now.ContextTokens.Should().Be(4);
        _registry.AsOf(second).Get("acme", "m")!.Price!.Input.Should().Be(2);
    }

    [Fact]
    public void AsOfADayBeforeTheEmbeddedCatalogue_TakesTheSnapshotOfThatDay()
    {
        var registry = new ModelRegistry();
        var day = EmbeddedCatalogue.Date.AddDays(-10);
        var price = new ModelPrice { Input = 12_345, Source = new("models.dev", day) };
        registry.UseSnapshots(_ => new(day, [Model("openai", "gpt-5-mini", "models.dev", day) with { Price = price }]));

        registry.AsOf(day).Get("openai", "gpt-5-mini")!.Price!.Input.Should().Be(12_345);
        registry.Get("openai", "gpt-5-mini")!.Price!.Input.Should().NotBe(12_345);
    }

    [Fact]
    public void RegistryOfItsOwnModels_KnowsNoSyncedCatalogue()
    {
        var registry = new ModelRegistry([new ModelDescriptor { Provider = "acme", Id = "m" }]);
        registry.UseSnapshots(_ => new(s_later, [Model("acme", "n", "models.dev", s_later)]));

        registry.Models.Should().ContainSingle();
    }

    [Theory]
    [InlineData(1, 2, 1)]
    [InlineData(2, 2, 0)]
    public void PriceWithoutTiers_KeepsThoseOfTheSamePriceBelow(int input, int output, int tiers)
    {
        var source = new FactSource("detected", s_later);
        Sync(
            s_later,
            Model("acme", "m", "synced", s_later) with
            {
                Price = new()
                {
                    Input = 1,
                    Output = 2,
                    Tiers =
                    [
                        new()
                        {
                            AboveInputTokens = 200_000,
                            Input = 2,
                            Output = 4,
                        },
                    ],
                    Source = new("synced", s_later),
                },
            }
        );
        Detect(
            Model("acme", "m", "detected", s_later) with
            {
                Price = new()
                {
                    Input = input,
                    Output = output,
                    Source = source,
                },
            }
        );

        var price = _registry.Get("acme", "m")!.Price!;

        price.Source.Should().Be(source);
        price.Tiers.Should().HaveCount(tiers);
    }

    [Fact]
    public void EveryFactThatTheUpperOneKnows_Wins()
    {
        var upper = FullModel.Create("p", "m", 2);

        var merged = ModelMerge.Over(FullModel.Create("p", "m", 1), upper);

        merged.Should().BeEquivalentTo(upper, options => options.Excluding(model => model.Source).Excluding(model => model.Aliases));
        merged.Aliases.Should().Equal("alias-2", "alias-1");
        ModelFact.Names.Should().OnlyContain(fact => merged.SourceOf(fact) == upper.Source);
    }

    [Fact]
    public void NothingThatTheUpperOneDoesNotKnow_IsLost()
    {
        var lower = FullModel.Create("p", "m", 1);

        var merged = ModelMerge.Over(lower, ModelDescriptor.Unknown("p", "m"));

        merged.Should().BeEquivalentTo(lower);
        ModelFact.Names.Should().OnlyContain(fact => merged.SourceOf(fact) == lower.Source);
    }

    private void Sync(DateOnly date, params ModelDescriptor[] models) => _registry.UseSnapshots(_ => new(date, models));

    private void Detect(params ModelDescriptor[] models) => _registry.SetDetected("test", () => models);

    private static ModelDescriptor Model(string provider, string id, string source, DateOnly date) =>
        new()
        {
            Provider = provider,
            Id = id,
            Source = new(source, date),
        };
}
