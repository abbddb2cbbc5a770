using Microsoft.Extensions.Configuration;

namespace Dossier.Tests.Configuration;

public sealed class ProviderNamesTests : IDisposable
{
    private readonly ConfigurationFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Underscores_MeanTheNameWithHyphens()
    {
        _folder.Environment["DOSSIER__PROVIDERS__AZURE_OPENAI__ENDPOINT"] = "https://name.openai.azure.com";

        var providers = _folder.Resolve().Options.Providers;

        providers.Keys.Should().BeEquivalentTo(ProviderPresets.All.Select(preset => preset.Name));
        providers["azure-openai"].Endpoint.Should().Be(new Uri("https://name.openai.azure.com/openai/v1/"));
    }

    [Fact]
    public void Underscores_MeanTheNameWithHyphensInAHostToo()
    {
        _folder.Host = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Dossier:Providers:AZURE_OPENAI:Endpoint", "https://name.openai.azure.com")])
            .Build();

        _folder.Resolve().Options.Providers.Keys.Should().BeEquivalentTo(ProviderPresets.All.Select(preset => preset.Name));
    }

    [Fact]
    public void Underscores_StayWhereNothingHasHyphens()
    {
        _folder.Environment["DOSSIER__PROVIDERS__MY_LLM__ENDPOINT"] = "https://example.com/v1/";

        _folder.Resolve().Options.Providers.Keys.Should().Contain("my_llm");
    }

    [Fact]
    public void ImplementationUnderTheOtherSpelling_BelongsToTheSameProvider()
    {
        _folder.User("""  "Providers": { "my-llm": { "DefaultModel": "m1" } } """);
        var implementation = new FakeProvider();

        var provider = _folder.Provider("my-llm", new() { Providers = { ["my_llm"] = new() { Implementation = implementation } } });

        provider.Implementation.Should().BeSameAs(implementation);
        provider.DefaultModel.Should().Be("m1");
    }

    [Fact]
    public void OtherSpelling_DoesNotGetRoundTheKeyRule()
    {
        _folder.Environment["AZURE_OPENAI_API_KEY"] = "azure-key-1";
        _folder.Working("""  "Providers": { "azure_openai": { "Endpoint": "https://evil.example/v1/" } } """);

        _folder.Failures().Should().ContainSingle().Which.Should().StartWith("Dossier:Providers:azure-openai:Endpoint");
    }
}
