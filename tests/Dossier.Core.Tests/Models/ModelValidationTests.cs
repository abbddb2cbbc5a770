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

    public static TheoryData<string, TaskRequirements> EveryRequirement =>
        new()
        {
            {
                "min_context_tokens",
                new() { MinContextTokens = 50 }
            },
            {
                "min_output_tokens",
                new() { MinOutputTokens = 50 }
            },
            {
                "vision",
                new() { Vision = true }
            },
            {
                "tools",
                new() { Tools = true }
            },
            {
                "structured_output",
                new() { StructuredOutput = true }
            },
            {
                "json_mode",
                new() { JsonMode = true }
            },
            {
                "reasoning",
                new() { Reasoning = true }
            },
            {
                "streaming",
                new() { Streaming = true }
            },
            {
                "audio_input",
                new() { AudioInput = true }
            },
            {
                "pdf_input",
                new() { PdfInput = true }
            },
            {
                "system_prompt",
                new() { SystemPrompt = true }
            },
            {
                "prompt_caching",
                new() { PromptCaching = true }
            },
            {
                "embeddings",
                new() { Embeddings = true }
            },
            {
                "max_input_price_per_million",
                new() { MaxInputPricePerMillion = 5 }
            },
            {
                "max_output_price_per_million",
                new() { MaxOutputPricePerMillion = 5 }
            },
            {
                "max_cost_per_call",
                new()
                {
                    MaxCostPerCall = 0.01m,
                    ExpectedUsage = new() { Input = 1_000, Output = 1_000 },
                }
            },
        };

    [Theory]
    [MemberData(nameof(EveryRequirement))]
    public void EveryRequirement_IsAnsweredWithTheFactItsValueAndItsSource(string name, TaskRequirements requirements)
    {
        var source = new FactSource("list", new DateOnly(2026, 1, 2));
        var able = new ModelDescriptor
        {
            Provider = "acme",
            Id = "able",
            ContextTokens = 100,
            MaxOutputTokens = 100,
            InputModalities = Modalities.Text | Modalities.Image | Modalities.Audio | Modalities.Pdf,
            Tools = Support.Yes,
            StructuredOutput = Support.Yes,
            JsonMode = Support.Yes,
            Reasoning = Support.Yes,
            Streaming = Support.Yes,
            SystemPrompt = Support.Yes,
            PromptCaching = Support.Yes,
            Embeddings = Support.Yes,
            Price = new()
            {
                Input = 1,
                Output = 2,
                Source = source,
            },
            Source = source,
        };
        var unable = new ModelDescriptor
        {
            Provider = "acme",
            Id = "unable",
            ContextTokens = 10,
            MaxOutputTokens = 10,
            InputModalities = Modalities.Text,
            Tools = Support.No,
            StructuredOutput = Support.No,
            JsonMode = Support.No,
            Reasoning = Support.No,
            Streaming = Support.No,
            SystemPrompt = Support.No,
            PromptCaching = Support.No,
            Embeddings = Support.No,
            Price = new()
            {
                Input = 10,
                Output = 20,
                Source = source,
            },
            Source = source,
        };

        var pass = able.Validate(requirements).Checks.Should().ContainSingle().Subject;
        var fail = unable.Validate(requirements).Checks.Should().ContainSingle().Subject;
        var unknown = ModelDescriptor.Unknown("acme", "who").Validate(requirements).Checks.Should().ContainSingle().Subject;

        (pass.Requirement, pass.Outcome, pass.Source).Should().Be((name, CheckOutcome.Pass, source));
        (fail.Requirement, fail.Outcome, fail.Source).Should().Be((name, CheckOutcome.Fail, source));
        (unknown.Requirement, unknown.Outcome, unknown.Source).Should().Be((name, CheckOutcome.Unknown, null));
        foreach (var check in new[] { pass, fail, unknown })
        {
            ModelFact.Names.Should().Contain(check.Fact.Split(" = ")[0]);
            check.Reason.Should().NotBeEmpty();
        }
        new[] { pass.Fact, fail.Fact, unknown.Fact }.Should().OnlyHaveUniqueItems("each has the value that decided");
    }

    [Fact]
    public void EveryMemberOfTheRequirements_IsARequirement_OrSaysHowOneIsMeant()
    {
        string[] notes = [nameof(TaskRequirements.ExpectedUsage), nameof(TaskRequirements.UnknownIsSuitable)];

        typeof(TaskRequirements).GetProperties().Should().HaveCount(EveryRequirement.Count + notes.Length);
    }

    [Fact]
    public void CostPerCall_CountsTheCachedShareAndTheTier()
    {
        var model = s_model with
        {
            Price = s_model.Price! with
            {
                CachedInput = 0.2m,
                Tiers =
                [
                    new()
                    {
                        AboveInputTokens = 200_000,
                        Input = 4m,
                        CachedInput = 0.4m,
                        Output = 12m,
                    },
                ],
            },
        };
        var requirements = new TaskRequirements
        {
            MaxCostPerCall = 0.05m,
            ExpectedUsage = new()
            {
                Input = 10_000,
                CachedInput = 90_000,
                Output = 1_000,
            },
        };
        var large = requirements with { ExpectedUsage = requirements.ExpectedUsage! with { CachedInput = 200_000 } };

        // 10,000 × 2 + 90,000 × 0.20 + 1,000 × 8; then 10,000 × 4 + 200,000 × 0.40 + 1,000 × 12.
        model.Validate(requirements).Checks[0].Reason.Should().EndWith("may cost at most 0.05 USD, and cost 0.046 USD");
        model.Validate(large).Checks[0].Reason.Should().EndWith("may cost at most 0.05 USD, but cost 0.132 USD");
    }

    [Fact]
    public void Deprecated_WarnsSinceWhenAndUntilWhen()
    {
        var model = s_model with
        {
            LifeCycle = LifeCycle.Deprecated,
            DeprecatedOn = new(2026, 6, 11),
            EndOfLifeOn = new(2026, 12, 11),
            Replacement = "m-2",
        };

        model
            .Validate(new())
            .Warnings.Should()
            .Equal("acme/m is deprecated since 2026-06-11, and is served until 2026-12-11 (list, 2026-01-02). Use acme/m-2 instead.");
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
