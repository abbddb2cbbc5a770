namespace Dossier.Tests.Configuration;

public sealed class ApiKeyTests : IDisposable
{
    private readonly ConfigurationFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Key_GoesToOpenAI_WhenNothingElseIsConfigured()
    {
        KeysWith(new() { ApiKey = "code-key-1" }).Should().Equal(("openai", "code-key-1"));
    }

    [Fact]
    public void Key_GoesToTheNamedProvider()
    {
        Azure();

        KeysWith(new() { ApiKey = "code-key-1", Provider = "Azure-OpenAI" }).Should().Equal(("azure-openai", "code-key-1"));
    }

    [Fact]
    public void Key_GoesToTheProviderOfTheModel()
    {
        Azure();

        KeysWith(new() { ApiKey = "code-key-1", Model = "azure-openai/gpt-5" }).Should().Equal(("azure-openai", "code-key-1"));
    }

    [Fact]
    public void Key_GoesToTheOnlyConfiguredProvider()
    {
        Azure();

        KeysWith(new() { ApiKey = "code-key-1", Model = "meta-llama/llama-4" }).Should().Equal(("azure-openai", "code-key-1"));
    }

    [Fact]
    public void LocalProvider_IsNoneThatAKeyCouldBeFor()
    {
        _folder.User("""  "Providers": { "local": { "Timeout": "00:00:10" } } """);

        KeysWith(new() { ApiKey = "code-key-1" }).Should().Equal(("openai", "code-key-1"));
    }

    [Fact]
    public void Key_GoesToNoFallback()
    {
        Azure();
        _folder.Environment["OPENAI_API_KEY"] = "environment-key-1";

        KeysWith(new() { ApiKey = "code-key-1", Provider = "azure-openai" })
            .Should()
            .Equal(("openai", "environment-key-1"), ("azure-openai", "code-key-1"));
    }

    [Fact]
    public void ModelInCode_ComesBeforeAConfiguredProvider()
    {
        Azure();
        _folder.Environment["DOSSIER__PROVIDER"] = "azure-openai";

        KeysWith(new() { ApiKey = "code-key-1", Model = "openai/gpt-5" }).Should().Equal(("openai", "code-key-1"));
    }

    [Fact]
    public void ProviderInCode_ComesBeforeAConfiguredModel()
    {
        Azure();
        _folder.Environment["DOSSIER__MODEL"] = "openai/gpt-5";

        KeysWith(new() { ApiKey = "code-key-1", Provider = "azure-openai" }).Should().Equal(("azure-openai", "code-key-1"));
    }

    [Fact]
    public void OfTheSameSource_TheModelComesBeforeTheProvider()
    {
        Azure();

        KeysWith(
                new()
                {
                    ApiKey = "code-key-1",
                    Provider = "azure-openai",
                    Model = "openai/gpt-5",
                }
            )
            .Should()
            .Equal(("openai", "code-key-1"));
    }

    [Fact]
    public void ModelWithoutAProviderInCode_LeavesTheChoiceToConfiguration()
    {
        Azure();
        _folder.Environment["DOSSIER__PROVIDER"] = "azure-openai";

        KeysWith(new() { ApiKey = "code-key-1", Model = "gpt-5" }).Should().Equal(("azure-openai", "code-key-1"));
    }

    [Fact]
    public void VariableForAKeyThatNothingUses_DoesNotStandInTheWay()
    {
        _folder.Environment["AZURE_OPENAI_API_KEY"] = "azure-key-1";

        KeysWith(new() { ApiKey = "code-key-1" }).Should().Equal(("openai", "code-key-1"));
    }

    [Fact]
    public void ProviderThatTheCodeImplements_IsTheOnlyOne()
    {
        var code = new SessionOptions { ApiKey = "code-key-1", Providers = { ["acme"] = new() { Implementation = new FakeProvider() } } };

        KeysWith(code).Should().Equal(("acme", "code-key-1"));
    }

    [Fact]
    public void EmptyKeyInCode_IsRefusedInsteadOfUsingAnother()
    {
        _folder.Environment["OPENAI_API_KEY"] = "environment-key-1";

        _folder.Failures(new() { ApiKey = " " }).Should().ContainSingle().Which.Should().StartWith("SessionOptions.ApiKey is empty.");
    }

    [Fact]
    public void KeyThatSeveralCouldBeMeantBy_IsRefused()
    {
        Azure();
        _folder.Environment["OPENAI_API_KEY"] = "environment-key-1";

        _folder
            .Failures(new() { ApiKey = "code-key-1" })
            .Should()
            .Equal(
                "Dossier:ApiKey = '[masked]' (SessionOptions): it cannot be told which provider this key is for, as several are configured. "
                    + "Set Dossier:Provider, or Dossier:Providers:NAME:ApiKey instead."
            );
    }

    [Fact]
    public void OfTheSameSource_TheMoreSpecificKeyWins()
    {
        var code = new SessionOptions { ApiKey = "code-key-1", Providers = { ["openai"] = new() { ApiKey = "code-key-2" } } };

        KeysWith(code).Should().Equal(("openai", "code-key-2"));
    }

    [Fact]
    public void OfALaterSource_TheGeneralKeyWins()
    {
        _folder.Environment["OPENAI_API_KEY"] = "environment-key-1";
        _folder.Environment["DOSSIER__APIKEY"] = "environment-key-2";

        KeysWith(new()).Should().Equal(("openai", "environment-key-2"));
    }

    private void Azure() => _folder.Environment["AZURE_OPENAI_ENDPOINT"] = "https://name.openai.azure.com";

    private IEnumerable<(string Name, string? Key)> KeysWith(SessionOptions code) =>
        from provider in _folder.Resolve(code).Options.Providers
        where provider.Value.ApiKey is not null
        select (provider.Key, provider.Value.ApiKey);
}
