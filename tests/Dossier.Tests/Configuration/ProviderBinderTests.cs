namespace Dossier.Tests.Configuration;

public sealed class ProviderBinderTests : IDisposable
{
    private readonly ConfigurationFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void OpenAI_TakesTheVendorsVariables()
    {
        _folder.Environment["OPENAI_API_KEY"] = "environment-key-1\n";
        _folder.Environment["OPENAI_BASE_URL"] = "https://proxy.example/v1";

        _folder
            .Provider("openai")
            .Should()
            .BeEquivalentTo(
                new ProviderOptions
                {
                    Kind = "openai",
                    ApiKey = "environment-key-1",
                    Endpoint = new("https://proxy.example/v1"),
                    DefaultModel = "gpt-5.4-mini",
                    Timeout = TimeSpan.FromSeconds(100),
                }
            );
    }

    [Fact]
    public void Local_NeedsNothing()
    {
        _folder
            .Provider("local")
            .Should()
            .BeEquivalentTo(
                new ProviderOptions
                {
                    Kind = "local",
                    DefaultModel = "extractive",
                    Timeout = TimeSpan.FromSeconds(100),
                }
            );
    }

    [Theory]
    [InlineData("https://name.openai.azure.com", "https://name.openai.azure.com/openai/v1/")]
    [InlineData("https://name.openai.azure.com/", "https://name.openai.azure.com/openai/v1/")]
    [InlineData("https://name.openai.azure.com/openai/v1/", "https://name.openai.azure.com/openai/v1/")]
    [InlineData("https://gateway.example/azure/", "https://gateway.example/azure/")]
    public void AzureEndpointWithoutAPath_GetsTheOneOfTheV1Api(string given, string expected)
    {
        _folder.Environment["AZURE_OPENAI_API_KEY"] = "azure-key-1";
        _folder.Environment["AZURE_OPENAI_ENDPOINT"] = given;

        var provider = _folder.Provider("azure-openai");

        provider.Endpoint.Should().Be(new Uri(expected));
        provider.ApiKey.Should().Be("azure-key-1");
        provider.DefaultModel.Should().BeNull();
    }

    [Fact]
    public void AzureVariableForTheKeyAlone_IsNotUsed()
    {
        _folder.Environment["AZURE_OPENAI_API_KEY"] = "azure-key-1";

        var resolved = _folder.Resolve();

        resolved.Options.Providers["azure-openai"].ApiKey.Should().BeNull();
        resolved.Secrets.Should().Contain("azure-key-1");
    }

    [Theory]
    [InlineData("azure-openai", null)]
    [InlineData(null, "azure-openai/gpt-5")]
    public void SelectedAzure_NeedsAnEndpoint(string? provider, string? model)
    {
        _folder.Environment["AZURE_OPENAI_API_KEY"] = "azure-key-1";

        _folder
            .Failures(new() { Provider = provider, Model = model })
            .Should()
            .Equal(
                "Dossier:Providers:azure-openai:Endpoint is missing: provider 'azure-openai' has no endpoint that all share. Set it, or AZURE_OPENAI_ENDPOINT."
            );
    }

    [Fact]
    public void AzureWithASignIn_NeedsAnEndpoint()
    {
        _folder.User("""  "Providers": { "azure-openai": { "Credential": "azure" } } """);

        _folder.Failures().Should().ContainSingle().Which.Should().StartWith("Dossier:Providers:azure-openai:Endpoint is missing");
    }

    [Fact]
    public void ProviderThatIsNoPreset_IsOfOpenAIsKind()
    {
        _folder.User("""  "Providers": { "acme": { "Endpoint": "https://acme.example/v1/" } } """);

        _folder
            .Provider("ACME")
            .Should()
            .BeEquivalentTo(
                new ProviderOptions
                {
                    Kind = "openai",
                    Endpoint = new("https://acme.example/v1/"),
                    Timeout = TimeSpan.FromSeconds(100),
                }
            );
    }

    [Fact]
    public void ProviderThatIsNoPreset_NeedsAnEndpoint()
    {
        _folder.User("""  "Providers": { "opneai": { "ApiKey": "user-key-1" } } """);

        _folder
            .Failures()
            .Should()
            .Equal(
                "Dossier:Providers:opneai:Endpoint is missing: provider 'opneai' has no endpoint of its own. Set it. Did you mean 'openai'?"
            );
    }

    [Fact]
    public void UnknownKind_IsReportedWithTheKnownOnes()
    {
        _folder.User("""  "Providers": { "acme": { "Kind": "acme" } } """);

        _folder
            .Failures()
            .Should()
            .Equal(
                $"Dossier:Providers:acme:Kind = 'acme' ({_folder.UserFile}, line 1): there is no such kind of provider. Known are openai, anthropic, ollama, local."
            );
    }

    [Fact]
    public void UnknownCredential_IsReported()
    {
        _folder.User("""  "Providers": { "openai": { "Credential": "aws" } } """);

        _folder.Failures().Should().ContainSingle().Which.Should().EndWith("there is no such sign-in. Known are azure.");
    }

    [Fact]
    public void Implementation_MayHaveAnyKindAndNeedsNoEndpoint()
    {
        var implementation = new FakeProvider();
        var code = new SessionOptions
        {
            Providers =
            {
                ["acme"] = new() { Kind = "acme", Implementation = implementation },
            },
        };

        var provider = _folder.Provider("acme", code);

        provider.Kind.Should().Be("acme");
        provider.Implementation.Should().BeSameAs(implementation);
    }

    [Fact]
    public void Presets_NameTheirVariables()
    {
        ProviderPresets.KeyVariable("OpenAI").Should().Be("OPENAI_API_KEY");
        ProviderPresets.KeyVariable("local").Should().BeNull();
        ProviderPresets.KeyVariable("acme").Should().BeNull();
    }

    [Fact]
    public void PresetWithAnEndpoint_GivesItAsADefault()
    {
        var preset = new ProviderPreset("acme", "openai") { Endpoint = "https://acme.example/v1/" };

        ProviderPresets
            .Settings([preset])
            .Should()
            .Contain(new Setting("Providers:acme:Endpoint", "https://acme.example/v1/", SettingSource.Default, "built-in default"));
    }
}
