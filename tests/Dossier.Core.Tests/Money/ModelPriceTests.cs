namespace Dossier.Core.Tests.Money;

public sealed class ModelPriceTests
{
    private static readonly FactSource s_source = new("price list", new DateOnly(2026, 9, 1));

    private static readonly ModelPrice s_price = new()
    {
        Input = 2m,
        CachedInput = 0.2m,
        CacheWrite = 2.5m,
        CacheWrite1h = 4m,
        AudioInput = 32m,
        CachedAudioInput = 0.4m,
        Output = 10m,
        Reasoning = 8m,
        AudioOutput = 64m,
        Source = s_source,
    };

    [Fact]
    public void EveryClassPriced_EachIsBilledAtItsOwnPrice()
    {
        var usage = new TokenUsage
        {
            Input = 1_000_000,
            CachedInput = 2_000_000,
            CacheWrite = 4_000_000,
            CacheWrite1h = 5_000_000,
            AudioInput = 500_000,
            CachedAudioInput = 3_000_000,
            Output = 3_000_000,
            Reasoning = 1_000_000,
            AudioOutput = 250_000,
        };

        var cost = s_price.CostOf(usage);

        cost!.Amount.Should().Be(2m + 0.4m + 10m + 20m + 16m + 1.2m + 30m + 8m + 16m);
        cost.Currency.Should().Be("USD");
        cost.PriceSource.Should().Be(s_source);
    }

    [Fact]
    public void OneToken_IsBilledExactly()
    {
        var price = s_price with { Input = 0.0375m };

        price.CostOf(new TokenUsage { Input = 1 })!.Amount.Should().Be(0.0000000375m);
    }

    [Fact]
    public void ReasoningWithoutPrice_IsBilledAsOutput()
    {
        var price = s_price with { Reasoning = null };

        price.CostOf(new TokenUsage { Reasoning = 500_000 })!.Amount.Should().Be(5m);
    }

    [Fact]
    public void CacheWithoutPrices_IsBilledAsInput()
    {
        var price = s_price with { CachedInput = null, CacheWrite = null, CacheWrite1h = null };
        var usage = new TokenUsage
        {
            CachedInput = 500_000,
            CacheWrite = 500_000,
            CacheWrite1h = 500_000,
        };

        price.CostOf(usage)!.Amount.Should().Be(3m);
    }

    [Fact]
    public void CacheWritesForAnHour_WithoutTheirPrice_AreUnpricedWhereOthersHaveOne()
    {
        var price = s_price with { CacheWrite1h = null };

        price.CostOf(new TokenUsage { Input = 1_000, CacheWrite1h = 1 }).Should().BeNull();
        price.CostOf(new TokenUsage { CacheWrite = 1_000_000 })!.Amount.Should().Be(2.5m);
    }

    [Fact]
    public void SoundWithoutAPriceOfItsOwn_IsUnpriced_AndNeverBilledAsText()
    {
        var price = s_price with { AudioInput = null, CachedAudioInput = null, AudioOutput = null };

        price.CostOf(new TokenUsage { Input = 1_000, AudioInput = 1 }).Should().BeNull();
        price.CostOf(new TokenUsage { Input = 1_000, CachedAudioInput = 1 }).Should().BeNull();
        price.CostOf(new TokenUsage { Output = 1_000, AudioOutput = 1 }).Should().BeNull();
        price.CostOf(new TokenUsage { Input = 1_000_000 })!.Amount.Should().Be(2m);
    }

    [Fact]
    public void CachedSoundWithoutPrice_IsBilledAsSound()
    {
        var price = s_price with { CachedAudioInput = null };

        price.CostOf(new TokenUsage { CachedAudioInput = 500_000 })!.Amount.Should().Be(16m);
    }

    [Fact]
    public void TokensOfAClassWithoutPrice_AreUnpriced()
    {
        var price = s_price with { Output = null };

        price.CostOf(new TokenUsage { Input = 10, Output = 1 }).Should().BeNull();
    }

    [Fact]
    public void ClassWithoutPriceAndWithoutTokens_DoesNotMatter()
    {
        var price = s_price with { Output = null, Reasoning = null };

        price.CostOf(new TokenUsage { Input = 1_000_000 })!.Amount.Should().Be(2m);
    }

    [Fact]
    public void PriceOfZero_CostsNothingAndIsPriced()
    {
        var free = new ModelPrice
        {
            Input = 0,
            Output = 0,
            Source = s_source,
        };

        free.CostOf(new TokenUsage { Input = 1000, Output = 1000 })!.Amount.Should().Be(0m);
    }

    [Fact]
    public void NoTokens_CostNothing() => s_price.CostOf(new TokenUsage())!.Amount.Should().Be(0m);

    [Theory]
    [InlineData(200_000, 0.25)]
    [InlineData(200_001, 0.5000025)]
    [InlineData(600_000, 3.0)]
    public void InputAboveATier_IsBilledWhollyAtTheHighestTierThatItExceeds(long input, decimal expected)
    {
        var price = new ModelPrice
        {
            Input = 1.25m,
            Source = s_source,
            Tiers =
            [
                new ModelPriceTier { AboveInputTokens = 500_000, Input = 5m },
                new ModelPriceTier { AboveInputTokens = 200_000, Input = 2.5m },
            ],
        };

        price.CostOf(new TokenUsage { Input = input })!.Amount.Should().Be(expected);
    }

    [Fact]
    public void CachedInput_CountsTowardsTheTier()
    {
        var price = s_price with
        {
            Tiers =
            [
                new ModelPriceTier
                {
                    AboveInputTokens = 200_000,
                    Input = 4m,
                    CachedInput = 0.4m,
                },
            ],
        };

        price.CostOf(new TokenUsage { Input = 100_000, CachedInput = 100_001 })!.Amount.Should().Be(0.4m + 0.0400004m);
    }

    [Fact]
    public void ClassThatATierLeavesOut_IsUnpriced()
    {
        var price = s_price with { Tiers = [new ModelPriceTier { AboveInputTokens = 200_000, Input = 4m }] };

        price.CostOf(new TokenUsage { Input = 300_000, Output = 1 }).Should().BeNull();
    }

    [Fact]
    public void ToString_NamesPricesAndSource() =>
        (s_price with { Output = null }).ToString().Should().Be("2 USD in, unpriced out per million tokens (price list, 2026-09-01)");

    [Fact]
    public void Cost_ToString_KeepsEveryDigit() =>
        new Cost { Amount = 0.0000000375m, PriceSource = s_source }
            .ToString()
            .Should()
            .Be("0.0000000375 USD");
}
