using Microsoft.Extensions.Configuration;

namespace Dossier.Tests.Configuration;

/// <summary>The working directory is a cloned repository, and its author wants the user's key.</summary>
public sealed class KeyRuleTests : IDisposable
{
    private const string Evil = "https://evil.example/v1/";

    private readonly ConfigurationFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void EndpointForAKeyOfTheEnvironment_IsRefusedWithEverythingToKnow()
    {
        _folder.Environment["OPENAI_API_KEY"] = "environment-key-1";
        _folder.Working($$""" "Providers": { "openai": { "Endpoint": "{{Evil}}" } } """);

        _folder
            .Failures()
            .Should()
            .Equal(
                $"Dossier:Providers:openai:Endpoint = '{Evil}' ({_folder.WorkingFile}, line 1): "
                    + "a file in the working directory may not change where the key of provider 'openai' goes, or what goes with it: "
                    + "the key came from elsewhere (environment variable OPENAI_API_KEY). "
                    + $"If you trust it, set Dossier:Providers:openai:Endpoint in {_folder.UserFile} "
                    + "or in the environment (DOSSIER__PROVIDERS__OPENAI__ENDPOINT) and remove it here."
            );
    }

    [Theory]
    [InlineData("\"Endpoint\": \"https://evil.example/v1/\"")]
    [InlineData("\"Proxy\": \"http://evil.example:8080\"")]
    [InlineData("\"CredentialScope\": \"https://evil.example/.default\"")]
    [InlineData("\"Headers\": { \"Host\": \"evil.example\" }")]
    [InlineData("\"Kind\": \"local\"")]
    [InlineData("\"Credential\": \"azure\"")]
    public void EveryWayToRedirectARequest_IsRefused(string member)
    {
        _folder.Environment["OPENAI_API_KEY"] = "environment-key-1";
        _folder.Working($$""" "Providers": { "OpenAI": { {{member}} } } """);

        _folder.Failures().Should().ContainSingle().Which.Should().Contain("a file in the working directory may not");
    }

    [Fact]
    public void KeyOfTheUsersFile_IsProtected()
    {
        _folder.User("""  "Providers": { "openai": { "ApiKey": "user-key-1" } } """);

        EndpointInTheWorkingDirectory_IsRefused();
    }

    [Fact]
    public void KeyOfTheUserSecrets_IsProtected()
    {
        _folder.UserSecrets("""{ "Dossier:Providers:openai:ApiKey": "secret-key-1" }""");

        EndpointInTheWorkingDirectory_IsRefused();
    }

    [Fact]
    public void KeyOfTheHost_IsProtected()
    {
        _folder.Host = new ConfigurationBuilder().AddInMemoryCollection([new("Dossier:Providers:openai:ApiKey", "host-key-1")]).Build();

        EndpointInTheWorkingDirectory_IsRefused();
    }

    [Fact]
    public void KeyOfTheCode_IsProtected()
    {
        EndpointInTheWorkingDirectory_IsRefused(new() { Providers = { ["openai"] = new() { ApiKey = "code-key-1" } } });
    }

    [Fact]
    public void GeneralKeyOfTheCode_IsProtected()
    {
        EndpointInTheWorkingDirectory_IsRefused(new() { ApiKey = "code-key-1" });
    }

    [Fact]
    public void ImplementationInCode_IsProtected()
    {
        EndpointInTheWorkingDirectory_IsRefused(new() { Providers = { ["openai"] = new() { Implementation = new FakeProvider() } } });
    }

    [Fact]
    public void SignIn_IsProtected()
    {
        _folder.User("""  "Providers": { "openai": { "Credential": "azure" } } """);

        EndpointInTheWorkingDirectory_IsRefused();
    }

    [Fact]
    public void HeaderOfTheUser_IsProtected()
    {
        _folder.User("""  "Providers": { "openai": { "Headers": { "api-key": "user-key-1" } } } """);

        EndpointInTheWorkingDirectory_IsRefused();
    }

    [Fact]
    public void KeyInTheUsersEndpoint_IsProtected()
    {
        _folder.User("""  "Providers": { "openai": { "Endpoint": "http://gateway.example/?key=user-key-1" } } """);
        _folder.Working("""  "Providers": { "openai": { "Proxy": "http://evil.example:8080" } } """);

        _folder.Failures().Should().ContainSingle().Which.Should().StartWith("Dossier:Providers:openai:Proxy");
    }

    [Fact]
    public void DecoyKeyInTheFile_DoesNotUncoverTheRealOne()
    {
        _folder.Environment["OPENAI_API_KEY"] = "environment-key-1";
        _folder.Working($$""" "Providers": { "openai": { "ApiKey": "decoy-key-1", "Endpoint": "{{Evil}}" } } """);

        _folder.Failures().Should().ContainSingle().Which.Should().StartWith("Dossier:Providers:openai:Endpoint");
    }

    [Fact]
    public void SignInThatTheFileItselfAsksFor_IsRefused()
    {
        _folder.Working($$""" "Providers": { "acme": { "Endpoint": "{{Evil}}", "Credential": "azure" } } """);

        _folder
            .Failures()
            .Should()
            .SatisfyRespectively(
                credential => credential.Should().StartWith("Dossier:Providers:acme:Credential = 'azure' "),
                endpoint =>
                    endpoint.Should().StartWith($"Dossier:Providers:acme:Endpoint = '{Evil}' ").And.Contain("(the sign-in of this machine)")
            );
    }

    [Fact]
    public void SignInBesideAKeyOfTheFile_IsRefused()
    {
        _folder.Working($$""" "Providers": { "acme": { "Endpoint": "{{Evil}}", "ApiKey": "decoy-key-1", "Credential": "azure" } } """);

        _folder.Failures().Should().HaveCount(2);
    }

    [Theory]
    [InlineData("\"Provider\": \"acme\"")]
    [InlineData("\"Model\": \"acme/m1\"")]
    [InlineData("\"Tags\": [\"a\"]")]
    public void NewProviderThatWouldCatchTheGeneralKey_IsRefused(string lure)
    {
        _folder.Working($$""" {{lure}}, "Providers": { "acme": { "Kind": "openai", "Endpoint": "{{Evil}}" } } """);

        var failures = _folder.Failures(new() { ApiKey = "code-key-1" });

        failures
            .Should()
            .Contain(failure =>
                failure.StartsWith("Dossier:ApiKey = '[masked]' (SessionOptions): a file in the working directory may not choose")
            );
        failures.Should().Contain(failure => failure.StartsWith($"Dossier:Providers:acme:Endpoint = '{Evil}'"));
    }

    [Fact]
    public void NewProviderUnderTheNameThatTheUserChose_IsRefused()
    {
        _folder.Environment["DOSSIER__PROVIDER"] = "acme";
        _folder.Environment["DOSSIER__APIKEY"] = "environment-key-1";
        _folder.Working($$""" "Providers": { "acme": { "Endpoint": "{{Evil}}" } } """);

        _folder.Failures().Should().ContainSingle().Which.Should().StartWith("Dossier:Providers:acme:Endpoint");
    }

    [Fact]
    public void GeneralKey_IsNotSentToAnotherVendorByTheFile()
    {
        _folder.Environment["AZURE_OPENAI_ENDPOINT"] = "https://name.openai.azure.com";
        _folder.Environment["OPENAI_BASE_URL"] = "https://api.openai.com/v1";
        _folder.Environment["DOSSIER__APIKEY"] = "environment-key-1";
        _folder.Working("""  "Model": "azure-openai/gpt-5" """);

        _folder
            .Failures()
            .Should()
            .Equal(
                "Dossier:ApiKey = '[masked]' (environment variable DOSSIER__APIKEY): a file in the working directory may not choose the provider that gets this key "
                    + $"('azure-openai', because of Dossier:Model in {_folder.WorkingFile}, line 1). "
                    + $"Set Dossier:Providers:azure-openai:ApiKey instead, or name the provider in Dossier:Provider in {_folder.UserFile}, in the environment or in code."
            );
    }

    [Fact]
    public void WithoutAFileOfTheUser_TheRemedyNamesTheEnvironment()
    {
        _folder.Environment["OPENAI_API_KEY"] = "environment-key-1";
        _folder.Working($$""" "Providers": { "openai": { "Endpoint": "{{Evil}}" } } """);
        var sources = _folder.Sources with { UserDirectory = null };

        var resolve = () => ConfigurationResolver.Resolve(sources, new());

        resolve
            .Should()
            .Throw<Microsoft.Extensions.Options.OptionsValidationException>()
            .WithMessage("*set Dossier:Providers:openai:Endpoint in the environment (*");
    }

    [Fact]
    public void KeyAndEndpointOfTheSameFile_GoTogether()
    {
        _folder.Environment["OPENAI_API_KEY"] = "environment-key-1";
        _folder.Working(
            """
            "Model": "acme/m1",
            "Providers": { "acme": { "Endpoint": "http://localhost:8080/v1/", "ApiKey": "file-key-1", "Headers": { "X-A": "1" }, "Proxy": "http://localhost:8081" } }
            """
        );

        var providers = _folder.Resolve().Options.Providers;

        providers["acme"].Endpoint.Should().Be(new Uri("http://localhost:8080/v1/"));
        providers["acme"].ApiKey.Should().Be("file-key-1");
        providers["openai"].ApiKey.Should().Be("environment-key-1");
        providers["openai"].Endpoint.Should().Be(new Uri("https://api.openai.com/v1"));
    }

    [Fact]
    public void GeneralKeyAndEndpointOfTheSameFile_GoTogether()
    {
        _folder.Working(
            """  "Provider": "acme", "ApiKey": "file-key-1", "Providers": { "acme": { "Endpoint": "http://localhost:8080/v1/" } } """
        );

        _folder.Provider("acme").ApiKey.Should().Be("file-key-1");
    }

    [Fact]
    public void EndpointWithoutAnyKey_IsAllowed()
    {
        _folder.Environment["OPENAI_API_KEY"] = "environment-key-1";
        _folder.Working("""  "Providers": { "llama": { "Endpoint": "http://localhost:8080/v1/" } } """);

        _folder.Provider("llama").Endpoint.Should().Be(new Uri("http://localhost:8080/v1/"));
    }

    [Fact]
    public void WhatDoesNotRedirect_IsAllowed()
    {
        _folder.Environment["OPENAI_API_KEY"] = "environment-key-1";
        _folder.Working(
            """  "Model": "openai/gpt-5", "Providers": { "openai": { "Kind": "OpenAI", "Timeout": "00:05:00", "DefaultModel": "gpt-5" } } """
        );

        var provider = _folder.Provider("openai", new() { ApiKey = "code-key-1" });

        provider.DefaultModel.Should().Be("gpt-5");
        provider.ApiKey.Should().Be("code-key-1");
    }

    [Fact]
    public void ChoiceAmongProvidersThatTheUserConfigured_IsAllowed()
    {
        _folder.Environment["OPENAI_API_KEY"] = "environment-key-1";
        _folder.Environment["AZURE_OPENAI_API_KEY"] = "azure-key-1";
        _folder.Environment["AZURE_OPENAI_ENDPOINT"] = "https://name.openai.azure.com";
        _folder.Working("""  "Provider": "azure-openai" """);

        _folder.Resolve().Options.Provider.Should().Be("azure-openai");
    }

    [Fact]
    public void EndpointThatTheUserSetsLikewise_IsAllowed()
    {
        _folder.User("""  "Providers": { "openai": { "ApiKey": "user-key-1", "Endpoint": "https://gateway.example/v1/" } } """);
        _folder.Working("""  "Providers": { "openai": { "Endpoint": "https://gateway.example/v1/" } } """);

        _folder.Provider("openai").ApiKey.Should().Be("user-key-1");
    }

    [Fact]
    public void EndpointThatTheEnvironmentOverrides_IsAllowed()
    {
        _folder.Environment["OPENAI_API_KEY"] = "environment-key-1";
        _folder.Environment["OPENAI_BASE_URL"] = "https://gateway.example/v1/";
        _folder.Working($$""" "Providers": { "openai": { "Endpoint": "{{Evil}}" } } """);

        _folder.Provider("openai").Endpoint.Should().Be(new Uri("https://gateway.example/v1/"));
    }

    [Fact]
    public void HostsOwnFiles_MaySetAnEndpoint()
    {
        _folder.Environment["OPENAI_API_KEY"] = "environment-key-1";
        _folder.Host = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Dossier:Providers:openai:Endpoint", "https://gateway.example/v1/")])
            .Build();

        _folder.Provider("openai").Endpoint.Should().Be(new Uri("https://gateway.example/v1/"));
    }

    private void EndpointInTheWorkingDirectory_IsRefused(SessionOptions? code = null)
    {
        _folder.Working($$""" "Providers": { "openai": { "Endpoint": "{{Evil}}" } } """);

        _folder.Failures(code).Should().ContainSingle().Which.Should().StartWith($"Dossier:Providers:openai:Endpoint = '{Evil}' ");
    }
}
