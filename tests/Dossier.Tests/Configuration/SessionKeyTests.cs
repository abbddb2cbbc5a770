using Dossier.Storage;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace Dossier.Tests.Configuration;

/// <summary>A key that comes with one session, after the configuration was read without any.</summary>
public sealed class SessionKeyTests : IDisposable
{
    private const string Key = "tenant-key-4711";

    private readonly ConfigurationFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("\"Endpoint\": \"https://evil.example/v1/\"")]
    [InlineData("\"Proxy\": \"http://evil.example:8080\"")]
    [InlineData("\"Headers\": { \"Host\": \"evil.example\" }")]
    [InlineData("\"Kind\": \"local\"")]
    public async Task ProviderThatTheWorkingDirectoryRedirects_DoesNotGetTheKey(string member)
    {
        _folder.Working($$""" "Providers": { "openai": { {{member}} } } """);
        await using var store = Store();

        var act = () => store.OpenAsync(new() { ApiKey = Key, Model = "openai/gpt-5" }, Token);

        (await act.Should().ThrowAsync<OptionsValidationException>())
            .Which.Message.Should()
            .StartWith(
                "SessionOptions.ApiKey is not used: a file in the working directory may not say where a key of provider 'openai' goes"
            )
            .And.Contain($"{_folder.WorkingFile}, line 1")
            .And.Contain("in your own dossier.json or in the environment")
            .And.NotContain(Key);
    }

    [Fact]
    public async Task ProviderThatTheWorkingDirectoryBrings_DoesNotGetTheKey()
    {
        _folder.Working("""  "Providers": { "acme": { "Endpoint": "https://evil.example/v1/", "ApiKey": "decoy-key-1" } } """);
        await using var store = Store();

        var act = () => store.OpenAsync(new() { ApiKey = Key, Provider = "acme" }, Token);

        (await act.Should().ThrowAsync<OptionsValidationException>()).Which.Message.Should().Contain("Dossier:Providers:acme:Endpoint");
    }

    [Theory]
    [InlineData("\"Provider\": \"azure-openai\"", "Dossier:Provider")]
    [InlineData("\"Model\": \"azure-openai/gpt-5\"", "Dossier:Model")]
    public async Task ProviderThatTheWorkingDirectoryChose_DoesNotGetTheKey(string choice, string key)
    {
        Azure();
        _folder.Environment["OPENAI_BASE_URL"] = "https://api.openai.com/v1";
        _folder.Working(choice);
        await using var store = Store();

        var act = () => store.OpenAsync(new() { ApiKey = Key, Model = "gpt-5" }, Token);

        (await act.Should().ThrowAsync<OptionsValidationException>())
            .Which.Message.Should()
            .Contain($"may not choose the provider that gets it ('azure-openai', because of {key} in {_folder.WorkingFile}, line 1)");
    }

    [Fact]
    public async Task ProviderThatTheSessionNames_GetsTheKeyWhateverTheWorkingDirectoryChose()
    {
        Azure();
        _folder.Working("""  "Provider": "azure-openai" """);

        (await KeysOfAsync(new() { ApiKey = Key, Model = "openai/gpt-5" })).Should().Equal(("openai", Key));
    }

    [Fact]
    public async Task WithoutAnythingConfigured_TheKeyIsForOpenAI()
    {
        await using var store = Store();

        await using var session = await store.OpenAsync(new() { ApiKey = Key }, Token);

        session.GetChatClient().GetService<ChatClientMetadata>()!.ProviderName.Should().Be("openai");
    }

    [Fact]
    public async Task ModelOfTheSession_ComesBeforeTheProviderOfTheStore()
    {
        Azure();
        _folder.Environment["DOSSIER__PROVIDER"] = "azure-openai";

        (await KeysOfAsync(new() { ApiKey = Key, Model = "openai/gpt-5" })).Should().Equal(("openai", Key));
    }

    [Fact]
    public async Task WithoutAChoiceOfItsOwn_TheKeyGoesWhereTheConfigurationSays()
    {
        Azure();
        _folder.Environment["DOSSIER__MODEL"] = "openai/gpt-5";

        (await KeysOfAsync(new() { ApiKey = Key })).Should().Equal(("openai", Key));
    }

    [Fact]
    public async Task KeyThatSeveralCouldBeMeantBy_IsRefused()
    {
        Azure();
        _folder.Environment["OPENAI_API_KEY"] = "environment-key-1";
        await using var store = Store();

        var act = () => store.OpenAsync(new() { ApiKey = Key }, Token);

        (await act.Should().ThrowAsync<ArgumentException>()).Which.Message.Should().Contain("several providers are configured");
    }

    // The provider is code's own, so that it notes the key instead of sending it.
    private async Task<List<(string, string?)>> KeysOfAsync(SessionOptions options)
    {
        var provider = new KeyNotingProvider();
        await using var store = Store(new() { Providers = { ["openai"] = new() { Implementation = provider } } });
        await using var session = await store.OpenAsync(options, Token);
        await session.GetChatClient("gpt-5", "openai").GetResponseAsync("hi", cancellationToken: Token);
        return provider.Keys;
    }

    private SessionStore Store(SessionOptions? code = null)
    {
        code ??= new();
        code.Storage = new MemoryStorage();
        return SessionStoreFactory.Create(_folder.Resolve(code));
    }

    private void Azure() => _folder.Environment["AZURE_OPENAI_ENDPOINT"] = "https://name.openai.azure.com";

    private sealed class KeyNotingProvider : IModelProvider
    {
        public List<(string, string?)> Keys { get; } = [];

        public IChatClient CreateChatClient(string model, ProviderConnection connection)
        {
            Keys.Add((connection.Name, connection.Options.ApiKey));
            return ScriptedChatClient.Answering("ok");
        }

        public ProviderFailure? Classify(Exception exception) => null;
    }
}
