using System.IO.Compression;
using Dossier.Storage;
using Dossier.Tests.Configuration;
using Dossier.Tests.Wire;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Dossier.Tests.Models;

public sealed class ModelSyncTests : IAsyncDisposable
{
    private readonly ConfigurationFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new(2027, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private WireServer? _server;

    private string ModelsPath => Path.Combine(_folder.UserDirectory, "models");

    private string[] Snapshots => Directory.GetFiles(Path.Combine(ModelsPath, "synced"), "*.json.gz");

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Sync_BringsTheFactsIntoForce_HereAndInLaterStores()
    {
        await using var store = Store();

        var result = await SyncAsync(store, WireReply.Json(Catalogue(price: 1)));

        result
            .Should()
            .BeEquivalentTo(
                new ModelSyncResult
                {
                    IsNew = true,
                    Date = new(2027, 1, 2),
                    ModelCount = 3,
                }
            );
        _server!.Requests.Single().PathAndQuery.Should().Be("/api.json");
        _server.Requests.Single().Headers.Should().NotContainKey("Authorization");
        await using var later = Store();
        foreach (var registry in new[] { store.Models, later.Models })
        {
            var model = registry.Get("acme", "m1")!;
            model.Price!.Input.Should().Be(1);
            model.SourceOf("context_tokens").Should().Be(new FactSource("127.0.0.1", new(2027, 1, 2)));
            registry.Get("openai", "gpt-5").Should().NotBeNull();
        }
    }

    [Fact]
    public async Task EarlierSnapshots_StayReadable()
    {
        await using var store = Store();
        await SyncAsync(store, WireReply.Json(Catalogue(price: 1)));
        _time.Advance(TimeSpan.FromDays(30));
        await SyncAsync(store, WireReply.Json(Catalogue(price: 2)));

        Price(store.Models).Should().Be(2);
        Price(store.Models.AsOf(new(2027, 1, 31))).Should().Be(1);
        Price(store.Models.AsOf(new(2027, 2, 1))).Should().Be(2);
        store.Models.AsOf(new(2027, 1, 1)).Get("acme", "m1").Should().BeNull();
        Snapshots.Should().HaveCount(2);
    }

    [Fact]
    public async Task UnchangedByETag_MakesNoSnapshot()
    {
        await using var store = Store();
        await SyncAsync(store, WireReply.Json(Catalogue(price: 1), 200, ("ETag", "\"v1\"")));
        _time.Advance(TimeSpan.FromDays(1));

        var again = await SyncAsync(store, WireReply.Status(304));

        again
            .Should()
            .BeEquivalentTo(
                new ModelSyncResult
                {
                    IsNew = false,
                    Date = new(2027, 1, 2),
                    ModelCount = 3,
                }
            );
        _server!.Requests[0].Headers.Should().NotContainKey("If-None-Match");
        _server.Requests[1].Headers["If-None-Match"].Should().Be("\"v1\"");
        Snapshots.Should().ContainSingle();
    }

    [Fact]
    public async Task UnchangedByContent_MakesNoSnapshot()
    {
        await using var store = Store();
        await SyncAsync(store, WireReply.Json(Catalogue(price: 1)));
        _time.Advance(TimeSpan.FromDays(1));

        (await SyncAsync(store, WireReply.Json(Catalogue(price: 1)))).IsNew.Should().BeFalse();

        Snapshots.Should().ContainSingle();
    }

    [Fact]
    public async Task LostSnapshot_IsFetchedAgainWhole()
    {
        await using var store = Store();
        await SyncAsync(store, WireReply.Json(Catalogue(price: 1), 200, ("ETag", "\"v1\"")));
        File.Delete(Snapshots.Single());

        (await SyncAsync(store, WireReply.Json(Catalogue(price: 1), 200, ("ETag", "\"v1\"")))).IsNew.Should().BeTrue();

        _server!.Requests[1].Headers.Should().NotContainKey("If-None-Match");
        Snapshots.Should().ContainSingle();
    }

    [Fact]
    public async Task DamagedSnapshot_IsPassedOver()
    {
        await using (var store = Store())
        {
            await SyncAsync(store, WireReply.Json(Catalogue(price: 1)));
            _time.Advance(TimeSpan.FromDays(1));
            await SyncAsync(store, WireReply.Json(Catalogue(price: 2)));
        }
        var newest = Snapshots.Order().Last();
        await File.WriteAllBytesAsync(newest, File.ReadAllBytes(newest)[..40], TestContext.Current.CancellationToken);

        await using var later = Store();

        Price(later.Models).Should().Be(1);
    }

    public static TheoryData<string> BadAnswers =>
        ["html", "cut", "garbage", "few", "mostly bad", "error", "redirect", "large", "announced large", "empty"];

    [Theory]
    [MemberData(nameof(BadAnswers))]
    public async Task BadAnswer_IsATypedError_AndTheLastGoodCatalogueStaysInForce(string answer)
    {
        await using var store = Store();
        await SyncAsync(store, WireReply.Json(Catalogue(price: 1)));
        var (reply, message) = answer switch
        {
            "html" => (WireReply.Json("<!DOCTYPE html><title>Oops</title>"), "*begins with '<!DOCTYPE html>*"),
            "cut" => (WireReply.CutJson(Catalogue(price: 2)[..60]), "*could not be fetched*"),
            "garbage" => (WireReply.Json(new string('\u0001', 100_000)), "*no model catalogue*"),
            "few" => (WireReply.Json("""{"acme":{"models":{"m1":{}}}}"""), "*too little that is usable*"),
            "mostly bad" => (
                WireReply.Json("""{"acme":{"models":{"m1":{},"m2":{},"a":1,"b":1,"c":1}}}"""),
                "*too little that is usable*3 skipped*"
            ),
            "error" => (WireReply.Json("{}", 503), "*status 503*"),
            "redirect" => (WireReply.Json("{}", 302, ("Location", "http://127.0.0.1:1/")), "*status 302 to http://127.0.0.1:1/*"),
            "large" => (WireReply.CutJson(new string(' ', 200_000)), "*may have 100,000 bytes*"),
            "announced large" => (WireReply.Json("{}", 200, ("Content-Length", "100001")), "*100,001 bytes*"),
            _ => (WireReply.Json(""), "*no model catalogue*"),
        };

        var sync = () => SyncAsync(store, reply);

        var error = (await sync.Should().ThrowAsync<ModelCatalogueException>().WithMessage(message)).Which;
        error.IsTransient.Should().Be(answer is "cut" or "error");
        Price(store.Models).Should().Be(1);
        Snapshots.Should().ContainSingle();
        await using var later = Store();
        Price(later.Models).Should().Be(1);
    }

    [Fact]
    public async Task SilentServer_IsGivenUpInTime()
    {
        await using var store = Store();
        _server = await WireServer.StartAsync();
        _server.Reply(WireReply.Nothing());

        var sync = store.SyncModelsAsync(Options(), TestContext.Current.CancellationToken);
        await _server.ArrivalAsync();
        _time.Advance(TimeSpan.FromSeconds(31));

        var wait = () => sync;
        (await wait.Should().ThrowAsync<ModelCatalogueException>().WithMessage("*within 00:00:30*")).Which.IsTransient.Should().BeTrue();
    }

    [Fact]
    public async Task ServerThatStallsInTheMiddle_IsGivenUpInTime_AndTheLastGoodCatalogueStaysInForce()
    {
        await using var store = Store();
        await SyncAsync(store, WireReply.Json(Catalogue(price: 1)));
        await _server!.ArrivalAsync();
        _server.Reply(WireReply.StalledText(Catalogue(price: 2)[..60], "application/json"));

        var sync = store.SyncModelsAsync(Options(), TestContext.Current.CancellationToken);
        await _server.ArrivalAsync();
        _time.Advance(TimeSpan.FromSeconds(31));

        var wait = () => sync;
        (await wait.Should().ThrowAsync<ModelCatalogueException>().WithMessage("*within 00:00:30*")).Which.IsTransient.Should().BeTrue();
        Price(store.Models).Should().Be(1);
        Snapshots.Should().ContainSingle();
    }

    [Fact]
    public async Task BadRecords_AreLeftOutAndReported_AndTheRestComesIntoForce()
    {
        await using var store = Store();

        var result = await SyncAsync(
            store,
            WireReply.Json(
                """
                {"acme":{"models":{"m1":{"limit":{"context":5000},"cost":{"input":3,"output":9}},"m2":{},"m3":{},"M1":{"cost":{"input":4}},
                "m4":{"cost":{"input":-1}},"m5":{"limit":{"context":10,"output":11}},"m6":{"tool_call":"yes"},"m7":{"release_date":"2025-02-31"},
                "m8":{"cost":{"input":1e27}},"m9":{"shape":{"id":["x",{}]}},"m10":{},"m11":{},"m12":{}}}}
                """
            )
        );

        result.ModelCount.Should().Be(7);
        result
            .Skipped.Select(skipped => (skipped.Model, skipped.Reason))
            .Should()
            .Equal(
                ("M1", ImportFault.DuplicateId),
                ("m4", ImportFault.NegativePrice),
                ("m5", ImportFault.OutputAboveContext),
                ("m6", ImportFault.WrongType),
                ("m7", ImportFault.ImpossibleDate),
                ("m8", ImportFault.ImplausiblePrice)
            );
        Price(store.Models).Should().Be(3);
        store.Models.Get("acme", "m4").Should().BeNull();
    }

    [Fact]
    public async Task CancelledByTheCaller_IsACancellation()
    {
        await using var store = Store();
        _server = await WireServer.StartAsync();
        _server.Reply(WireReply.Nothing());
        using var cancellation = new CancellationTokenSource();

        var sync = store.SyncModelsAsync(Options(), cancellation.Token);
        await _server.ArrivalAsync();
        await cancellation.CancelAsync();

        var wait = () => sync;
        await wait.Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task NobodyListens_IsATransientError()
    {
        await using var store = Store();
        var options = new ModelSyncOptions { Endpoint = new("http://127.0.0.1:1/api.json") };

        var sync = () => store.SyncModelsAsync(options, TestContext.Current.CancellationToken);

        (await sync.Should().ThrowAsync<ModelCatalogueException>()).Which.IsTransient.Should().BeTrue();
    }

    [Fact]
    public async Task ManyAtOnce_LeaveOneGoodCatalogueInForce()
    {
        _server = await WireServer.StartAsync();
        var stores = Enumerable.Range(0, 8).Select(_ => Store()).ToArray();
        _server.Reply([.. stores.Select(_ => WireReply.Json(Catalogue(price: 1)))]);

        await Task.WhenAll(stores.Select(store => store.SyncModelsAsync(Options(), TestContext.Current.CancellationToken)));

        Directory.GetFiles(Path.Combine(ModelsPath, "synced"), "*.tmp").Should().BeEmpty();
        await using var later = Store();
        Price(later.Models).Should().Be(1);
        foreach (var store in stores)
        {
            Price(store.Models).Should().Be(1);
            await store.DisposeAsync();
        }
    }

    [Fact]
    public async Task TwoProcessesAtOnce_LeaveOnlyGoodCatalogues_AndTheLastOneInForce()
    {
        const int Syncs = 20;
        _server = await WireServer.StartAsync();
        // Each is another one, so that each sync writes.
        _server.Reply([.. Enumerable.Range(1, Syncs).Select(price => WireReply.Json(Catalogue(price)))]);
        string[] command = Child.Command("models", Path.Combine(_folder.WorkingDirectory, "store"), ModelsPath, $"{_server.Url}api.json");
        using var one = Child.Start(command);
        using var other = Child.Start(command);
        foreach (var child in new[] { one, other })
            (await child.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)).Should().Be("ready");

        await one.StandardInput.WriteLineAsync("go");
        await other.StandardInput.WriteLineAsync("go");

        foreach (var child in new[] { one, other })
        {
            var error = await child.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            (await child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken))
                .Trim()
                .Should()
                .Be("10", "it printed {0}", error);
        }
        Directory.GetFiles(Path.Combine(ModelsPath, "synced"), "*.tmp").Should().BeEmpty();
        var log = new FakeLogCollector();
        var snapshots = new ModelSnapshots(ModelsPath, new FakeLogger(log));
        snapshots.Last()!.Value.Snapshot.Models.Should().HaveCount(3);
        var prices = Snapshots.Select(path => Read(path).Models.Single(model => model.Id == "m1").Price!.Input);
        prices.Should().OnlyHaveUniqueItems().And.OnlyContain(price => price >= 1 && price <= Syncs);
        snapshots.Load(null)!.Models.Should().HaveCount(3);
        log.GetSnapshot().Should().BeEmpty("every snapshot can be read");
    }

    [Fact]
    public async Task NowhereToKeepIt_SaysWhatToSet()
    {
        await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);

        var sync = () => store.SyncModelsAsync(cancellationToken: TestContext.Current.CancellationToken);

        await sync.Should().ThrowAsync<OptionsValidationException>().WithMessage("*Dossier:ModelsPath is not set*");
    }

    [Fact]
    public async Task ImpossibleOptions_AreRefused()
    {
        await using var store = Store();
        ModelSyncOptions[] wrong =
        [
            new() { Endpoint = new("file:///etc/passwd") },
            new() { Timeout = TimeSpan.Zero },
            new() { MaxBytes = 0 },
            new() { MinModels = -1 },
        ];

        foreach (var options in wrong)
        {
            var sync = () => store.SyncModelsAsync(options, TestContext.Current.CancellationToken);
            await sync.Should().ThrowAsync<ArgumentException>().WithMessage("ModelSyncOptions.*");
        }
    }

    private SessionStore Store() =>
        SessionStoreFactory.Create(_folder.Resolve(new() { Storage = new MemoryStorage(), TimeProvider = _time }));

    private async Task<ModelSyncResult> SyncAsync(SessionStore store, WireReply reply)
    {
        _server ??= await WireServer.StartAsync();
        _server.Reply(reply);
        return await store.SyncModelsAsync(Options(), TestContext.Current.CancellationToken);
    }

    private ModelSyncOptions Options() =>
        new()
        {
            Endpoint = new(_server!.Url, "api.json"),
            MinModels = 2,
            MaxBytes = 100_000,
            Timeout = TimeSpan.FromSeconds(30),
        };

    private static ModelSnapshot Read(string path)
    {
        using var file = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        file.CopyTo(bytes);
        return CatalogueReader.Read(bytes.ToArray());
    }

    private static decimal? Price(ModelRegistry registry) => registry.Get("acme", "m1")!.Price!.Input;

    private static string Catalogue(decimal price) =>
        """{"acme":{"models":{"m1":{"limit":{"context":5000},"cost":{"input":PRICE,"output":9}},"m2":{},"m3":{}}}}""".Replace(
            "PRICE",
            price.ToString(System.Globalization.CultureInfo.InvariantCulture),
            StringComparison.Ordinal
        );
}
