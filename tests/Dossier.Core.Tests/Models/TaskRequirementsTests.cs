using System.Text.Json;

namespace Dossier.Core.Tests.Models;

public sealed class TaskRequirementsTests
{
    [Fact]
    public void NegativeLimit_IsRefusedWithNameAndValue()
    {
        var context = () => new TaskRequirements { MinContextTokens = -1 };
        var output = () => new TaskRequirements { MinOutputTokens = -2 };
        var input = () => new TaskRequirements { MaxInputPricePerMillion = -0.5m };
        var price = () => new TaskRequirements { MaxOutputPricePerMillion = -0.1m };

        context.Should().Throw<ArgumentOutOfRangeException>().WithParameterName("MinContextTokens").WithMessage("*-1*");
        output.Should().Throw<ArgumentOutOfRangeException>().WithParameterName("MinOutputTokens");
        input.Should().Throw<ArgumentOutOfRangeException>().WithParameterName("MaxInputPricePerMillion");
        price.Should().Throw<ArgumentOutOfRangeException>().WithParameterName("MaxOutputPricePerMillion");
    }

    [Fact]
    public void Parse_EveryName_SetsItsRequirement()
    {
        var parsed = TaskRequirements.Parse(
            new Dictionary<string, object>
            {
                ["min_context_tokens"] = 32000,
                ["min_output_tokens"] = 1000L,
                ["vision"] = true,
                ["tools"] = true,
                ["structured_output"] = true,
                ["json_mode"] = true,
                ["reasoning"] = true,
                ["streaming"] = true,
                ["audio_input"] = true,
                ["pdf_input"] = true,
                ["system_prompt"] = true,
                ["prompt_caching"] = false,
                ["max_input_price_per_million"] = 1.5,
                ["max_output_price_per_million"] = 2.5m,
                ["unknown_is_suitable"] = true,
            }
        );

        parsed
            .Should()
            .Be(
                new TaskRequirements
                {
                    MinContextTokens = 32000,
                    MinOutputTokens = 1000,
                    Vision = true,
                    Tools = true,
                    StructuredOutput = true,
                    JsonMode = true,
                    Reasoning = true,
                    Streaming = true,
                    AudioInput = true,
                    PdfInput = true,
                    SystemPrompt = true,
                    PromptCaching = false,
                    MaxInputPricePerMillion = 1.5m,
                    MaxOutputPricePerMillion = 2.5m,
                    UnknownIsSuitable = true,
                }
            );
    }

    [Fact]
    public void Parse_MaxTokens_MeansALimitOfAtLeastSoMany()
    {
        var parsed = Parse("max_context_tokens", 32000) with { MinOutputTokens = Parse("max_output_tokens", 500).MinOutputTokens };

        parsed.Should().Be(new TaskRequirements { MinContextTokens = 32000, MinOutputTokens = 500 });
    }

    [Fact]
    public void Parse_Synonyms_MeanTheSame()
    {
        Parse("supports_vision", true).Vision.Should().BeTrue();
        Parse("function_calling", true).Tools.Should().BeTrue();
        Parse("Supports_Tools", true).Tools.Should().BeTrue();
        Parse("max_input_price", 3).MaxInputPricePerMillion.Should().Be(3m);
        Parse("max_price", 3).Should().Be(new TaskRequirements { MaxInputPricePerMillion = 3, MaxOutputPricePerMillion = 3 });
    }

    public static TheoryData<object> Thousands =>
        [1000, 1000L, (short)1000, 1000u, 1000.0, 1000f, 1000m, "1000", "1e3", Json("1000"), Json("\"1000\""), Json("1e3")];

    [Theory]
    [MemberData(nameof(Thousands))]
    public void Parse_NumberOfAnyType_IsRead(object value) => Parse("min_context_tokens", value).MinContextTokens.Should().Be(1000);

    public static TheoryData<object> Yeses => [true, "true", "True", Json("true"), Json("\"true\"")];

    [Theory]
    [MemberData(nameof(Yeses))]
    public void Parse_BooleanOfAnyType_IsRead(object value) => Parse("vision", value).Vision.Should().BeTrue();

    [Fact]
    public void Parse_Null_DoesNotMatter()
    {
        Parse("vision", null!).Should().Be(new TaskRequirements());
        Parse("vision", Json("null")).Should().Be(new TaskRequirements());
    }

    [Fact]
    public void Parse_UnknownName_GivesTheNearestAndListsAll()
    {
        var parse = () => Parse("visoin", true);

        parse
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("'visoin'*Did you mean 'vision'?*min_context_tokens*max_output_price_per_million*")
            .WithParameterName("requirements");
    }

    [Fact]
    public void Parse_SameThingTwice_IsRefused()
    {
        var parse = () => TaskRequirements.Parse(new Dictionary<string, object> { ["max_context_tokens"] = 1, ["min_context_tokens"] = 2 });
        var price = () => TaskRequirements.Parse(new Dictionary<string, object> { ["max_price"] = 1, ["max_output_price"] = 2 });

        parse.Should().Throw<ArgumentException>().WithMessage("*'max_context_tokens' and 'min_context_tokens'*");
        price.Should().Throw<ArgumentException>().WithMessage("*'max_price' and 'max_output_price'*");
    }

    public static TheoryData<string, object> WrongValues =>
        new()
        {
            { "vision", 1 },
            { "vision", "perhaps" },
            { "vision", Json("1") },
            { "min_context_tokens", true },
            { "min_context_tokens", "many" },
            { "min_context_tokens", 1.5 },
            { "min_context_tokens", double.NaN },
            { "min_context_tokens", 1e300 },
            { "min_context_tokens", Json("[1]") },
            { "max_input_price", "cheap" },
            { "max_input_price", double.PositiveInfinity },
            { "max_input_price", DateTime.UnixEpoch },
        };

    [Theory]
    [MemberData(nameof(WrongValues))]
    public void Parse_ValueOfAnotherType_NamesTheRequirement(string name, object value)
    {
        var parse = () => Parse(name, value);

        parse.Should().Throw<ArgumentException>().WithMessage($"*'{name}'*has to be*").WithParameterName("requirements");
    }

    [Fact]
    public void Parse_NegativeValue_IsRefused()
    {
        var parse = () => Parse("max_context_tokens", -5);

        parse.Should().Throw<ArgumentOutOfRangeException>().WithMessage("*-5*");
    }

    private static TaskRequirements Parse(string name, object value) =>
        TaskRequirements.Parse(new Dictionary<string, object> { [name] = value });

    private static JsonElement Json(string json) => JsonDocument.Parse(json).RootElement;
}
