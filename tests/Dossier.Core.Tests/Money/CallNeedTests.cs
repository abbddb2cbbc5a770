namespace Dossier.Core.Tests.Money;

public sealed class CallNeedTests
{
    private static readonly ModelReference s_model = new("acme", "m");

    private static readonly ModelPrice s_price = new()
    {
        Input = 2m,
        CacheWrite = 2.5m,
        Output = 10m,
        Source = new("test"),
    };

    [Fact]
    public void WorstCase_TakesTheDearestClassOfEachSide()
    {
        var need = new CallNeed(s_model, 1_000, 200, s_price);

        need.With(200)
            .Should()
            .Be(
                new BudgetAmount
                {
                    Cost = 0.0025m + 0.002m,
                    Tokens = 1_200,
                    Calls = 1,
                }
            );
    }

    [Fact]
    public void WorstCase_CountsInputAsWrittenToTheCacheForAnHour_WhereThatHasAPrice()
    {
        var need = new CallNeed(s_model, 1_000, 200, s_price with { CacheWrite1h = 4m });

        need.With(200).Cost.Should().Be(0.004m + 0.002m);
    }

    [Fact]
    public void WorstCase_CountsInputAsSound_OnlyWhereSoundIsSent_AndOutputAsSound_WhereTheModelSpeaks()
    {
        var price = s_price with { AudioInput = 32m, AudioOutput = 64m };

        new CallNeed(s_model, 1_000, 200, price).With(200).Cost.Should().Be(0.0025m + 0.0128m);
        new CallNeed(s_model, 1_000, 200, price, hasAudio: true).With(200).Cost.Should().Be(0.032m + 0.0128m);
    }

    [Theory]
    [InlineData("0.0045", 200L)]
    [InlineData("0.00251", 1L)]
    [InlineData("0.0025099", null)]
    [InlineData("0.0024", null)]
    public void Money_BoundsTheOutputToWholeTokens(string money, long? output)
    {
        var need = new CallNeed(s_model, 1_000, 200, s_price);

        need.Fit(new() { MaxCost = decimal.Parse(money, System.Globalization.CultureInfo.InvariantCulture) }, new(), out _)
            .Should()
            .Be(output);
    }

    [Fact]
    public void NarrowestLimit_IsNamed()
    {
        var need = new CallNeed(s_model, 100, 200, s_price);
        var budget = new Budget
        {
            MaxCost = 1m,
            MaxTokens = 1_000,
            MaxTokensPerCall = 150,
            MaxCalls = 1,
        };

        need.Fit(budget, new(), out var narrowest).Should().Be(50);
        narrowest.Should().Be("MaxTokensPerCall");
        need.Fit(budget, new() { Tokens = 880 }, out narrowest).Should().Be(20);
        narrowest.Should().Be("MaxTokens");
        need.Fit(budget, new() { Calls = 1 }, out narrowest).Should().BeNull();
        narrowest.Should().Be("MaxCalls");
    }

    [Fact]
    public void FreeModel_IsNotKeptFromGoingByMoneyThatIsSpent()
    {
        var free = new CallNeed(s_model, 100, 200, s_price with { Input = 0, CacheWrite = 0, Output = 0 });

        free.Fit(new() { MaxCost = 1m }, new() { Cost = 5m }, out _).Should().Be(200);
    }

    [Fact]
    public void OutputWithoutABound_IsBoundedByWhatIsLeftAndWhatAModelMayWrite_AndByNothingWhenOnlyCallsAreLimited()
    {
        var need = new CallNeed(s_model, 100, CallNeed.Unbounded, s_price);

        need.Fit(new() { MaxTokens = 500 }, new(), out _).Should().Be(400);
        need.Fit(new() { MaxCost = 1_000_000_000m }, new(), out _).Should().Be(8_192);
        need.Fit(new() { MaxTokens = 1_000_000 }, new(), out _).Should().Be(8_192);
        need.Fit(new() { MaxCalls = 1 }, new(), out _).Should().Be(CallNeed.Unbounded);
        need.With(CallNeed.Unbounded).Tokens.Should().Be(100);
    }

    [Fact]
    public void InputInATier_IsHeldAtThePricesOfTheTier()
    {
        var tiered = s_price with
        {
            Tiers =
            [
                new()
                {
                    AboveInputTokens = 99,
                    Input = 20m,
                    Output = 100m,
                },
            ],
        };

        new CallNeed(s_model, 100, 1, tiered.PricesFor(100)).With(1).Cost.Should().Be(0.002m + 0.0001m);
    }
}
