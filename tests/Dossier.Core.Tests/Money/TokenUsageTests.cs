using Microsoft.Extensions.AI;

#pragma warning disable MEAI001 // the counts of sound are experimental there

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

    [Theory]
    [InlineData(100, 0, 60, 0, 60, 0, 40)]
    [InlineData(100, 30, 60, 0, 60, 0, 10)]
    [InlineData(100, 40, 60, 0, 60, 0, 0)]
    [InlineData(100, 90, 60, 0, 10, 50, 0)]
    [InlineData(100, 50, 40, 30, 20, 20, 0)]
    [InlineData(100, 0, 101, 0, 100, 0, 0)]
    [InlineData(100, 0, 90, 30, 70, 0, 0)]
    [InlineData(100, 0, -5, 0, 0, 0, 100)]
    public void From_SoundInTheInput_IsAPartOfIt_AndWasCachedOnlyWhereTheTextDoesNotSuffice(
        long input,
        long cached,
        long audio,
        long written,
        long heard,
        long heardFromCache,
        long text
    )
    {
        var details = new UsageDetails
        {
            InputTokenCount = input,
            CachedInputTokenCount = cached,
            InputAudioTokenCount = audio,
            AdditionalCounts = new() { ["CacheWriteInputTokens"] = written },
        };

        var usage = TokenUsage.From(details)!;

        usage
            .Should()
            .Be(
                new TokenUsage
                {
                    Input = text,
                    CachedInput = cached - heardFromCache,
                    CacheWrite = written,
                    AudioInput = heard,
                    CachedAudioInput = heardFromCache,
                }
            );
        usage.TotalInput.Should().Be(input);
    }

    [Theory]
    [InlineData(100, 20, 70, 10)]
    [InlineData(100, 40, 70, 0)]
    [InlineData(100, 0, 0, 100)]
    public void From_SoundInTheOutput_IsAPartOfIt_AndReasoningIsNone(long output, long reasoning, long audio, long text)
    {
        var details = new UsageDetails
        {
            OutputTokenCount = output,
            ReasoningTokenCount = reasoning,
            OutputAudioTokenCount = audio,
        };

        TokenUsage
            .From(details)
            .Should()
            .Be(
                new TokenUsage
                {
                    Output = text,
                    Reasoning = reasoning,
                    AudioOutput = output - reasoning - text,
                }
            );
    }

    [Fact]
    public void From_SoundUnderTheNamesOfOpenAIsAdapter_IsSound()
    {
        var details = new UsageDetails
        {
            InputTokenCount = 10,
            OutputTokenCount = 8,
            AdditionalCounts = new() { ["InputTokenDetails.AudioTokenCount"] = 4, ["OutputTokenDetails.AudioTokenCount"] = 5 },
        };

        TokenUsage
            .From(details)
            .Should()
            .Be(
                new TokenUsage
                {
                    Input = 6,
                    AudioInput = 4,
                    Output = 3,
                    AudioOutput = 5,
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
                AudioInput = 7,
                CachedAudioInput = 8,
                Output = 4,
                Reasoning = 5,
                AudioOutput = 9,
            }
            + new TokenUsage
            {
                Input = 10,
                CachedInput = 20,
                CacheWrite = 30,
                CacheWrite1h = 60,
                AudioInput = 70,
                CachedAudioInput = 80,
                Output = 40,
                Reasoning = 50,
                AudioOutput = 90,
            };

        sum.Should()
            .Be(
                new TokenUsage
                {
                    Input = 11,
                    CachedInput = 22,
                    CacheWrite = 33,
                    CacheWrite1h = 66,
                    AudioInput = 77,
                    CachedAudioInput = 88,
                    Output = 44,
                    Reasoning = 55,
                    AudioOutput = 99,
                }
            );
        sum.TotalInput.Should().Be(11 + 22 + 33 + 66 + 77 + 88);
        sum.TotalOutput.Should().Be(44 + 55 + 99);
        sum.Total.Should().Be(sum.TotalInput + sum.TotalOutput);
    }
}
