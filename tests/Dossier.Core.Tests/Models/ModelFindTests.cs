namespace Dossier.Core.Tests.Models;

public sealed class ModelFindTests
{
    private static readonly FactSource s_source = new("test");

    private readonly ModelRegistry _registry = new([
        Model("a", "small", 8_000, 1, 2, new(2025, 1, 1)),
        Model("a", "large", 200_000, 3, 15, new(2025, 6, 1)),
        Model("b", "reader", 128_000, 2, 20, new(2026, 1, 1)) with
        {
            InputModalities = Modalities.Text | Modalities.Image,
        },
        Model("b", "unpriced", 1_000_000, null, null, null),
        Model("b", "gone", 500_000, 0.1m, 0.1m, new(2023, 1, 1)) with
        {
            LifeCycle = LifeCycle.EndOfLife,
        },
        Model("c", "vectors", 8_000, 0.01m, null, new(2026, 2, 2)) with
        {
            OutputModalities = Modalities.None,
            Embeddings = Support.Yes,
        },
    ]);

    [Fact]
    public void NoOrder_IsTheCheapestFirst_AndTheUnpricedLast() =>
        Ids(_registry.Find(new())).Should().Equal("a/small", "a/large", "b/reader", "b/unpriced");

    [Fact]
    public void ExpectedUsage_DecidesWhatIsCheapest()
    {
        var muchOutput = new TaskRequirements
        {
            MinContextTokens = 100_000,
            ExpectedUsage = new() { Input = 10, Output = 1_000 },
        };
        var muchInput = muchOutput with
        {
            ExpectedUsage = new() { Input = 1_000, Output = 10 },
        };

        Ids(_registry.Find(muchOutput))[0].Should().Be("a/large");
        Ids(_registry.Find(muchInput))[0].Should().Be("b/reader");
        Ids(_registry.Find(muchInput, ModelOrder.Cheapest(muchOutput.ExpectedUsage)))[0].Should().Be("a/large");
    }

    [Fact]
    public void CheapestKnowsTheTierThatACallFallsInto()
    {
        var tiered = Model("a", "tiered", 1_000_000, 0.5m, 1, null);
        tiered = tiered with
        {
            Price = tiered.Price! with
            {
                Tiers =
                [
                    new()
                    {
                        AboveInputTokens = 200_000,
                        Input = 9,
                        Output = 9,
                    },
                ],
            },
        };
        var registry = new ModelRegistry([tiered, Model("a", "flat", 1_000_000, 1, 2, null)]);

        Ids(registry.Find(new() { ExpectedUsage = new() { Input = 1_000 } }))[0].Should().Be("a/tiered");
        Ids(registry.Find(new() { ExpectedUsage = new() { Input = 300_000 } }))[0].Should().Be("a/flat");
    }

    [Fact]
    public void CheapestKnowsTheCachedShare()
    {
        var cached = Model("a", "cached", 1_000_000, 3, 10, null);
        cached = cached with { Price = cached.Price! with { CachedInput = 0.1m } };
        var registry = new ModelRegistry([cached, Model("a", "flat", 1_000_000, 1, 10, null)]);

        Ids(registry.Find(new() { ExpectedUsage = Mix(cachedShare: 0.5m) }))[0].Should().Be("a/flat");
        Ids(registry.Find(new() { ExpectedUsage = Mix(cachedShare: 0.9m) }))[0].Should().Be("a/cached");

        static TokenUsage Mix(decimal cachedShare) =>
            new()
            {
                Input = (long)(100_000 * (1 - cachedShare)),
                CachedInput = (long)(100_000 * cachedShare),
                Output = 1_000,
            };
    }

    [Fact]
    public void PriceCeilings_LeaveOutTheUnpriced_UnlessUnknownIsSuitable()
    {
        var requirements = new TaskRequirements { MaxInputPricePerMillion = 2, MaxOutputPricePerMillion = 20 };

        Ids(_registry.Find(requirements)).Should().Equal("a/small", "b/reader");
        Ids(_registry.Find(requirements with { UnknownIsSuitable = true })).Should().Equal("a/small", "b/reader", "b/unpriced");
    }

    [Fact]
    public void PriceInAnotherCurrency_IsNoCheapestAndWithinNoCeiling()
    {
        var cheap = Model("a", "yen", 1_000_000, 0.5m, 0.5m, null);
        var registry = new ModelRegistry([
            cheap with
            {
                Price = cheap.Price! with { Currency = "JPY" },
            },
            Model("a", "dollars", 1_000_000, 1, 2, null),
        ]);

        Ids(registry.Find(new())).Should().Equal("a/dollars", "a/yen");
        Ids(registry.Find(new() { MaxInputPricePerMillion = 5 })).Should().Equal("a/dollars");
    }

    [Fact]
    public void OtherOrders_AreKept()
    {
        Ids(_registry.Find(new(), ModelOrder.LargestContext)).Should().Equal("b/unpriced", "a/large", "b/reader", "a/small");
        Ids(_registry.Find(new(), ModelOrder.Newest)).Should().Equal("b/reader", "a/large", "a/small", "b/unpriced");
        Ids(_registry.Find(new(), Comparer<ModelDescriptor>.Create((x, y) => string.CompareOrdinal(x.Id, y.Id))))
            .Should()
            .Equal("a/large", "b/reader", "a/small", "b/unpriced");
    }

    [Fact]
    public void Count_GivesTheFirstOnes()
    {
        foreach (var order in new[] { ModelOrder.Cheapest(), ModelOrder.Newest, ModelOrder.LargestContext })
        {
            var all = Ids(_registry.Find(new(), order));
            for (var count = 0; count <= all.Count; count++)
                Ids(_registry.Find(new(), order, count: count)).Should().Equal(all.Take(count));
        }
    }

    [Fact]
    public void Providers_BoundTheChoice()
    {
        Ids(_registry.Find(new(), providers: ["B"])).Should().Equal("b/reader", "b/unpriced");
        _registry.ConfiguredProviders = new HashSet<string> { "a" };
        Ids(_registry.Find(new())).Should().Equal("a/small", "a/large");
        Ids(_registry.Find(new(), providers: ["a", "b"])).Should().HaveCount(4);
    }

    [Fact]
    public void Embeddings_AreFoundOnlyWhereTheyAreRequired() =>
        Ids(_registry.Find(new() { Embeddings = true })).Should().Equal("c/vectors");

    [Fact]
    public void UnknownFact_CountsAsMissing_UnlessTheRequirementsSayOtherwise()
    {
        Ids(_registry.Find(new() { Tools = true })).Should().BeEmpty();
        Ids(_registry.Find(new() { Tools = true, UnknownIsSuitable = true })).Should().HaveCount(4);
    }

    [Fact]
    public void CostPerCall_IsACeiling()
    {
        var requirements = new TaskRequirements
        {
            MaxCostPerCall = 0.005m,
            ExpectedUsage = new() { Input = 1_000, Output = 1_000 },
        };

        Ids(_registry.Find(requirements)).Should().Equal("a/small");
        _registry.Get("a", "small")!.Validate(requirements).IsSuitable.Should().BeTrue();
        var dear = _registry.Get("b", "reader")!.Validate(requirements);
        dear.IsSuitable.Should().BeFalse();
        dear.Checks.Should()
            .ContainSingle()
            .Which.ToString()
            .Should()
            .Be(
                "fail     max_cost_per_call: a call of 1,000 input and 1,000 output tokens may cost at most 0.005 USD, but cost 0.022 USD (price = 2 USD in, 20 USD out per million tokens (test); test)"
            );
        _registry.Get("b", "unpriced")!.Validate(requirements).Checks[0].Outcome.Should().Be(CheckOutcome.Unknown);
    }

    [Fact]
    public void CostPerCallWithoutACall_IsRefused()
    {
        var requirements = new TaskRequirements { MaxCostPerCall = 1 };
        var find = () => _registry.Find(requirements);
        var validate = () => _registry.Get("a", "small")!.Validate(requirements);

        find.Should().Throw<ArgumentException>().WithMessage("*Set ExpectedUsage*");
        validate.Should().Throw<ArgumentException>().WithMessage("*Set ExpectedUsage*");
    }

    public static TheoryData<TaskRequirements> Requirements =>
        new(
            new TaskRequirements { MinContextTokens = 150_000 },
            new TaskRequirements { MinOutputTokens = 20_000 },
            new TaskRequirements { Vision = true, Tools = true },
            new TaskRequirements { StructuredOutput = true },
            new TaskRequirements { JsonMode = true },
            new TaskRequirements { Reasoning = true, Streaming = true },
            new TaskRequirements { AudioInput = true },
            new TaskRequirements { PdfInput = true, SystemPrompt = true },
            new TaskRequirements { PromptCaching = true, MaxInputPricePerMillion = 1 },
            new TaskRequirements { MaxOutputPricePerMillion = 2 },
            new TaskRequirements { Embeddings = true },
            new()
            {
                MaxCostPerCall = 0.01m,
                ExpectedUsage = new() { Input = 1000, Output = 1000 },
            },
            new()
            {
                MaxCostPerCall = 0.01m,
                ExpectedUsage = new() { Input = 1000, Output = 1000 },
                UnknownIsSuitable = true,
                JsonMode = true,
            }
        );

    [Theory]
    [MemberData(nameof(Requirements))]
    public void SearchAndValidation_AgreeOnEveryModel(TaskRequirements requirements)
    {
        foreach (var model in EmbeddedCatalogue.Index.Models.Concat(_registry.Models))
            RequirementTests.Meets(model, requirements).Should().Be(model.Validate(requirements).IsSuitable, model.ToString());
    }

    private static List<string> Ids(IReadOnlyList<ModelDescriptor> models) => [.. models.Select(model => $"{model.Provider}/{model.Id}")];

    private static ModelDescriptor Model(string provider, string id, long context, decimal? input, decimal? output, DateOnly? released) =>
        new()
        {
            Provider = provider,
            Id = id,
            ContextTokens = context,
            InputModalities = Modalities.Text,
            OutputModalities = Modalities.Text,
            ReleasedOn = released,
            Price = input is null
                ? null
                : new()
                {
                    Input = input,
                    Output = output,
                    Source = s_source,
                },
            Source = s_source,
        };
}
