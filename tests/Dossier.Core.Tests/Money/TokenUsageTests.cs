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
                Output = 4,
                Reasoning = 5,
            }
            + new TokenUsage
            {
                Input = 10,
                CachedInput = 20,
                CacheWrite = 30,
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
                    Output = 44,
                    Reasoning = 55,
                }
            );
    }
}
