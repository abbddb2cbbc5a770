using Dossier.Storage;

namespace Dossier.Core.Tests.Models;

public sealed class ModelResolverTests
{
    private static readonly ModelRegistry s_registry = new();
    private static readonly ProviderEntry s_openai = new("openai", IsConfigured: true, HasKey: true, "gpt-5-mini");
    private static readonly ProviderEntry s_anthropic = new("anthropic", IsConfigured: true, HasKey: true, "claude-sonnet-5");
    private static readonly ProviderEntry s_azure = new("azure-openai", IsConfigured: true, HasKey: true, null);
    private static readonly ProviderEntry s_local = new("local", IsConfigured: true, HasKey: false, "extractive");

    [Theory]
    [InlineData("openai", "gpt-4o", "openai/gpt-4o")]
    [InlineData("OPENAI", "gpt-4o", "openai/gpt-4o")]
    [InlineData("openai", "ft:gpt-4o:acme::1", "openai/ft:gpt-4o:acme::1")]
    [InlineData("openai", "openai/gpt-4o", "openai/gpt-4o")]
    [InlineData("openai", "OpenAI/gpt-4o", "openai/gpt-4o")]
    [InlineData("openai", "anthropic/claude-sonnet-5", "openai/anthropic/claude-sonnet-5")]
    [InlineData("openai", null, "openai/gpt-5-mini")]
    [InlineData("openai", " ", "openai/gpt-5-mini")]
    [InlineData("local", null, "local/extractive")]
    public void ExplicitProvider_AlwaysGoesThrough(string provider, string? model, string expected) =>
        Resolver([s_openai, s_anthropic, s_local]).Resolve(model, provider).ToString().Should().Be(expected);

    [Fact]
    public void ExplicitProvider_Unknown_NamesTheNearest()
    {
        var resolve = () => Resolver([s_openai, s_anthropic]).Resolve("gpt-4o", "opnai");

        resolve
            .Should()
            .Throw<ModelResolutionException>()
            .WithMessage("Provider 'opnai'*Did you mean 'openai'?*openai, anthropic*")
            .Which.Candidates.Should()
            .Equal("openai");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("azure-openai/")]
    public void ExplicitProvider_WithoutAnyModel_SaysToNameOne(string? model)
    {
        var resolve = () => Resolver([s_azure]).Resolve(model, "azure-openai");

        resolve.Should().Throw<ModelResolutionException>().WithMessage("*'azure-openai' has no default model*azure-openai/MODEL*");
    }

    [Theory]
    [InlineData("openai/whatever-1", "openai/whatever-1")]
    [InlineData("Anthropic/gpt-5", "anthropic/gpt-5")]
    [InlineData("openai/org/model", "openai/org/model")]
    [InlineData("local/extractive", "local/extractive")]
    public void PrefixThatIsAProvider_IsSplitOff(string model, string expected) =>
        Resolver([s_openai, s_anthropic, s_local]).Resolve(model, null).ToString().Should().Be(expected);

    [Fact]
    public void PrefixThatIsNoProvider_BelongsToTheModel()
    {
        var together = new ProviderEntry("together", IsConfigured: true, HasKey: true, null);

        Resolver([s_openai, together]).Resolve("zai-org/GLM-5.2", null).Should().Be(new ModelReference("together", "zai-org/GLM-5.2"));
        Resolver([s_openai], "openai").Resolve("meta-llama/Llama-3", null).Should().Be(new ModelReference("openai", "meta-llama/Llama-3"));
    }

    [Theory]
    [InlineData("gpt-4o", "openai/gpt-4o")]
    [InlineData("GPT-4o", "openai/GPT-4o")]
    [InlineData("gpt-5-mini-2025-08-07", "openai/gpt-5-mini-2025-08-07")]
    [InlineData("gpt-5-mini-2031-01-31", "openai/gpt-5-mini-2031-01-31")]
    [InlineData("claude-sonnet-4-5-20250929", "anthropic/claude-sonnet-4-5-20250929")]
    public void BareName_ThatOneProviderHas_GoesThereAsItWasWritten(string model, string expected) =>
        Resolver([s_openai, s_anthropic]).Resolve(model, null).ToString().Should().Be(expected);

    [Fact]
    public void BareName_ThatOnlyAnUnconfiguredProviderHas_GoesThere()
    {
        var unconfigured = s_anthropic with { IsConfigured = false, HasKey = false };

        Resolver([s_openai, unconfigured]).Resolve("claude-sonnet-5", null).Provider.Should().Be("anthropic");
    }

    [Fact]
    public void BareName_ThatSeveralHave_GoesToTheConfiguredOne()
    {
        var registry = new ModelRegistry([Model("openai", "m"), Model("anthropic", "m")]);
        var unconfigured = s_anthropic with { IsConfigured = false };

        new ModelResolver(registry, [unconfigured, s_openai]).Resolve("m", null).Provider.Should().Be("openai");
    }

    [Fact]
    public void BareName_ThatSeveralConfiguredHave_IsDecidedByTheDefaultProvider()
    {
        var registry = new ModelRegistry([Model("openai", "m"), Model("anthropic", "m")]);

        new ModelResolver(registry, [s_openai, s_anthropic], "Anthropic").Resolve("m", null).Provider.Should().Be("anthropic");
    }

    [Fact]
    public void BareName_ThatSeveralConfiguredHave_IsAmbiguous()
    {
        var registry = new ModelRegistry([Model("openai", "m"), Model("anthropic", "m")]);
        var resolve = () => new ModelResolver(registry, [s_openai, s_anthropic]).Resolve("m", null);

        resolve
            .Should()
            .Throw<ModelResolutionException>()
            .WithMessage("Several providers have the model 'm': openai/m, anthropic/m.*Dossier:Provider*")
            .Which.Candidates.Should()
            .Equal("openai/m", "anthropic/m");
    }

    [Fact]
    public void BareName_OfAnotherProviderThanTheDefault_GoesToThatProvider() =>
        Resolver([s_openai, s_anthropic], "anthropic").Resolve("gpt-4o", null).Provider.Should().Be("openai");

    [Fact]
    public void BareName_WithADefaultProviderWhoseModelsNobodyKnows_StaysThere() =>
        Resolver([s_openai, s_azure], "azure-openai").Resolve("gpt-4o", null).Provider.Should().Be("azure-openai");

    [Fact]
    public void BareName_ThatNothingKnows_GoesToTheDefaultProvider() =>
        Resolver([s_openai, s_anthropic], "openai").Resolve("gpt-9", null).Should().Be(new ModelReference("openai", "gpt-9"));

    [Fact]
    public void BareName_ThatNothingKnows_NamesTheNearest()
    {
        var resolve = () => Resolver([s_openai, s_anthropic]).Resolve("gtp-4o", null);

        resolve
            .Should()
            .Throw<ModelResolutionException>()
            .WithMessage("Model 'gtp-4o' is not known. Did you mean 'openai/gpt-4o'*provider/model*ModelRegistry.Register*")
            .Which.Candidates[0]
            .Should()
            .Be("openai/gpt-4o");
    }

    [Fact]
    public void BareName_ThatNothingKnows_OffersNoProviderThatIsNotThere()
    {
        var resolve = () => Resolver([s_anthropic]).Resolve("gtp-4o", null);

        resolve
            .Should()
            .Throw<ModelResolutionException>()
            .Which.Candidates.Should()
            .NotContain(name => name.StartsWith("openai/", StringComparison.Ordinal));
    }

    [Fact]
    public void NameWithAnUnknownPrefix_SaysThatItIsNoProvider()
    {
        var resolve = () => Resolver([s_openai, s_anthropic]).Resolve("opnai/gpt-4o", null);

        resolve
            .Should()
            .Throw<ModelResolutionException>()
            .WithMessage("Model 'opnai/gpt-4o'*'openai/gpt-4o'*'opnai' is no provider either. Did you mean 'openai'?*");
    }

    [Fact]
    public void LocalModel_IsNeverMeantByABareName()
    {
        var resolve = () => Resolver([s_openai, s_local]).Resolve("extractive", null);

        resolve.Should().Throw<ModelResolutionException>();
        Resolver([s_openai, s_local], "local").Resolve("extractive", null).ToString().Should().Be("local/extractive");
    }

    [Theory]
    [InlineData("gpt-4o", null, "openai/gpt-4o")]
    [InlineData("anthropic/claude-opus-5", null, "anthropic/claude-opus-5")]
    [InlineData("gpt-4o", "anthropic", "openai/gpt-4o")]
    [InlineData("brand-new", "anthropic", "anthropic/brand-new")]
    [InlineData(null, "anthropic", "anthropic/claude-sonnet-5")]
    [InlineData(" ", "anthropic", "anthropic/claude-sonnet-5")]
    [InlineData(null, "local", "local/extractive")]
    public void NothingNamed_TheDefaultsDecide(string? defaultModel, string? defaultProvider, string expected) =>
        Resolver([s_openai, s_anthropic, s_local], defaultProvider, defaultModel).Resolve(null, null).ToString().Should().Be(expected);

    [Fact]
    public void NothingNamed_NoDefaults_TheOnlyProviderWithAKeyDecides() =>
        Resolver([s_openai, s_anthropic with { HasKey = false }, s_local]).Resolve(null, null).ToString().Should().Be("openai/gpt-5-mini");

    [Fact]
    public void NothingNamed_NoKey_SaysWhatToSet()
    {
        var resolve = () => Resolver([s_openai with { HasKey = false }, s_local]).Resolve(null, null);

        resolve
            .Should()
            .Throw<ModelResolutionException>()
            .WithMessage("*no provider has a key*Dossier:Model*SessionOptions.Model*OPENAI_API_KEY*");
    }

    [Fact]
    public void NoEmbeddingModelNamed_SaysWhereToSetOne()
    {
        var resolve = () => Resolver([s_openai]).ResolveEmbedding(null, null, null);

        resolve
            .Should()
            .Throw<ModelResolutionException>()
            .WithMessage("*Set Dossier:EmbeddingModel or SessionOptions.EmbeddingModel, or name a model*");
    }

    [Fact]
    public void NothingNamed_SeveralKeys_NamesThem()
    {
        var resolve = () => Resolver([s_openai, s_anthropic, s_local]).Resolve(null, null);

        resolve
            .Should()
            .Throw<ModelResolutionException>()
            .WithMessage("*several providers have a key: openai, anthropic.*")
            .Which.Candidates.Should()
            .Equal("openai", "anthropic");
    }

    [Fact]
    public void DefaultProvider_Unknown_IsAnError()
    {
        var resolve = () => Resolver([s_openai], "opnai").Resolve(null, null);

        resolve.Should().Throw<ModelResolutionException>().WithMessage("Provider 'opnai' is not known. Did you mean 'openai'?*");
    }

    [Theory]
    [InlineData(null, "No model was named, and there is no provider. This store was made in code*")]
    [InlineData("openai/gpt-4o", "Model 'openai/gpt-4o' needs provider 'openai', which is not configured. This store was made in code*")]
    [InlineData(
        "gpt-4o",
        "Model 'gpt-4o' is *openai/gpt-4o*, and needs provider '*', which is not configured. This store was made in code*"
    )]
    [InlineData(
        "local/extractive",
        "Model 'local/extractive' needs provider 'local', which is not configured. This store was made in code*"
    )]
    [InlineData("acme/unheard-of-7", "Model 'acme/unheard-of-7' is not known. 'acme' is no provider either. This store was made in code*")]
    [InlineData("unheard-of-7", "Model 'unheard-of-7' is not known. There is no provider. This store was made in code*")]
    public async Task StoreMadeInCode_DoesNotPointToWhatItDoesNotRead(string? model, string message)
    {
        await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);
        await using var session = await store.OpenAsync(cancellationToken: TestContext.Current.CancellationToken);

        var get = () => session.GetChatClient(model);

        get.Should()
            .Throw<ModelResolutionException>()
            .WithMessage(message)
            .WithMessage("*reads no environment variables and no files. *Session.OpenAsync*AddDossier*SessionOptions.Providers*")
            .Which.Message.Should()
            .NotContain("_API_KEY")
            .And.NotContain("Endpoint")
            .And.NotContain("Dossier:");
    }

    [Fact]
    public async Task StoreMadeInCode_ChoosesNoModel_AndSaysWhy()
    {
        await using var test = await TestSession.OpenAsync(options => options.Providers.Clear());

        Action[] gets =
        [
            () => test.Session.GetChatClientFor(new()),
            () => test.Session.GetChatClient("m", "openai"),
            () => test.Session.GetEmbeddingGenerator("openai/text-embedding-3-small"),
        ];

        foreach (var get in gets)
            get.Should()
                .Throw<ModelResolutionException>()
                .WithMessage("*This store was made in code*")
                .Which.Message.Should()
                .NotContain("_API_KEY")
                .And.NotContain("Dossier:");
    }

    [Fact]
    public void ProviderThatTheCatalogueKnowsAndNobodyConfigured_IsToBeConfigured()
    {
        var registry = new ModelRegistry();
        registry.Register(Model("acme-cloud", "m-1"));

        var resolve = () => new ModelResolver(registry, [s_openai, s_local]).Resolve("acme-cloud/m-1", null);

        resolve
            .Should()
            .Throw<ModelResolutionException>()
            .WithMessage(
                "Model 'acme-cloud/m-1' needs provider 'acme-cloud', which is not configured. Set its Endpoint *Dossier:Providers:acme-cloud*"
            );
    }

    private static ModelResolver Resolver(
        IReadOnlyList<ProviderEntry> providers,
        string? defaultProvider = null,
        string? defaultModel = null
    ) => new(s_registry, providers, defaultProvider, defaultModel);

    private static ModelDescriptor Model(string provider, string id) => new() { Provider = provider, Id = id };
}
