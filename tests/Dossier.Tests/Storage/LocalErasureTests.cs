using System.Text.Json;
using Dossier.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Dossier.Tests.Storage;

/// <summary>What an erasure leaves in the files of a local store: nothing, whatever happens meanwhile.</summary>
public sealed class LocalErasureTests : IDisposable
{
    // Quotes and letters that JSON may write in another way.
    private const string Secret = "Zoë \"of Zanzibar\" Nightingale";
    private const string Word = "nightingale"; // as the full text has it

    private readonly TemporaryDirectory _directory = new();

    /// <summary>Where an erasure may die.</summary>
    public static TheoryData<string> Points => [.. Enum.GetNames<ErasurePoint>().Except([nameof(ErasurePoint.Ended)])];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task ErasedText_IsInNoFile()
    {
        await using var storage = await OpenAsync();
        await using var store = new SessionStore(storage);
        await FillAsync(store, "gone");
        await FillOthersAsync(store);
        FilesWithTheText().Should().NotBeEmpty("it is found as long as it is there");

        await store.EraseSessionAsync("gone", cancellationToken: Token);

        FilesWithTheText().Should().BeEmpty("the store is open");
        await storage.DisposeAsync();
        FilesWithTheText().Should().BeEmpty("it is closed");
    }

    [Fact]
    public async Task QuarantinedContent_GoesWithItsSession()
    {
        await using var storage = await OpenAsync();
        await using var store = new SessionStore(storage);
        await FillAsync(store, "gone");
        var artifact = (await storage.Records.FindArtifactAsync("gone", "large", cancellationToken: Token))!;
        await File.AppendAllTextAsync(StoreFiles.Content(_directory.Path, artifact.Digest), "damaged", Token);
        await store.VerifyAsync(new() { Quarantine = true }, cancellationToken: Token);
        Directory.EnumerateFiles(Path.Combine(_directory.Path, "objects", "quarantine")).Should().NotBeEmpty();

        await store.EraseSessionAsync("gone", cancellationToken: Token);

        FilesWithTheText().Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Points))]
    public async Task ErasureThatDies_IsFinishedByTheNextOpening(string point)
    {
        await using (var storage = await OpenAsync())
        await using (var store = new SessionStore(storage))
        {
            await FillAsync(store, "gone");
            await FillOthersAsync(store);
            storage.Engine.Runs.Erased = reached =>
            {
                if (reached.ToString() == point)
                    throw new InvalidOperationException("dies here");
            };
            await store
                .Invoking(it => it.EraseSessionAsync("gone", cancellationToken: Token))
                .Should()
                .ThrowAsync<InvalidOperationException>();
            (await storage.Records.GetSessionAsync("gone", Token)).Should().BeNull("it is out of reach at once");
            var report = await store.VerifyAsync(cancellationToken: Token);
            report.Problems.Select(it => it.Kind).Should().Equal(VerifyProblemKind.ErasureIncomplete);
        }

        await using var reopened = await OpenAsync();

        FilesWithTheText().Should().BeEmpty();
        (await reopened.Records.GetErasureAsync("gone", Token))!.IsComplete.Should().BeTrue();
        (await reopened.Maintenance.VerifyAsync(new(), null, Token)).IsClean.Should().BeTrue();
    }

    [Theory]
    [InlineData(nameof(ErasurePoint.Hidden))]
    [InlineData(nameof(ErasurePoint.RecordsDeleted))]
    [InlineData(nameof(ErasurePoint.ContentsDeleted))]
    public async Task AnotherErasureMeanwhile_IsFinishedToo(string point)
    {
        await using var storage = await OpenAsync();
        await using var store = new SessionStore(storage);
        await FillAsync(store, "gone");
        await FillAsync(store, "other");
        Task<ErasureReport>? other = null;
        storage.Engine.Runs.Erased = reached =>
        {
            if (reached.ToString() != point || other is not null)
                return;
            var hidden = new TaskCompletionSource();
            storage.Engine.Runs.Erased = next =>
            {
                if (next is ErasurePoint.Hidden)
                    hidden.TrySetResult();
            };
            other = store.EraseSessionAsync("other", cancellationToken: Token);
            hidden.Task.Wait(Token);
        };

        await store.EraseSessionAsync("gone", cancellationToken: Token);
        (await other!).Sessions.Should().Be(1);

        FilesWithTheText().Should().BeEmpty();
        foreach (var table in new[] { "artifacts", "responses", "messages", "runs", "facts", "commits", "contents", "purged_sessions" })
            storage.Engine.Writer.ReadNumber($"SELECT count(*) FROM {table}").Should().Be(0, "of {0}", table);
        storage.Engine.Writer.ReadNumber("SELECT count(*) FROM erased_sessions WHERE NOT finished").Should().Be(0);
    }

    [Fact]
    public async Task ErasureDuringAPurge_WaitsForIt()
    {
        await using var storage = await OpenAsync();
        await using var store = new SessionStore(storage);
        await FillAsync(store, "gone");
        Task<ErasureReport>? erasure = null;
        var hidden = new TaskCompletionSource();
        storage.Engine.Runs.Erased = point =>
        {
            if (point is ErasurePoint.Hidden)
                hidden.TrySetResult();
        };
        storage.Engine.Runs.Reached = point =>
        {
            if (point is not PurgePoint.Condemned)
                return;
            erasure = store.EraseSessionAsync("gone", cancellationToken: Token);
            hidden.Task.Wait(Token);
        };

        await store.PurgeAsync(new() { TrashedFor = TimeSpan.Zero, GracePeriod = TimeSpan.Zero }, Token);
        (await erasure!).Sessions.Should().Be(1);

        FilesWithTheText().Should().BeEmpty();
    }

    [Fact]
    public async Task PurgeBeforeTheErasureHasItsTurn_LeavesNothing()
    {
        await using var storage = await OpenAsync();
        await using var store = new SessionStore(storage);
        await FillAsync(store, "gone");
        storage.Engine.Runs.Erased = point =>
        {
            if (point is ErasurePoint.Hidden)
                store.PurgeAsync(new(), Token).GetAwaiter().GetResult(); // condemns later than the erasure began
        };

        await store.EraseSessionAsync("gone", cancellationToken: Token);

        FilesWithTheText().Should().BeEmpty();
        storage.Engine.Writer.ReadNumber("SELECT count(*) FROM contents").Should().Be(0);
    }

    [Fact]
    public async Task ContentThatAClockAheadCondemned_GoesToo()
    {
        await using var storage = await OpenAsync();
        await using var store = new SessionStore(storage);
        await FillAsync(store, "gone");
        await store.DeleteSessionAsync("gone", Token);
        var tomorrow = TimeProvider.System.GetUtcNow().AddDays(1);
        await storage.Maintenance.PurgeAsync(new() { TrashedFor = TimeSpan.Zero }, tomorrow, Token);
        await FillAsync(store, "again");

        await store.EraseSessionAsync("again", cancellationToken: Token);

        FilesWithTheText().Should().BeEmpty();
    }

    [Fact]
    public async Task FullTextThatIsDamaged_GoesWithItsFile()
    {
        await using var storage = await OpenAsync();
        await using var store = new SessionStore(storage);
        await FillAsync(store, "gone");
        StoreFiles.Execute(_directory.Path, "UPDATE texts_data SET block = zeroblob(length(block)) WHERE id > 100", "search.db");

        await store.EraseSessionAsync("gone", cancellationToken: Token);

        File.Exists(Path.Combine(_directory.Path, "search.db")).Should().BeFalse();
        FilesWithTheText().Should().BeEmpty();
    }

    [Fact]
    public async Task MetadataThatIsDamaged_LeavesNothingInItsIndex()
    {
        await using var storage = await OpenAsync();
        await using var store = new SessionStore(storage);
        await FillAsync(store, "gone");
        StoreFiles.Execute(_directory.Path, "UPDATE artifacts SET metadata = '{' || metadata WHERE name = 'small'");
        var kept = new Dictionary<string, object?> { ["patient"] = "somebody else" };
        await using (var session = await store.OpenAsync(new() { SessionId = "kept" }, Token))
            await session.StoreArtifactAsync("kept", "text", metadata: kept, cancellationToken: Token);

        await store.EraseSessionAsync("gone", cancellationToken: Token);

        FilesWithTheText().Should().BeEmpty();
        StoreFiles.Execute(_directory.Path, "SELECT group_concat(value) FROM facts WHERE session = 0").Should().Be("somebody else");
        (await store.ListArtifactsAsync(new() { Metadata = kept }, Token).ToListAsync(Token)).Should().ContainSingle();
        (await store.VerifyAsync(cancellationToken: Token)).IsClean.Should().BeTrue();
    }

    [Theory]
    [InlineData("x'00'")]
    [InlineData("zeroblob(32)")]
    public async Task ContentWhoseDigestIsDamaged_GoesWithItsSession(string digest)
    {
        await using var storage = await OpenAsync();
        await using var store = new SessionStore(storage);
        await FillAsync(store, "gone");
        StoreFiles.Execute(_directory.Path, $"UPDATE contents SET digest = {digest} WHERE bytes IS NOT NULL");
        await FillOthersAsync(store);

        await store.EraseSessionAsync("gone", cancellationToken: Token);

        FilesWithTheText().Should().BeEmpty();
        (await store.VerifyAsync(cancellationToken: Token)).IsClean.Should().BeTrue("nothing is left of the damage, either");
    }

    [Theory]
    [InlineData("x'00'", false)]
    [InlineData("zeroblob(32)", false)]
    [InlineData("x'00'", true)]
    public async Task ContentOfAnotherSessionWhoseDigestIsDamaged_IsFoundAgain(string digest, bool isStoredAgain)
    {
        await using var storage = await OpenAsync();
        await using var store = new SessionStore(storage);
        await FillAsync(store, "gone");
        await using var session = await store.OpenAsync(new() { SessionId = "kept" }, Token);
        var artifact = await session.StoreArtifactAsync("kept", "somebody else", cancellationToken: Token);
        StoreFiles.Execute(_directory.Path, $"UPDATE contents SET digest = {digest} WHERE bytes = CAST('somebody else' AS BLOB)");
        if (isStoredAgain)
            await session.StoreArtifactAsync("again", "somebody else", cancellationToken: Token);

        await store.EraseSessionAsync("gone", cancellationToken: Token);

        (await artifact.ReadTextAsync(Token)).Should().Be("somebody else");
        (await store.VerifyAsync(cancellationToken: Token)).IsClean.Should().BeTrue();
    }

    [Fact]
    public async Task ArtifactOfAnotherSessionWhoseDigestIsDamaged_KeepsAllContent()
    {
        await using var storage = await OpenAsync();
        await using var store = new SessionStore(storage);
        await FillAsync(store, "gone");
        await FillOthersAsync(store);
        StoreFiles.Execute(_directory.Path, "UPDATE artifacts SET digest = x'00' WHERE session = 2 AND version = 1");

        var erasing = () => store.EraseSessionAsync("gone", cancellationToken: Token);

        (await erasing.Should().ThrowAsync<StorageException>()).WithMessage("*1 messages or records*no content was deleted*");
        await store.EraseSessionAsync("kept", cancellationToken: Token);
        FilesWithTheText().Should().BeEmpty("it is certain now what is in use");
    }

    [Fact]
    public async Task RowThatCannotBeReadInTheWay_LetsTheStoreOpen()
    {
        await using (var storage = await OpenAsync())
        await using (var store = new SessionStore(storage))
        {
            await FillAsync(store, "gone");
            await using (var session = await store.OpenAsync(new() { SessionId = "kept" }, Token))
                await session.Responses.TrackAsync("answer", new(), Token);
            storage.Engine.Runs.Erased = _ => throw new InvalidOperationException("dies here");
            await store
                .Invoking(it => it.EraseSessionAsync("gone", cancellationToken: Token))
                .Should()
                .ThrowAsync<InvalidOperationException>();
        }
        StoreFiles.Execute(_directory.Path, "UPDATE responses SET body = '{' || body WHERE session = 2");
        var log = new FakeLogCollector();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(new FakeLoggerProvider(log)));

        await using var reopened = new LocalStorage(_directory.Path, new() { LoggerFactory = loggers });
        await reopened.OpenAsync(Token);

        log.GetSnapshot().Should().ContainSingle(it => it.Id.Id == 62);
        (await reopened.Records.GetErasureAsync("gone", Token))!.IsComplete.Should().BeFalse();
    }

    [Fact]
    public async Task ErasureThatCannotEndYet_RewritesOnceAndAgainWhenItCan()
    {
        await using var storage = await OpenAsync();
        await using var store = new SessionStore(storage);
        await FillAsync(store, "gone");
        await using (var session = await store.OpenAsync(new() { SessionId = "kept" }, Token))
            await session.Responses.TrackAsync("answer", new(), Token);
        StoreFiles.Execute(_directory.Path, "UPDATE responses SET body = '{' || body WHERE session = 2");

        var points = new List<ErasurePoint>();
        storage.Engine.Runs.Erased = points.Add;
        var erasing = () => store.EraseSessionAsync("gone", cancellationToken: Token);

        await erasing.Should().ThrowAsync<StorageException>();
        await erasing.Should().ThrowAsync<StorageException>();
        points.Should().ContainSingle(it => it == ErasurePoint.Rewritten, "nothing was deleted since");
        StoreFiles.Execute(_directory.Path, "UPDATE responses SET body = substr(body, 2) WHERE session = 2");
        await erasing();

        points.Count(it => it is ErasurePoint.Rewritten).Should().Be(2);
        (await storage.Records.GetErasureAsync("gone", Token))!.IsComplete.Should().BeTrue();
        FilesWithTheText().Should().BeEmpty();
    }

    [Fact]
    public async Task NameOfMetadataThatWasErased_IsIndexedAgain()
    {
        await using var storage = await OpenAsync();
        await using var store = new SessionStore(storage);
        await FillAsync(store, "gone");
        await store.EraseSessionAsync("gone", cancellationToken: Token);

        await FillAsync(store, "again");

        var query = new ArtifactQuery { Metadata = new Dictionary<string, object?> { ["patient"] = Secret } };
        (await store.ListArtifactsAsync(query, Token).ToListAsync(Token)).Should().ContainSingle();
    }

    private static Task FillAsync(SessionStore store, string id) => SecretSession.FillAsync(store, id, Secret);

    private static async Task FillOthersAsync(SessionStore store)
    {
        await using var session = await store.OpenAsync(new() { SessionId = "kept" }, Token);
        for (var i = 0; i < 50; i++)
            await session.StoreArtifactAsync("kept", $"somebody else {i}", cancellationToken: Token);
        await store.SearchAsync("somebody", new() { CatchUpLimit = TimeSpan.MaxValue }, Token);
    }

    private List<string> FilesWithTheText() => StoreFiles.With(_directory.Path, Secret, JsonSerializer.Serialize(Secret)[1..^1], Word);

    private async Task<LocalStorage> OpenAsync()
    {
        var storage = new LocalStorage(_directory.Path);
        await storage.OpenAsync(Token);
        return storage;
    }
}
