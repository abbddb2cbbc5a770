namespace Dossier.Tests.Configuration;

public sealed class BudgetBinderTests : IDisposable
{
    private readonly ConfigurationFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void EverySource_SetsItsLimits_AndCodeWins()
    {
        _folder.User("\"Budget\": { \"MaxCost\": 2.50, \"MaxTokens\": 1000, \"WhenExhausted\": \"wait\", \"WarnAt\": 0.5 }");
        _folder.Environment["DOSSIER__BUDGET__MAXCALLS"] = "7";
        _folder.Environment["DOSSIER__BUDGET__ALLOWUNPRICED"] = "true";

        var options = _folder
            .Resolve(
                new()
                {
                    Budget = new() { MaxTokens = 5, MaxCostPerCall = 0.000001m },
                }
            )
            .Options;

        options
            .Budget.Should()
            .Be(
                new Budget
                {
                    MaxCost = 2.5m,
                    MaxTokens = 5,
                    MaxCalls = 7,
                    MaxCostPerCall = 0.000001m,
                    WhenExhausted = BudgetExhaustion.Wait,
                    AllowUnpriced = true,
                    WarnAt = 0.5m,
                }
            );
    }

    [Theory]
    [InlineData("\"MaxCost\": 1000")]
    [InlineData("\"AllowUnpriced\": true")]
    public void FileInTheWorkingDirectory_MayNotLoosenAUsersBudget(string loosened)
    {
        _folder.User("\"Budget\": { \"MaxCost\": 1 }");
        _folder.Working($"\"Budget\": {{ {loosened} }}");

        _folder.Failures().Should().ContainSingle().Which.Should().Contain("may add limits to your budget and change none");
    }

    [Fact]
    public void FileInTheWorkingDirectory_MayAddLimits()
    {
        _folder.User("\"Budget\": { \"MaxCost\": 1 }");
        _folder.Working("\"Budget\": { \"MaxCost\": 1, \"MaxCalls\": 5 }");

        _folder.Resolve().Options.Budget.Should().Be(new Budget { MaxCost = 1, MaxCalls = 5 });
    }

    [Theory]
    [InlineData("\"Models\": { \"openai/gpt-5\": { \"Price\": { \"Input\": 0 } } }", "Dossier:Models:openai/gpt-5:Price:Input = '0'")]
    [InlineData(
        "\"Models\": { \"vllm/qwen3:8b\": { \"Price\": { \"Currency\": \"USD\" } } }",
        "Dossier:Models:vllm/qwen3:8b:Price:Currency"
    )]
    [InlineData("\"Models\": { \"openai/gpt-5\": { \"MaxOutputTokens\": 1 } }", "Dossier:Models:openai/gpt-5:MaxOutputTokens = '1'")]
    [InlineData("\"Models\": { \"openai/gpt-5\": { \"ContextTokens\": 1 } }", "Dossier:Models:openai/gpt-5:ContextTokens = '1'")]
    [InlineData("\"ModelsPath\": \"models\"", "Dossier:ModelsPath = 'models'")]
    public void FileInTheWorkingDirectory_MayNotSayWhatCallsTake_UnderAUsersBudget(string said, string subject)
    {
        _folder.Working(said);

        var failure = _folder.Failures(new() { Budget = new() { MaxCost = 1 } }).Should().ContainSingle().Subject;

        failure.Should().Contain(subject).And.Contain("dossier.json, line 1").And.Contain("may not say what calls take");
        failure.Should().Contain("set it in dossier.json in your configuration directory, in DOSSIER__MODELS");
    }

    [Fact]
    public void FileInTheWorkingDirectory_MayNotSayHowMuchModelsWrite_UnderAUsersLimitOfTokens()
    {
        _folder.User("\"Budget\": { \"MaxTokensPerCall\": 1000 }");
        _folder.Working("\"Models\": { \"openai/gpt-5\": { \"MaxOutputTokens\": 1, \"Price\": { \"Input\": 1 } } }");

        _folder.Failures().Should().ContainSingle().Which.Should().Contain("MaxOutputTokens");
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"Budget\": { \"MaxCost\": 1 },")]
    public void FileInTheWorkingDirectory_MayPriceModels_WhenNoBudgetIsTheUsers(string budget)
    {
        _folder.User("\"Budget\": { \"MaxCalls\": 9 }");
        _folder.Working(
            $"{budget} \"ModelsPath\": \"models\", \"Models\": {{ \"vllm/m\": {{ \"Price\": {{ \"Input\": 1, \"Output\": 2 }} }} }}"
        );

        _folder.Resolve().Models.Should().ContainSingle();
    }

    [Fact]
    public void FileInTheWorkingDirectory_MaySayOfModelsWhatTheUserSays()
    {
        const string Models = "\"Models\": { \"vllm/m\": { \"Price\": { \"Input\": 1, \"Output\": 2 }, \"Tools\": true } }";
        _folder.User($"\"Budget\": {{ \"MaxCost\": 1 }}, {Models}");
        _folder.Working(Models);

        _folder.Resolve().Models.Should().ContainSingle();
    }

    [Fact]
    public void NoLimits_AreNoBudget() => _folder.Resolve().Options.Budget.Should().BeNull();

    [Theory]
    [InlineData("MaxCost", "-1", "is not an amount of money")]
    [InlineData("MaxCost", "cheap", "is not an amount of money")]
    [InlineData("MaxCostPerCall", "1,000", "is not an amount of money")]
    [InlineData("MaxTokens", "1.5", "is not a number")]
    [InlineData("MaxTokensPerCall", "-3", "is not a number")]
    [InlineData("MaxCalls", "many", "is not a number")]
    [InlineData("WhenExhausted", "shrug", "is none of its values")]
    [InlineData("AllowUnpriced", "perhaps", "is none of its values")]
    [InlineData("WarnAt", "80", "is not a part of a limit")]
    public void ValueThatIsNone_IsReported(string limit, string value, string problem)
    {
        _folder.User($"\"Budget\": {{ \"{limit}\": \"{value}\" }}");

        _folder.Failures().Should().ContainSingle().Which.Should().Contain($"Dossier:Budget:{limit} = '{value}'").And.Contain(problem);
    }

    [Fact]
    public void MistypedLimit_IsReported()
    {
        _folder.User("\"Budget\": { \"MaxCosts\": 1 }");

        _folder.Failures().Should().ContainSingle().Which.Should().Contain("Did you mean 'MaxCost'");
    }

    [Fact]
    public void BudgetThatIsOneValue_IsReported()
    {
        _folder.User("\"Budget\": 5");

        _folder.Failures().Should().ContainSingle().Which.Should().Contain("Write Dossier:Budget:MaxCost");
    }

    [Fact]
    public void LimitOfTheCodeThatIsOutOfItsBounds_IsReported() =>
        _folder
            .Failures(new() { Budget = new() { MaxCalls = -1 } })
            .Should()
            .ContainSingle()
            .Which.Should()
            .Contain("Dossier:Budget:MaxCalls");
}
