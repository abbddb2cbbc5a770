using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Money;

public sealed class TokenUsageTests
{
    [Fact]
    public void From_PartsOfInputAndOutput_BecomeDisjointClasses()
    {
        var details = new UsageDetails
        {
            InputTokenCount = 150,
            CachedInputTokenCount = 30,
            OutputTokenCount = 70,
            ReasoningTokenCount = 50,
            AdditionalCounts = new() { ["CacheCreationInputTokens"] = 20 },
        };

        var usage = TokenUsage.From(details);

        usage
            .Should()
            .Be(
                new TokenUsage
                {
                    Input = 100,
                    CachedInput = 30,
                    CacheWrite = 20,
                    Output = 20,
                    Reasoning = 50,
                }
            );
        usage!.Total.Should().Be(220);
    }

    [Theory]
    [InlineData("CacheCreationInputTokens")]
    [InlineData("CacheWriteInputTokens")]
    [InlineData("cache_creation_input_tokens")]
    public void From_CacheWritesUnderAVendorsName_AreTakenOffTheInput(string name)
    {
        var details = new UsageDetails
        {
            InputTokenCount = 10,
            AdditionalCounts = new() { [name] = 4 },
        };

        TokenUsage.From(details).Should().Be(new TokenUsage { Input = 6, CacheWrite = 4 });
    }

    [Theory]
    [InlineData(40, 60, 40)]
    [InlineData(100, 0, 100)]
    [InlineData(101, 0, 100)]
    [InlineData(-1, 100, 0)]
    public void From_CacheWritesForAnHour_AreAPartOfTheWrites(long hour, long others, long expected)
    {
        var details = new UsageDetails
        {
            InputTokenCount = 420,
            AdditionalCounts = new() { ["CacheCreationInputTokens"] = 100, ["ephemeral_1h_input_tokens"] = hour },
        };

        TokenUsage
            .From(details)
            .Should()
            .Be(
                new TokenUsage
                {
                    Input = 320,
                    CacheWrite = others,
                    CacheWrite1h = expected,
                }
            );
    }

    [Fact]
    public void From_PartsThatExceedTheWhole_AreCutToIt()
    {
        var details = new UsageDetails
        {
            InputTokenCount = 10,
            CachedInputTokenCount = 8,
            OutputTokenCount = 5,
            ReasoningTokenCount = 9,
            AdditionalCounts = new() { ["CacheCreationInputTokens"] = 7 },
        };

        TokenUsage
            .From(details)
            .Should()
            .Be(
                new TokenUsage
                {
                    CachedInput = 8,
                    CacheWrite = 2,
                    Reasoning = 5,
                }
            );
    }

    [Fact]
    public void From_NegativeCounts_BecomeZero()
    {
        var details = new UsageDetails
        {
            InputTokenCount = -5,
            OutputTokenCount = 3,
            ReasoningTokenCount = -1,
        };

        TokenUsage.From(details).Should().Be(new TokenUsage { Output = 3 });
    }

    [Fact]
    public void From_OneSideAndTheTotal_GivesTheOtherSide()
    {
        TokenUsage
            .From(new UsageDetails { OutputTokenCount = 3, TotalTokenCount = 10 })
            .Should()
            .Be(new TokenUsage { Input = 7, Output = 3 });
        TokenUsage.From(new UsageDetails { InputTokenCount = 10, TotalTokenCount = 10 }).Should().Be(new TokenUsage { Input = 10 });
    }

    [Fact]
    public void From_NothingSaid_IsNull()
    {
        TokenUsage.From(null).Should().BeNull();
        TokenUsage.From(new UsageDetails()).Should().BeNull();
        TokenUsage.From(new UsageDetails { TotalTokenCount = 10 }).Should().BeNull();
    }

    [Fact]
    public void Sum_AddsClassByClass()
    {
        var sum =
            new TokenUsage
            {
                Input = 1,
                CachedInput = 2,
                CacheWrite = 3,
                CacheWrite1h = 6,
                Output = 4,
                Reasoning = 5,
            }
            + new TokenUsage
            {
                Input = 10,
                CachedInput = 20,
                CacheWrite = 30,
                CacheWrite1h = 60,
                Output = 40,
                Reasoning = 50,
            };

        sum.Should()
            .Be(
                new TokenUsage
                {
                    Input = 11,
                    CachedInput = 22,
                    CacheWrite = 33,
                    CacheWrite1h = 66,
                    Output = 44,
                    Reasoning = 55,
                }
            );
        sum.TotalInput.Should().Be(11 + 22 + 33 + 66);
        sum.Total.Should().Be(11 + 22 + 33 + 66 + 44 + 55);
    }
}
