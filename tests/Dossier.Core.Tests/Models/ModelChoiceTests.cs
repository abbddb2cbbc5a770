using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Models;

public sealed class ModelChoiceTests
{
    [Fact]
    public async Task GetChatClientFor_OpensTheFirstThatFits()
    {
        await using var test = await OpenAsync();

        var cheapest = test.Session.GetChatClientFor(new() { Tools = true });
        var largest = test.Session.GetChatClientFor(new() { Tools = true }, ModelOrder.LargestContext);

        Model(cheapest).Should().Be("small");
        Model(largest).Should().Be("large");
        (await cheapest.GetResponseAsync("Hello", cancellationToken: TestContext.Current.CancellationToken))
            .Text.Should()
            .Be("Hello there");
    }

    [Fact]
    public async Task GetChatClientFor_NothingFits_SaysWhatComesNearestAndWhatItLacks()
    {
        await using var test = await OpenAsync();

        var get = () =>
            test.Session.GetChatClientFor(
                new()
                {
                    Tools = true,
                    MinContextTokens = 900_000,
                    Vision = true,
                }
            );

        var error = get.Should().Throw<ModelResolutionException>().Which;
        error
            .Message.Should()
            .Contain("No model of the configured providers (scripted) meets the requirements")
            .And.Contain(
                "scripted/large: at least 900,000 tokens of context are needed, and it takes only 200,000; it does not read images"
            )
            .And.NotContain("openai/");
        error.Candidates.Should().Equal("scripted/large", "scripted/small");
    }

    [Fact]
    public async Task GetChatClientFor_NoProvider_SaysToConfigureOne()
    {
        await using var test = await TestSession.OpenAsync(options => options.Providers.Clear());

        var get = () => test.Session.GetChatClientFor(new());

        get.Should().Throw<ModelResolutionException>().WithMessage("*no provider is configured*");
    }

    [Fact]
    public async Task GetChatClientFor_TheLocalModel_IsNeverChosen()
    {
        await using var test = await TestSession.OpenAsync(options =>
            options.Providers["local"] = new() { Kind = "local", Implementation = options.Providers["scripted"].Implementation }
        );

        var get = () => test.Session.GetChatClientFor(new());

        get.Should().Throw<ModelResolutionException>();
    }

    [Fact]
    public async Task Validation_OfAModelThatDoesNotFit_NamesConfiguredOnesThatDo()
    {
        await using var test = await OpenAsync();

        var validation = test.Session.ValidateModelForTask(new TaskRequirements { MinContextTokens = 32_000 }, "scripted/small");

        validation.IsSuitable.Should().BeFalse();
        validation.Alternatives.Select(model => model.Id).Should().Equal("large");
        validation.ToString().Should().EndWith("these configured models fit: scripted/large");
        test.Session.ValidateModelForTask(new TaskRequirements { Tools = true }, "scripted/small").Alternatives.Should().BeEmpty();
    }

    [Fact]
    public async Task Validation_NamesTheThreeCheapestThatFit_AndNoneThatIsGone()
    {
        await using var test = await TestSession.OpenAsync(options =>
            options.Models = new([
                Known("scripted", "small", 16_000, 1),
                Known("scripted", "fourth", 64_000, 8),
                Known("scripted", "third", 64_000, 4),
                Known("scripted", "first", 64_000, 2),
                Known("scripted", "second", 64_000, 3),
                Known("scripted", "gone", 64_000, 0.1m) with
                {
                    LifeCycle = LifeCycle.EndOfLife,
                },
            ])
        );

        var validation = test.Session.ValidateModelForTask(new TaskRequirements { MinContextTokens = 32_000 }, "scripted/small");

        validation
            .ToString()
            .Should()
            .Be(
                """
                scripted/small is not suitable.
                  fail     min_context_tokens: at least 32,000 tokens of context are needed, and it takes only 16,000 (context_tokens = 16,000; code)
                  these configured models fit: scripted/first, scripted/second, scripted/third
                """
            );
    }

    [Fact]
    public async Task GetChatClientFor_NothingFits_NamesTheThreeThatLackTheLeast()
    {
        await using var test = await TestSession.OpenAsync(options =>
            options.Models = new([
                Known("scripted", "lacks-two", 16_000, 1),
                Known("scripted", "lacks-one", 900_000, 4),
                Known("scripted", "lacks-two-as-well", 32_000, 1),
                Known("scripted", "lacks-three", 8_000, 1) with
                {
                    Tools = Support.No,
                },
            ])
        );

        var get = () =>
            test.Session.GetChatClientFor(
                new()
                {
                    Tools = true,
                    MinContextTokens = 900_000,
                    Vision = true,
                }
            );

        get.Should()
            .Throw<ModelResolutionException>()
            .Which.Candidates.Should()
            .Equal("scripted/lacks-one", "scripted/lacks-two-as-well", "scripted/lacks-two");
    }

    [Fact]
    public async Task RetiredName_SaysWhatToUse_AndGoesThroughWithItsProvider()
    {
        await using var test = await TestSession.OpenAsync(options =>
            options.Providers["openai"] = new() { Implementation = options.Providers["scripted"].Implementation, ApiKey = TestSession.Key }
        );

        var bare = () => test.Session.GetChatClient("gpt-4-vision");

        var error = bare.Should().Throw<ModelResolutionException>().Which;
        error.Message.Should().Contain("no longer served since 2024-12-06").And.Contain("Use 'openai/gpt-6-luna'");
        error.Candidates.Should().Equal("openai/gpt-6-luna");
        Model(test.Session.GetChatClient("openai/gpt-4-vision")).Should().Be("gpt-4-vision");
        test.Session.ValidateModelForTask(new TaskRequirements(), "gpt-4-vision")
            .Warnings.Should()
            .ContainSingle()
            .Which.Should()
            .EndWith("Use openai/gpt-6-luna instead.");
    }

    private static Task<TestSession> OpenAsync() =>
        TestSession.OpenAsync(options =>
            options.Models = new([
                Known("scripted", "small", 16_000, 1),
                Known("scripted", "large", 200_000, 3),
                Known("openai", "elsewhere", 2_000_000, 0.1m),
            ])
        );

    private static ModelDescriptor Known(string provider, string id, long context, decimal price) =>
        new()
        {
            Provider = provider,
            Id = id,
            ContextTokens = context,
            InputModalities = Modalities.Text,
            OutputModalities = Modalities.Text,
            Tools = Support.Yes,
            Price = new()
            {
                Input = price,
                Output = price,
                Source = new("test"),
            },
        };

    private static string? Model(IChatClient client) => client.GetService<ChatClientMetadata>()?.DefaultModelId;
}
