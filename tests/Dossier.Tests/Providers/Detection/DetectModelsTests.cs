using Dossier.Storage;
using Dossier.Tests.Wire;
using Microsoft.Extensions.Time.Testing;

namespace Dossier.Tests.Providers.Detection;

public sealed class DetectModelsTests
{
    private readonly FakeTimeProvider _clock = new(new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task DetectedFacts_AreKnownToTheStoreAndToTheNextOne()
    {
        using var directory = new TemporaryDirectory();
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Json("""{"data":[{"id":"a","max_model_len":32768}]}"""));
        await using (var store = Open(server, directory))
        {
            var found = await store.DetectModelsAsync("vllm", Token);

            found.Single().Error.Should().BeNull();
            store.Models.Get("vllm", "a")!.ContextTokens.Should().Be(32768);
        }

        _clock.Advance(TimeSpan.FromDays(3));
        await using var next = Open(server, directory);
        var known = next.Models.Get("vllm", "a")!;
        known.ContextTokens.Should().Be(32768);
        known.SourceOf("context_tokens").ToString().Should().Be("detected, 2026-01-01");
        server.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task OldFacts_AreUsedAndSayHowOldTheyAre()
    {
        using var directory = new TemporaryDirectory();
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Json("""{"data":[{"id":"a","max_model_len":32768}]}"""));
        await using (var store = Open(server, directory))
            await store.DetectModelsAsync("vllm", Token);

        _clock.Advance(TimeSpan.FromDays(31));
        await using var next = Open(server, directory);

        next.Models.Get("vllm", "a")!.SourceOf("context_tokens").ToString().Should().Be("detected 31 days ago, 2026-01-01");
    }

    [Fact]
    public async Task FailureAfterASuccess_KeepsWhatWasKnown()
    {
        using var directory = new TemporaryDirectory();
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Json("""{"data":[{"id":"a","max_model_len":32768}]}"""), WireReply.Json("{}", 503));
        await using var store = Open(server, directory);
        await store.DetectModelsAsync("vllm", Token);

        var found = await store.DetectModelsAsync(cancellationToken: Token);

        found.Single().Error.Should().BeOfType<ProviderException>().Which.IsTransient.Should().BeTrue();
        store.Models.Get("vllm", "a")!.ContextTokens.Should().Be(32768);
    }

    [Fact]
    public async Task UnknownProvider_IsNamed()
    {
        await using var store = new SessionStore(new MemoryStorage());

        var act = () => store.DetectModelsAsync("nobody", Token);

        await act.Should().ThrowAsync<ArgumentException>().WithMessage("*'nobody'*");
    }

    [Fact]
    public async Task ProviderThatCannotBeAsked_SaysWhatToDoInstead()
    {
        var options = new SessionOptions { Providers = { ["local"] = new() { Implementation = new LocalProvider() } } };
        await using var store = new SessionStore(new MemoryStorage(), options);

        var act = () => store.DetectModelsAsync("local", Token);

        var exception = (await act.Should().ThrowAsync<ModelDetectionException>()).Which;
        exception.Provider.Should().Be("local");
        exception
            .Message.Should()
            .Contain("has no list of its models")
            .And.Contain("with OverrideFacts of the ModelRegistry in SessionOptions.Models");
    }

    private SessionStore Open(WireServer server, TemporaryDirectory directory)
    {
        var options = new SessionOptions { ModelsPath = Path.Combine(directory.Path, "models"), TimeProvider = _clock };
        options.Providers["vllm"] = new() { Endpoint = new Uri(server.Url, "v1"), Implementation = new OpenAIProvider(_clock) };
        var models = new ModelRegistry();
        models.UseDetected(options);
        return new(new MemoryStorage(), options, models, ownsStorage: true);
    }
}
