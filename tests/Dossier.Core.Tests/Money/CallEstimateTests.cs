using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Money;

public sealed class CallEstimateTests
{
    private static readonly ModelDescriptor s_model = new()
    {
        Provider = "scripted",
        Id = "m",
        ContextTokens = 1_000,
        MaxOutputTokens = 100,
        Price = new()
        {
            Input = 1_000m,
            Output = 10_000m,
            Source = new("test", new DateOnly(2026, 1, 1)),
        },
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TextOfKnownLength_IsCountedByTheStatedRule()
    {
        await using var test = await OpenAsync();

        var estimate = await EstimateAsync(test, new string('a', 400));

        // 100 for the text, 4 for the message, 3 for the call; 40 % more at the most.
        estimate.InputTokens.Should().Be(107);
        estimate.InputTokensAtMost.Should().Be(150);
        estimate.CountedBy.Should().Be("4 characters a token");
        estimate.MinCost!.Amount.Should().Be(0.107m);
        estimate.MaxCost!.Amount.Should().Be(0.150m + 1m);
        estimate.FitsContext.Should().Be(Support.Yes);
        estimate.Budget.Should().Be(BudgetVerdict.Unlimited);
        estimate
            .ToString()
            .Should()
            .StartWith("scripted/m: 107 tokens of input, at most 150 (4 characters a token), fits; 0.107 USD to 1.15 USD");
    }

    [Theory]
    [InlineData(1_250, null, 0.1875)]
    [InlineData(1_250, 2_000, 0.300)]
    [InlineData(500, 900, 0.150)]
    public async Task HighestCost_CountsInputAtItsDearestPrice(int write, int? writeForAnHour, double expected)
    {
        var model = s_model with { Price = s_model.Price! with { CacheWrite = write, CacheWrite1h = writeForAnHour } };
        await using var test = await TestSession.OpenAsync(options => options.Models = new([model]));

        // 150 tokens of input at the most, 100 of output.
        (await EstimateAsync(test, new string('a', 400)))
            .MaxCost!.Amount.Should()
            .Be((decimal)expected + 1m);
    }

    [Fact]
    public async Task ImagesToolsAndSchemas_AddToTheInput()
    {
        await using var test = await OpenAsync();
        var tool = AIFunctionFactory.Create((int depth) => depth, "dig", "Digs.");
        var image = new ChatMessage(ChatRole.User, [new DataContent(new byte[] { 1 }, "image/png")]);

        var plain = await EstimateAsync(test, "hi");
        var withTool = await test.Session.EstimateAsync([new(ChatRole.User, "hi")], new() { Tools = [tool] }, "m", Token);
        var withImage = await test.Session.EstimateAsync([new(ChatRole.User, "hi"), image], null, "m", Token);

        withTool.InputTokens.Should().BeGreaterThan(plain.InputTokens + 350);
        withImage.InputTokens.Should().Be(plain.InputTokens + 4 + 1_600);
        withImage
            .InputTokensAtMost.Should()
            .BeGreaterThanOrEqualTo(plain.InputTokensAtMost + 10_000, "an image in its original detail takes so many");
    }

    [Theory]
    [InlineData(3_800, Support.Unknown)]
    [InlineData(4_400, Support.No)]
    public async Task InputNearOrAboveTheContext_DoesNotSurelyFit(int characters, Support fits)
    {
        await using var test = await OpenAsync();

        (await EstimateAsync(test, new string('a', characters))).FitsContext.Should().Be(fits);
    }

    [Fact]
    public async Task UnknownModel_HasNoPriceNoLimitAndNoAnswer()
    {
        await using var test = await OpenAsync(new() { MaxCost = 1m });

        var estimate = await test.Session.EstimateAsync([new(ChatRole.User, "hi")], null, "scripted/other", Token);

        estimate.MinCost.Should().BeNull();
        estimate.MaxCost.Should().BeNull();
        estimate.FitsContext.Should().Be(Support.Unknown);
        estimate.Budget.Should().Be(BudgetVerdict.Unpriced);
    }

    [Theory]
    [InlineData(2.0, BudgetVerdict.Fits, null, null)]
    [InlineData(0.1, BudgetVerdict.Capped, 8L, "MaxCost")]
    [InlineData(0.01, BudgetVerdict.Exhausted, null, "MaxCost")]
    public async Task Budget_SaysWhatItWouldDo(double maxCost, BudgetVerdict verdict, long? cap, string? by)
    {
        await using var test = await OpenAsync(new() { MaxCost = (decimal)maxCost });

        var estimate = await EstimateAsync(test, "hi");

        estimate.Budget.Should().Be(verdict);
        estimate.OutputCap.Should().Be(cap);
        estimate.NarrowedBy.Should().Be(by);
        (await test.Session.Budget.GetStatusAsync(Token)).Held.Should().Be(new BudgetAmount(), "an estimate holds nothing");
    }

    private static Task<TestSession> OpenAsync(Budget? budget = null) =>
        TestSession.OpenAsync(options =>
        {
            options.Budget = budget;
            options.Models = new([s_model]);
        });

    private static Task<CallEstimate> EstimateAsync(TestSession test, string text) =>
        test.Session.EstimateAsync([new(ChatRole.User, text)], null, "m", Token);
}
