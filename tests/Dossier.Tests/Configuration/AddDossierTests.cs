using Dossier.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Dossier.Tests.Configuration;

public sealed class AddDossierTests : IDisposable
{
    private readonly ConfigurationFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void CalledTwice_AddsOneStore()
    {
        var services = new ServiceCollection();

        services.AddDossier();
        services.AddDossier();

        services
            .Should()
            .ContainSingle(service => service.ServiceType == typeof(SessionStore) && !service.IsKeyedService)
            .Which.Lifetime.Should()
            .Be(ServiceLifetime.Singleton);
    }

    [Fact]
    public async Task Redactors_OfTheHost_AreAskedInTheirOrder()
    {
        var services = new ServiceCollection();
        services
            .AddSingleton("launch code")
            .AddDossier(new ConfigurationBuilder().Build())
            .UseStorage(new MemoryStorage())
            .UseRedactor<WordRedactor>()
            .UseRedactor(new WordRedactor("<launch code>"));
        await using var provider = services.BuildServiceProvider();
        await using var session = await provider
            .GetRequiredService<SessionStore>()
            .OpenAsync(cancellationToken: TestContext.Current.CancellationToken);

        var artifact = await session.StoreArtifactAsync(
            "note",
            "the launch code",
            cancellationToken: TestContext.Current.CancellationToken
        );

        (await artifact.ReadTextAsync(TestContext.Current.CancellationToken)).Should().Be("the <<launch code>>");
        artifact.Record.Redactions.Should().Equal(new Redaction("word", RedactedPart.Content, 2));
    }

    [Fact]
    public async Task Owner_OfTheScope_LimitsItsStore()
    {
        var services = new ServiceCollection();
        services
            .AddScoped<CurrentUser>()
            .AddDossier(new ConfigurationBuilder().Build())
            .UseStorage(new MemoryStorage())
            .UseOwner(scope => scope.GetRequiredService<CurrentUser>().Name)
            .AddSession();
        await using var provider = services.BuildServiceProvider(validateScopes: true);
        foreach (var name in new[] { "alice", "bob" })
        {
            await using var scope = provider.CreateAsyncScope();
            scope.ServiceProvider.GetRequiredService<CurrentUser>().Name = name;
            scope.ServiceProvider.GetRequiredService<Session>().Info.Owner.Should().Be(name);
            var count = await scope
                .ServiceProvider.GetRequiredService<SessionStore>()
                .CountSessionsAsync(cancellationToken: TestContext.Current.CancellationToken);
            count.Should().Be(1);
        }

        await using var anonymous = provider.CreateAsyncScope();
        anonymous
            .ServiceProvider.Invoking(it => it.GetRequiredService<SessionStore>())
            .Should()
            .Throw<InvalidOperationException>()
            .WithMessage("*UseOwner*");
        provider.Invoking(it => it.GetRequiredService<SessionStore>()).Should().Throw<InvalidOperationException>("it is a scoped service");
        var whole = provider.GetRequiredKeyedService<SessionStore>(DossierBuilder.WholeStore);
        (await whole.CountSessionsAsync(cancellationToken: TestContext.Current.CancellationToken)).Should().Be(2);
    }

    [Fact]
    public async Task FixedOwner_LimitsTheStoreOfTheHost_AndTheLastOneCounts()
    {
        var services = new ServiceCollection();
        services.AddDossier(new ConfigurationBuilder().Build()).UseStorage(new MemoryStorage()).UseOwner(_ => null).UseOwner("tenant-1");
        services.AddDossier();
        await using var provider = services.BuildServiceProvider(validateScopes: true);

        provider.GetRequiredService<SessionStore>().Owner.Should().Be("tenant-1");
        provider.GetRequiredKeyedService<SessionStore>(DossierBuilder.WholeStore).Owner.Should().BeNull();
    }

    private sealed class CurrentUser
    {
        public string? Name { get; set; }
    }

    private sealed class WordRedactor(string word) : IRedactor
    {
        public IEnumerable<RedactedSpan> Find(string text) =>
            text.IndexOf(word, StringComparison.Ordinal) is var at and >= 0 ? [new(at, word.Length, "word", $"<{word}>")] : [];
    }

    [Fact]
    public void Host_GivesItsContentRootAndConfiguration()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new() { ContentRootPath = _folder.WorkingDirectory });
        builder.Configuration["Dossier:Model"] = "m1";
        builder.Services.AddDossier();
        using var host = builder.Build();

        var sources = host.Services.GetRequiredService<ConfigurationSources>();

        Path.TrimEndingDirectorySeparator(sources.WorkingDirectory).Should().Be(_folder.WorkingDirectory);
        sources.Host!["Dossier:Model"].Should().Be("m1");
    }

    [Fact]
    public void LoggersAndClock_AreTheRegisteredOnes()
    {
        var time = new FakeTimeProvider();
        var services = Services();
        services.AddLogging().AddSingleton<TimeProvider>(time).AddDossier();
        using var provider = services.BuildServiceProvider();

        var options = provider.GetRequiredService<ResolvedConfiguration>().Options;

        options.TimeProvider.Should().BeSameAs(time);
        options.LoggerFactory.Should().BeSameAs(provider.GetRequiredService<ILoggerFactory>());
    }

    [Fact]
    public async Task RegisteredModels_AreTheStores()
    {
        var models = new ModelRegistry();
        var services = Services();
        services.AddSingleton(models).AddDossier().UseStorage(new MemoryStorage());
        await using var provider = services.BuildServiceProvider();

        provider.GetRequiredService<SessionStore>().Models.Should().BeSameAs(models);
    }

    [Fact]
    public void Code_WinsOverTheHost()
    {
        _folder.Host = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Dossier:Model", "host"), new("Dossier:Name", "host")])
            .Build();
        var services = Services();
        services.AddDossier().Configure(options => options.Model = "first").Configure(options => options.Model = "second");
        using var provider = services.BuildServiceProvider();

        var resolved = provider.GetRequiredService<ResolvedConfiguration>().Options;

        resolved.Model.Should().Be("second");
        resolved.Name.Should().Be("host");
    }

    [Fact]
    public void GivenConfiguration_WinsOverTheRegisteredOne()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(
            new ConfigurationBuilder().AddInMemoryCollection([new("Dossier:Model", "registered")]).Build()
        );
        services.AddDossier(new ConfigurationBuilder().AddInMemoryCollection([new("Dossier:Model", "given")]).Build());
        using var provider = services.BuildServiceProvider();

        provider.GetRequiredService<ConfigurationSources>().Host!["Dossier:Model"].Should().Be("given");
    }

    [Fact]
    public async Task WrongConfiguration_FailsWhenTheHostStarts()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(_folder.Sources);
        builder.Services.AddDossier().Configure(options => (options.SessionId, options.StoragePath) = ("../x", " "));
        using var host = builder.Build();

        var start = () => host.StartAsync(TestContext.Current.CancellationToken);

        var exception = (await start.Should().ThrowAsync<OptionsValidationException>()).Which;
        exception.Failures.Should().HaveCount(2).And.Contain(failure => failure.StartsWith("Dossier:SessionId = '../x'"));
        exception.Message.Split('\n').Should().HaveCount(3);
    }

    [Fact]
    public async Task StorageOfTheCaller_IsUsedAndNotDisposed()
    {
        var storage = new FakeStorage();
        var services = Services();
        services.AddDossier().UseStorage(storage);
        var provider = services.BuildServiceProvider();

        provider.GetRequiredService<ResolvedConfiguration>().Options.Storage.Should().BeSameAs(storage);

        await provider.DisposeAsync();
        storage.IsDisposed.Should().BeFalse();
    }

    [Fact]
    public async Task StorageOfAFactory_IsMadeOnceAndDisposedWithTheServices()
    {
        var made = new List<FakeStorage>();
        var services = Services();
        services
            .AddDossier()
            .UseStorage(_ =>
            {
                made.Add(new());
                return made[^1];
            });
        var provider = services.BuildServiceProvider();

        var used = provider.GetRequiredService<ResolvedConfiguration>().Options.Storage;
        await provider.DisposeAsync();

        made.Should().ContainSingle().Which.Should().BeSameAs(used);
        made[0].IsDisposed.Should().BeTrue();
    }

    [Fact]
    public void OptionsOfOtherNames_AreNotTouched()
    {
        var services = Services();
        services.AddDossier().Configure(options => options.SessionId = "../x");
        using var provider = services.BuildServiceProvider();

        provider.GetRequiredService<IOptions<SessionOptions>>().Value.SessionId.Should().BeNull();
    }

    [Fact]
    public void Nulls_AreRefused()
    {
        var builder = new ServiceCollection().AddDossier();

        builder.Invoking(b => b.Configure(null!)).Should().Throw<ArgumentNullException>();
        builder.Invoking(b => b.UseStorage((IStorage)null!)).Should().Throw<ArgumentNullException>();
        builder.Invoking(b => b.UseStorage((Func<IServiceProvider, IStorage>)null!)).Should().Throw<ArgumentNullException>();
        FluentActions.Invoking(() => DossierServiceCollectionExtensions.AddDossier(null!)).Should().Throw<ArgumentNullException>();
    }

    // Only what the test gives: neither the files nor the variables of whoever runs it.
    private ServiceCollection Services()
    {
        var services = new ServiceCollection();
        services.AddSingleton(_folder.Sources);
        return services;
    }
}
