namespace Dossier.Core.Tests.Models;

public sealed class ModelValidationTests
{
    private static readonly ModelDescriptor s_model = new()
    {
        Provider = "acme",
        Id = "m",
        ContextTokens = 32_000,
        MaxOutputTokens = 4_000,
        InputModalities = Modalities.Text | Modalities.Image,
        Tools = Support.Yes,
        Reasoning = Support.No,
        Price = new ModelPrice
        {
            Input = 2m,
            Output = 8m,
            Source = new FactSource("list", new DateOnly(2026, 1, 2)),
        },
        Source = new FactSource("list", new DateOnly(2026, 1, 2)),
    };

    [Fact]
    public void NothingRequired_EveryModelIsSuitable()
    {
        var validation = ModelDescriptor.Unknown("p", "m").Validate(new TaskRequirements { Vision = false });

        validation.IsSuitable.Should().BeTrue();
        validation.Checks.Should().BeEmpty();
    }

    [Theory]
    [InlineData(31_999, CheckOutcome.Pass)]
    [InlineData(32_000, CheckOutcome.Pass)]
    [InlineData(32_001, CheckOutcome.Fail)]
    public void Context_HasToBeAtLeastSoLarge(long minimum, CheckOutcome expected) =>
        Outcome(s_model, new TaskRequirements { MinContextTokens = minimum }).Should().Be(expected);

    [Theory]
    [InlineData(4_000, CheckOutcome.Pass)]
    [InlineData(4_001, CheckOutcome.Fail)]
    public void Output_HasToBeAtLeastSoLarge(long minimum, CheckOutcome expected) =>
        Outcome(s_model, new TaskRequirements { MinOutputTokens = minimum }).Should().Be(expected);

    [Theory]
    [InlineData(3.0, CheckOutcome.Pass)]
    [InlineData(2.0, CheckOutcome.Pass)]
    [InlineData(1.99, CheckOutcome.Fail)]
    public void PriceCeiling_LetsTheCheaperPass(decimal ceiling, CheckOutcome expected) =>
        Outcome(s_model, new TaskRequirements { MaxInputPricePerMillion = ceiling }).Should().Be(expected);

    [Theory]
    [InlineData(8.0, CheckOutcome.Pass)]
    [InlineData(7.0, CheckOutcome.Fail)]
    public void OutputPriceCeiling_LooksAtTheOutputPrice(decimal ceiling, CheckOutcome expected) =>
        Outcome(s_model, new TaskRequirements { MaxOutputPricePerMillion = ceiling }).Should().Be(expected);

    [Fact]
    public void PriceCeiling_UnpricedOrInAnotherCurrency_IsUnknown()
    {
        var requirements = new TaskRequirements { MaxInputPricePerMillion = 100 };

        Outcome(s_model with { Price = null }, requirements).Should().Be(CheckOutcome.Unknown);
        Outcome(s_model with { Price = s_model.Price! with { Currency = "EUR" } }, requirements).Should().Be(CheckOutcome.Unknown);
    }

    [Fact]
    public void Features_PassFailOrStayUnknown()
    {
        Outcome(s_model, new TaskRequirements { Vision = true }).Should().Be(CheckOutcome.Pass);
        Outcome(s_model, new TaskRequirements { AudioInput = true }).Should().Be(CheckOutcome.Fail);
        Outcome(s_model, new TaskRequirements { PdfInput = true }).Should().Be(CheckOutcome.Fail);
        Outcome(s_model, new TaskRequirements { Tools = true }).Should().Be(CheckOutcome.Pass);
        Outcome(s_model, new TaskRequirements { Reasoning = true }).Should().Be(CheckOutcome.Fail);
        Outcome(s_model, new TaskRequirements { Streaming = true }).Should().Be(CheckOutcome.Unknown);
        Outcome(s_model, new TaskRequirements { StructuredOutput = true }).Should().Be(CheckOutcome.Unknown);
        Outcome(s_model, new TaskRequirements { SystemPrompt = true }).Should().Be(CheckOutcome.Unknown);
        Outcome(s_model, new TaskRequirements { PromptCaching = true }).Should().Be(CheckOutcome.Unknown);
    }

    [Fact]
    public void JsonMode_UnknownButStructuredOutputKnown_Passes()
    {
        var requirements = new TaskRequirements { JsonMode = true };

        Outcome(s_model, requirements).Should().Be(CheckOutcome.Unknown);
        Outcome(s_model with { StructuredOutput = Support.Yes }, requirements).Should().Be(CheckOutcome.Pass);
        Outcome(s_model with { StructuredOutput = Support.Yes, JsonMode = Support.No }, requirements).Should().Be(CheckOutcome.Fail);
    }

    [Fact]
    public void Unknown_CountsAsFailedUnlessTheRequirementsSayOtherwise()
    {
        var requirements = new TaskRequirements { Streaming = true };

        s_model.Validate(requirements).IsSuitable.Should().BeFalse();
        s_model.Validate(requirements with { UnknownIsSuitable = true }).IsSuitable.Should().BeTrue();
        s_model.Validate(requirements with { UnknownIsSuitable = true, Reasoning = true }).IsSuitable.Should().BeFalse();
    }

    [Fact]
    public void Validation_ConvertsToBoolean()
    {
        bool suitable = s_model.Validate(new TaskRequirements { Vision = true });
        bool unsuitable = s_model.Validate(new TaskRequirements { Reasoning = true });

        suitable.Should().BeTrue();
        unsuitable.Should().BeFalse();
    }

    [Fact]
    public void Check_NamesTheFactAndWhereItCameFrom()
    {
        var registry = new ModelRegistry([s_model]);
        registry.OverrideFacts("acme", "m", new ModelOverrides { ContextTokens = 8_000 }, new FactSource("dossier.json"));

        var check = registry
            .Get("acme", "m")!
            .Validate(new TaskRequirements { MinContextTokens = 16_000 })
            .Checks.Should()
            .ContainSingle()
            .Subject;

        check.Requirement.Should().Be("min_context_tokens");
        check.Fact.Should().Be("context_tokens = 8,000");
        check.Source!.Name.Should().Be("dossier.json");
    }

    [Fact]
    public void EndOfLife_WarnsAndNamesTheReplacement()
    {
        var model = s_model with { LifeCycle = LifeCycle.EndOfLife, Replacement = "m-2" };

        var validation = model.Validate(new TaskRequirements());

        validation.IsSuitable.Should().BeTrue();
        validation.Warnings.Should().Equal("acme/m is no longer served (list, 2026-01-02). Use acme/m-2 instead.");
        (model with { LifeCycle = LifeCycle.Deprecated, Replacement = null })
            .Validate(new TaskRequirements())
            .Warnings[0]
            .Should()
            .Contain("deprecated")
            .And.Contain("No replacement is known");
        (model with { LifeCycle = LifeCycle.Active }).Validate(new TaskRequirements()).Warnings.Should().BeEmpty();
    }

    [Fact]
    public void ToString_ExplainsLineByLine()
    {
        var validation = (s_model with { LifeCycle = LifeCycle.Deprecated, Replacement = "m-2" }).Validate(
            new TaskRequirements
            {
                MinContextTokens = 64_000,
                Vision = true,
                Streaming = true,
                MaxInputPricePerMillion = 3,
            }
        );

        validation
            .ToString()
            .Should()
            .Be(
                """
                acme/m is not suitable.
                  fail     min_context_tokens: at least 64,000 tokens of context are needed, and it takes only 32,000 (context_tokens = 32,000; list, 2026-01-02)
                  pass     vision: it reads images (input_modalities = text, image; list, 2026-01-02)
                  unknown  streaming: whether it supports streaming is not known (streaming = unknown)
                  pass     max_input_price_per_million: a million input tokens may cost at most 3 USD, and cost 2 USD (price = 2 USD per million input tokens; list, 2026-01-02)
                  warning  acme/m is deprecated (list, 2026-01-02). Use acme/m-2 instead.
                """
            );
    }

    private static CheckOutcome Outcome(ModelDescriptor model, TaskRequirements requirements) =>
        model.Validate(requirements).Checks.Single().Outcome;
}
