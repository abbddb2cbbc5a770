using System.Text;
using Dossier.Tests;

namespace Dossier.Core.Tests.Models;

public sealed class ModelImportTests
{
    private const string FileVariable = "DOSSIER_MODELS_DEV_FILE";
    private static readonly FactSource s_source = new("models.dev", new DateOnly(2026, 7, 1));

    [Fact]
    public void WholeRecord_KeepsEveryFact()
    {
        var model = Single(
            """
            "id":" m-1 ","name":"  The\u00a0 model ","attachment":false,"reasoning":true,"tool_call":true,"structured_output":false,"temperature":true,
            "knowledge":"2025-03","release_date":"2025-08-07","last_updated":"never","open_weights":false,"status":"beta","new_field":{"id":"x"},
            "modalities":{"input":["text","image","pdf","smell"],"output":["text"]},
            "reasoning_options":[{"type":"toggle"},{"type":"effort","values":["low",null,"high"]},{"type":"budget_tokens","min":1024,"max":32000}],
            "cost":{"input":1.25,"output":10,"cache_read":0.125,"cache_write":0,"reasoning":12,"input_audio":3,"output_audio":0,
              "tiers":[{"input":2.5,"output":15,"cache_read":0.25,"input_audio":6,"output_audio":30,"tier":{"type":"context","size":272000}},{"input":9,"output":9,"tier":{"type":"speed","size":2}}],
              "context_over_200k":{"input":2.5,"output":15}},
            "limit":{"context":400000,"input":272000,"output":128000}
            """
        );

        model
            .Should()
            .BeEquivalentTo(
                new ModelDescriptor
                {
                    Provider = "acme",
                    Id = "m-1",
                    DisplayName = "The model",
                    ContextTokens = 400_000,
                    MaxInputTokens = 272_000,
                    MaxOutputTokens = 128_000,
                    InputModalities = Modalities.Text | Modalities.Image | Modalities.Pdf,
                    OutputModalities = Modalities.Text,
                    Tools = Support.Yes,
                    StructuredOutput = Support.No,
                    Reasoning = Support.Yes,
                    Temperature = Support.Yes,
                    PromptCaching = Support.Yes,
                    ReasoningOptions = new()
                    {
                        Efforts = ["low", "high"],
                        MinBudgetTokens = 1024,
                        MaxBudgetTokens = 32_000,
                        CanBeOff = Support.Yes,
                    },
                    Price = new()
                    {
                        Input = 1.25m,
                        Output = 10,
                        CachedInput = 0.125m,
                        AudioInput = 3,
                        Reasoning = 12,
                        Tiers =
                        [
                            new()
                            {
                                AboveInputTokens = 272_000,
                                Input = 2.5m,
                                Output = 15,
                                CachedInput = 0.25m,
                                AudioInput = 6,
                                AudioOutput = 30,
                            },
                        ],
                        Source = s_source,
                    },
                    LifeCycle = LifeCycle.Preview,
                    ReleasedOn = new(2025, 8, 7),
                    KnowledgeCutoff = new(2025, 3, 1),
                    Source = s_source,
                }
            );
    }

    [Fact]
    public void WhatARecordDoesNotSay_IsUnknown()
    {
        var model = Single("""  "name":"M","structured_output":null,"limit":{"context":0,"output":0},"cost":{"input":0,"output":0}  """);

        model
            .Should()
            .BeEquivalentTo(
                ModelDescriptor.Unknown("acme", "m") with
                {
                    DisplayName = "M",
                    LifeCycle = LifeCycle.Active,
                    Source = s_source,
                }
            );
    }

    [Theory]
    [InlineData("""  "limit":{"context":99999999,"output":99999999}  """)]
    [InlineData("""  "limit":{"output":5}  """)]
    public void LimitThatStandsForNone_IsUnknown(string record) => Single(record).ContextTokens.Should().BeNull();

    [Fact]
    public void PriceAboveSomeThresholdWithoutTiers_IsThatOf200k() =>
        Single("""  "cost":{"input":1,"output":2,"context_over_200k":{"input":3,"output":4}}  """)
            .Price!.Tiers.Should()
            .ContainSingle()
            .Which.AboveInputTokens.Should()
            .Be(200_000);

    [Fact]
    public void CacheWritesForAnHour_AreTwiceTheInputForAnthropic_AndUnknownElsewhere()
    {
        const string Cost =
            """{"models":{"m":{"cost":{"input":3,"output":15,"cache_write":3.75,"tiers":[TIER]}},"n":{"cost":{"input":3}}}}""";
        const string Tier = """{"input":6,"output":22.5,"cache_write":7.5,"tier":{"type":"context","size":200000}}""";
        var provider = Cost.Replace("TIER", Tier, StringComparison.Ordinal);

        var models = Import($$"""{"anthropic":{{provider}},"reseller":{{provider}}}""").Models;

        models.Select(model => model.Price!.CacheWrite1h).Should().Equal(6, null, null, null);
        models[0].Price!.Tiers.Should().ContainSingle().Which.CacheWrite1h.Should().Be(12);
        models[2].Price!.Tiers.Should().ContainSingle().Which.CacheWrite1h.Should().BeNull();
    }

    [Fact]
    public void ImagesAreRead_AsTheModalitiesSay_WhateverTheAttachmentFlagSays() =>
        Single("""  "attachment":true,"modalities":{"input":["text"],"output":["text"]}  """).Vision.Should().Be(Support.No);

    [Theory]
    [InlineData(""" "limit":{"context":"128k"} """, ImportFault.WrongType, "limit.context = '128k'")]
    [InlineData(""" "limit":{"context":1.5} """, ImportFault.WrongType, "limit.context = 1.5")]
    [InlineData(""" "limit":[1,{"context":5}] """, ImportFault.WrongType, "limit is a list")]
    [InlineData(""" "tool_call":"yes" """, ImportFault.WrongType, "tool_call = 'yes'")]
    [InlineData(""" "modalities":{"input":"text"} """, ImportFault.WrongType, "modalities.input = 'text'")]
    [InlineData(""" "modalities":{"input":[{"a":[1]}]} """, ImportFault.WrongType, "modalities.input is an object")]
    [InlineData(""" "cost":{"input":"cheap"} """, ImportFault.WrongType, "cost.input = 'cheap'")]
    [InlineData(""" "cost":{"input":1e400} """, ImportFault.WrongType, "cost.input = 1e400")]
    [InlineData(""" "id":7 """, ImportFault.WrongType, "id = 7")]
    [InlineData(""" "id":"" """, ImportFault.WrongType, "id = ''")]
    [InlineData(""" "limit":{"context":-1} """, ImportFault.NegativeLimit, "limit.context = -1")]
    [InlineData(""" "limit":{"context":10,"output":11} """, ImportFault.OutputAboveContext, "limit.output = 11, limit.context = 10")]
    [InlineData(""" "limit":{"context":10,"input":11} """, ImportFault.InputAboveContext, "limit.input = 11, limit.context = 10")]
    [InlineData(""" "cost":{"input":-0.5,"output":1} """, ImportFault.NegativePrice, "cost.input = -0.5")]
    [InlineData(
        """ "cost":{"input":1,"tiers":[{"input":-2,"tier":{"type":"context","size":5}}]} """,
        ImportFault.NegativePrice,
        "cost.input = -2"
    )]
    [InlineData(""" "cost":{"input":1000001} """, ImportFault.ImplausiblePrice, "cost.input = 1000001")]
    [InlineData(""" "cost":{"output":1e27} """, ImportFault.ImplausiblePrice, "cost.output = 1e27")]
    [InlineData(""" "release_date":"2025-25-11" """, ImportFault.ImpossibleDate, "release_date = '2025-25-11'")]
    [InlineData(""" "knowledge":"2025-02-31" """, ImportFault.ImpossibleDate, "knowledge = '2025-02-31'")]
    [InlineData(""" "knowledge":"soon" """, ImportFault.ImpossibleDate, "knowledge = 'soon'")]
    public void BadRecord_IsReportedAndSkipped_AndNoOtherWithIt(string record, ImportFault reason, string value)
    {
        var import = Import(
            """{"acme":{"models":{"before":{},"bad":{RECORD},"after":{}}},"other":{"models":{"m":{}}}}""".Replace(
                "RECORD",
                record,
                StringComparison.Ordinal
            )
        );

        import.Models.Select(model => model.Id).Should().Equal("before", "after", "m");
        import.Skipped.Should().ContainSingle().Which.Should().Be(new SkippedModel("acme", "bad", reason, value));
        import.SkippedByReason.Should().ContainSingle().Which.Should().Be(KeyValuePair.Create(reason, 1));
    }

    [Fact]
    public void DuplicateIds_CountOnce_WhetherByKeyByIdOrByCase()
    {
        var import = Import(
            """{"acme":{"models":{"m":{"limit":{"context":1}},"m":{"limit":{"context":2}},"n":{"id":"M"},"o":{}}},"b":{"models":{"m":{}}}}"""
        );

        import.Models.Select(model => $"{model.Provider}/{model.Id}").Should().Equal("acme/m", "acme/o", "b/m");
        import.Models[0].ContextTokens.Should().Be(1);
        import.SkippedByReason[ImportFault.DuplicateId].Should().Be(2);
    }

    [Fact]
    public void DuplicateIds_CountOnce_WhenTheProviderIsThereTwice()
    {
        var import = Import(
            """{"alibaba":{"models":{"m":{}},"models":{"m":{},"n":{}}},"openai":{"models":{"m":{}}},"Dashscope":{"models":{"N":{},"o":{}}}}"""
        );

        import
            .Models.Select(model => $"{model.Provider}/{model.Id}")
            .Should()
            .Equal("dashscope/m", "dashscope/n", "openai/m", "Dashscope/o");
        import.SkippedByReason[ImportFault.DuplicateId].Should().Be(2);
    }

    [Fact]
    public void HighestPriceThatIsBelieved_CanBeReckonedWith()
    {
        var model = Single("""  "cost":{"input":1000000,"output":1000000}  """);

        new ModelRegistry([model])
            .Find(new() { ExpectedUsage = new() { Input = long.MaxValue / 2 } })
            .Should()
            .Contain(found => found.Provider == "acme");
    }

    [Fact]
    public void ProviderThatIsNone_IsReportedAndSkipped()
    {
        var import = Import("""{"a":7,"b":{"models":[{}]},"c":{"id":"c"},"d":{"models":{"m":{},"n":3}}}""");

        import.Models.Should().ContainSingle();
        import
            .Skipped.Select(skipped => skipped.ToString())
            .Should()
            .Equal(
                "a/*: with a value of the wrong type (provider = 7)",
                "b/*: with a value of the wrong type (models is a list)",
                "d/n: with a value of the wrong type (model = 3)"
            );
        import.ToString().Should().Be("1 models of 1 providers; 3 skipped: 3 with a value of the wrong type");
    }

    [Fact]
    public void ProviderOfAnotherNameHere_GetsIt() =>
        Import("""{"alibaba":{"models":{"m":{}}},"openai":{"models":{"m":{}}}}""")
            .Models.Select(model => model.Provider)
            .Should()
            .Equal("dashscope", "openai");

    [Theory]
    [InlineData("", "*begins with ''*")]
    [InlineData("<!DOCTYPE html>\n<html><body>502</body></html>", "*begins with '<!DOCTYPE html> <html>*")]
    [InlineData("""{"a":{"models":{"m":{},"n":{"lim""", "*or not all of it*")]
    [InlineData("""{"a":{"models":{"m":{}}}} and more""", "*or not all of it*")]
    [InlineData("""{"error":"rate limited"}""", "*no model in it can be used, and 1 records were skipped, the first being error/*")]
    [InlineData("[]", "*no model in it*")]
    [InlineData("null", "*no model in it*")]
    public void FileThatIsNoCatalogue_SaysSo(string file, string message)
    {
        var import = () => Import(file);

        import.Should().Throw<ModelCatalogueException>().WithMessage(message).Which.IsTransient.Should().BeFalse();
    }

    [Fact]
    public void FiftyMegabytesOfGarbage_AreATypedError()
    {
        var garbage = new byte[50_000_000];
        new Random(7).NextBytes(garbage);
        var deep = new byte[50_000_000];
        deep.AsSpan().Fill((byte)'[');

        foreach (var bytes in new[] { garbage, deep, new byte[50_000_000] })
        {
            var import = () => ModelImport.Read(bytes);
            import.Should().Throw<ModelCatalogueException>().Which.Message.Length.Should().BeLessThan(600);
        }
    }

    [Fact]
    public void EveryPrefixOfAFile_IsATypedErrorOrNothingElse()
    {
        var file = Encoding.UTF8.GetBytes(
            """{"acme":{"id":"acme","models":{"m":{"id":"é","cost":{"input":1,"tiers":[{"input":2}]},"limit":{"context":5}}}}}"""
        );

        for (var length = 0; length < file.Length; length++)
        {
            var prefix = file[..length];
            var import = () => ModelImport.Read(prefix);
            import.Should().Throw<ModelCatalogueException>();
        }
        ModelImport.Read(file).Models.Should().ContainSingle();
    }

    [Fact]
    public void BytesThatAreNoText_MarkTheirRecordOnly()
    {
        var file = Encoding.Latin1.GetBytes(
            """{"a":{"models":{"bad":{"name":"\u00e9"},"good":{}}}}""".Replace("\\u00e9", "é", StringComparison.Ordinal)
        );

        var import = ModelImport.Read(file);

        import.Models.Should().ContainSingle().Which.Id.Should().Be("good");
        import.Skipped.Should().ContainSingle().Which.Reason.Should().Be(ImportFault.WrongType);
    }

    [Fact]
    public void FileOfFullSize_ReportsItsSkipsByReason_AndTakesAllElse()
    {
        var import = ModelImport.Read(ModelsDevFile.Generate(), s_source);

        import.SkippedByReason.Should().BeEquivalentTo(ModelsDevFile.Faults);
        import
            .ToString()
            .Should()
            .Be(
                "5,172 models of 147 providers; 109 skipped: 6 with a value of the wrong type, 5 with the id of an earlier one, 3 with a negative limit, "
                    + "2 with input above context, 84 with output above context, 4 with a negative price, 3 with an impossible date, 2 with an implausible price"
            );
        (import.Models.Count + import.Skipped.Count).Should().Be(ModelsDevFile.Models + ModelsDevFile.Faults[ImportFault.DuplicateId]);
    }

    [Fact]
    public void FileOfFullSize_WhatIsOddButNoFault_IsRead()
    {
        var models = ModelImport.Read(ModelsDevFile.Generate(), s_source).Models;

        models.Count(model => model.ContextTokens is null).Should().Be(ModelsDevFile.WithoutContext);
        models.Count(model => model.MaxOutputTokens is null).Should().Be(ModelsDevFile.WithoutOutput);
        models.Count(model => model.Price is null).Should().Be(ModelsDevFile.WithoutPrice);
        models.Count(model => model.StructuredOutput == Support.Unknown).Should().Be(ModelsDevFile.WithoutStructuredOutput);
        models.Count(model => model.ReleasedOn == new DateOnly(2025, 8, 1)).Should().Be(ModelsDevFile.WithMonthForDate);
        models
            .Should()
            .OnlyContain(model => model.DisplayName.StartsWith("Model number ") && model.DisplayName == model.DisplayName.Trim());
        models
            .SelectMany(model => model.Price?.Tiers ?? [])
            .CountBy(tier => tier.AboveInputTokens)
            .OrderBy(count => count.Key)
            .Select(count => count.Key)
            .Should()
            .Equal(200_000, 256_000, 272_000, 512_000);
        models.Count(model => model.Price?.Tiers.Count == 1).Should().Be(ModelsDevFile.WithTiers);
    }

    [Fact]
    public void FullFile_SkipsFewAndReportsThemByReason()
    {
        var path = Environment.GetEnvironmentVariable(FileVariable);
        Assert.SkipUnless(File.Exists(path), $"{FileVariable} names no api.json of models.dev.");

        var import = ModelImport.Read(File.ReadAllBytes(path!), s_source);

        TestContext.Current.SendDiagnosticMessage(import.ToString());
        import.Models.Should().HaveCountGreaterThan(import.Skipped.Count * 20);
        import
            .Models.Should()
            .OnlyContain(model => !(model.MaxOutputTokens > model.ContextTokens) && (model.Price == null || !(model.Price.Input < 0)));
        import.Models.Select(model => $"{model.Provider}/{model.Id}".ToUpperInvariant()).Should().OnlyHaveUniqueItems();
        import.SkippedByReason.Values.Sum().Should().Be(import.Skipped.Count);
    }

    private static ModelImport Import(string json) => ModelImport.Read(Encoding.UTF8.GetBytes(json), s_source);

    private static ModelDescriptor Single(string record) =>
        Import("""{"acme":{"models":{"m":{RECORD}}}}""".Replace("RECORD", record, StringComparison.Ordinal))
            .Models.Should()
            .ContainSingle()
            .Subject;
}
