using Dossier.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Dossier.Tests.Configuration;

public sealed class ConfigurationResolverTests : IDisposable
{
    private readonly ConfigurationFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Nothing_GivesCompleteDefaults()
    {
        var options = _folder.Resolve().Options;

        options.SessionId.Should().BeNull();
        options.OpenMode.Should().Be(OpenMode.OpenOrCreate);
        options.Durability.Should().Be(Durability.Full);
        options.Capture.Should().Be(Capture.Full);
        options.StoragePath.Should().Be(Path.Combine(_folder.WorkingDirectory, ".dossier"));
        options.ModelsPath.Should().Be(Path.Combine(_folder.UserDirectory, "models"));
        options.ApplicationVersion.Should().Be("1.2.3");
        options.TimeProvider.Should().BeSameAs(TimeProvider.System);
        options.LoggerFactory.Should().BeSameAs(NullLoggerFactory.Instance);
        options.Tags.Should().BeEmpty();
        options.Providers.Keys.Should().BeEquivalentTo(ProviderPresets.All.Select(preset => preset.Name));
    }

    [Fact]
    public void EverySetting_IsReadFromAFile()
    {
        _folder.User(
            """
            "SessionId": "s.1", "OpenMode": "create", "Name": "run", "Tags": ["a", "b"], "StoragePath": "store",
            "Durability": "process", "ModelsPath": "models", "Provider": "acme", "Model": "m1", "EmbeddingModel": "e1", "ApplicationVersion": "9", "Capture": "digestsOnly",
            "Providers": { "acme": {
                "Kind": "openai", "Endpoint": "https://acme.example/v1/", "ApiKey": "acme-key-1", "Credential": "azure",
                "Headers": { "X-Title": "t" }, "Proxy": "http://proxy.example:8080", "Timeout": "00:00:30", "DefaultModel": "m2"
            } }
            """
        );

        var options = _folder.Resolve().Options;

        options
            .Should()
            .BeEquivalentTo(
                new
                {
                    SessionId = "s.1",
                    OpenMode = OpenMode.Create,
                    Name = "run",
                    StoragePath = Path.Combine(_folder.WorkingDirectory, "store"),
                    Durability = Durability.Process,
                    ModelsPath = Path.Combine(_folder.WorkingDirectory, "models"),
                    Provider = "acme",
                    Model = "m1",
                    EmbeddingModel = "e1",
                    ApplicationVersion = "9",
                    Capture = Capture.DigestsOnly,
                }
            );
        options.Tags.Should().Equal("a", "b");
        options
            .Providers["acme"]
            .Should()
            .BeEquivalentTo(
                new ProviderOptions
                {
                    Kind = "openai",
                    Endpoint = new("https://acme.example/v1/"),
                    ApiKey = "acme-key-1",
                    Credential = "azure",
                    Headers = new Dictionary<string, string> { ["X-Title"] = "t" },
                    Proxy = new("http://proxy.example:8080"),
                    Timeout = TimeSpan.FromSeconds(30),
                    DefaultModel = "m2",
                }
            );
    }

    [Fact]
    public void EverySetting_IsReadFromCode()
    {
        var time = new FakeTimeProvider();
        var code = new SessionOptions
        {
            SessionId = "s1",
            OpenMode = OpenMode.Open,
            Name = "run",
            Tags = ["a"],
            StoragePath = "store",
            Durability = Durability.Process,
            Fallbacks = ["openai/gpt-5-nano"],
            Resilience = new() { MaxRetries = 2, TotalTimeout = TimeSpan.FromMinutes(2) },
            Provider = "acme",
            Model = "m1",
            ModelsPath = Path.Combine(_folder.WorkingDirectory, "models"),
            ApplicationVersion = "9",
            Capture = Capture.DigestsOnly,
            TimeProvider = time,
            LoggerFactory = NullLoggerFactory.Instance,
            Providers =
            {
                ["acme"] = new()
                {
                    Kind = "openai",
                    Endpoint = new("https://acme.example/v1/"),
                    ApiKey = "acme-key-1",
                    Credential = "azure",
                    Headers = { ["X-Title"] = "t" },
                    Proxy = new("http://proxy.example:8080"),
                    Timeout = TimeSpan.FromSeconds(30),
                    DefaultModel = "m2",
                },
            },
        };

        var options = _folder.Resolve(code).Options;

        options.Should().BeEquivalentTo(code, settings => settings.Excluding(o => o.StoragePath).Excluding(o => o.Providers));
        options.Providers["acme"].Should().BeEquivalentTo(code.Providers["acme"]);
    }

    [Fact]
    public void LaterSources_Win()
    {
        var models = new List<string?>();

        _folder.User("""  "Model": "user" """);
        models.Add(_folder.Resolve().Options.Model);
        _folder.Working("""  "Model": "working" """);
        models.Add(_folder.Resolve().Options.Model);
        _folder.Host = new ConfigurationBuilder().AddInMemoryCollection([new("Dossier:Model", "host")]).Build();
        models.Add(_folder.Resolve().Options.Model);
        _folder.UserSecrets("""{ "Dossier:Model": "secrets" }""");
        models.Add(_folder.Resolve().Options.Model);
        _folder.Environment["DOSSIER__MODEL"] = "environment";
        models.Add(_folder.Resolve().Options.Model);
        models.Add(_folder.Resolve(new() { Model = "code" }).Options.Model);

        models.Should().Equal("user", "working", "host", "secrets", "environment", "code");
    }

    [Fact]
    public void Providers_MergePerMember()
    {
        _folder.User("""  "Providers": { "openai": { "ApiKey": "user-key-1", "Timeout": "00:00:10", "Headers": { "X-A": "1" } } } """);
        _folder.Environment["DOSSIER__PROVIDERS__OPENAI__DEFAULTMODEL"] = "m1";
        var code = new SessionOptions { Providers = { ["OpenAI"] = new() { Headers = { ["X-B"] = "2" } } } };

        var provider = _folder.Provider("openai", code);

        provider.ApiKey.Should().Be("user-key-1");
        provider.Timeout.Should().Be(TimeSpan.FromSeconds(10));
        provider.DefaultModel.Should().Be("m1");
        provider.Headers.Should().BeEquivalentTo(new Dictionary<string, string> { ["X-A"] = "1", ["X-B"] = "2" });
    }

    [Fact]
    public void Tags_OfALaterSource_ReplaceTheEarlierOnes()
    {
        _folder.User("""  "Tags": ["a", "b", "c"] """);
        _folder.Environment["DOSSIER__TAGS__0"] = "x";

        _folder.Resolve().Options.Tags.Should().Equal("x");
    }

    [Fact]
    public void EmptyValues_AreNone()
    {
        _folder.User("""  "Model": "user", "Providers": { "openai": { "ApiKey": "user-key-1" } } """);
        _folder.Working("""  "Model": "", "Tags": [], "Name": null """);
        _folder.Environment["DOSSIER__MODEL"] = "";
        _folder.Environment["OPENAI_API_KEY"] = " ";

        var options = _folder.Resolve(new() { Model = "" }).Options;

        options.Model.Should().Be("user");
        options.Providers["openai"].ApiKey.Should().Be("user-key-1");
    }

    [Fact]
    public void AbsoluteStoragePath_StaysAsItIs()
    {
        var path = Path.Combine(_folder.UserDirectory, "store");

        _folder.Resolve(new() { StoragePath = path }).Options.StoragePath.Should().Be(path);
    }

    [Fact]
    public void TheUsersDirectoryAsWorkingDirectory_HasOneFile()
    {
        _folder.User("""  "Providers": { "openai": { "Endpoint": "https://example.com/v1/" } } """);
        _folder.Environment["OPENAI_API_KEY"] = "environment-key-1";
        var sources = _folder.Sources with { WorkingDirectory = _folder.UserDirectory };

        var options = ConfigurationResolver.Resolve(sources, new()).Options;

        options.Providers["openai"].Endpoint.Should().Be(new Uri("https://example.com/v1/"));
    }

    [Fact]
    public void OpenOrCreateInCode_WinsOverAConfiguredMode()
    {
        _folder.Environment["DOSSIER__OPENMODE"] = "Create";

        _folder.Resolve().Options.OpenMode.Should().Be(OpenMode.Create);
        _folder.Resolve(new() { OpenMode = OpenMode.OpenOrCreate }).Options.OpenMode.Should().Be(OpenMode.OpenOrCreate);
    }

    [Fact]
    public void NullCollectionsInCode_AreEmpty()
    {
        _folder.User("""  "Tags": ["a"], "Providers": { "openai": { "Headers": { "X-A": "1" } } } """);
        var provider = new ProviderOptions { Headers = null! };

        var bare = _folder.Resolve(new() { Tags = null!, Providers = null! }).Options;
        var headers = _folder.Provider("openai", new() { Providers = { ["openai"] = provider } }).Headers;

        bare.Tags.Should().Equal("a");
        bare.Providers.Keys.Should().BeEquivalentTo(ProviderPresets.All.Select(preset => preset.Name));
        headers.Should().ContainKey("X-A");
    }

    [Fact]
    public void Secrets_OfAllSources_AreListed()
    {
        _folder.User("""  "ApiKey": "user-key-1", "Provider": "openai" """);
        _folder.Environment["OPENAI_API_KEY"] = "environment-key-1";

        var resolved = _folder.Resolve(new() { ApiKey = "code-key-1" });

        resolved.Secrets.Should().BeEquivalentTo("user-key-1", "environment-key-1", "code-key-1");
    }

    [Fact]
    public void TheOptionsOfTheCode_AreNotChanged()
    {
        var code = new SessionOptions { ApiKey = "code-key-1" };

        var options = _folder.Resolve(code).Options;

        code.Should().BeEquivalentTo(new SessionOptions { ApiKey = "code-key-1" });
        options.ApiKey.Should().BeNull();
    }
}
