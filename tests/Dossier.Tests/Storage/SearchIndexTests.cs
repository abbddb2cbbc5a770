using System.Text;
using Dossier.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Dossier.Tests.Storage;

/// <summary>What becomes of <c>search.db</c>; what it finds is in the conformance suite.</summary>
public sealed class SearchIndexTests : IDisposable
{
    private static readonly SearchExpression Fox = SearchExpression.Parse("fox");

    // As long as it takes on a busy machine.
    private static readonly SearchOptions Complete = new() { CatchUpLimit = TimeSpan.MaxValue };

    private readonly string _root = Directory.CreateTempSubdirectory("dossier-test-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string StorePath => Path.Combine(_root, "store");

    private string IndexPath => Path.Combine(StorePath, "search.db");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Index_IsPrivateToItsUser()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes.");
        await using var storage = await OpenAsync();
        await StoreAsync(storage, "fox");

        await FindAsync(storage);

        var files = Directory.GetFiles(StorePath, "search*");
        files.Select(Path.GetFileName).Should().Contain(["search.db", "search.lock"]);
        files.Select(file => new FileInfo(file).UnixFileMode).Should().AllBeEquivalentTo(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task Index_IsNotMadeBeforeASearch()
    {
        await using (var storage = await OpenAsync())
            await StoreAsync(storage, "fox");

        File.Exists(IndexPath).Should().BeFalse();
    }

    [Fact]
    public async Task IndexDeletedWhileOpen_IsMadeAnew()
    {
        await using var storage = await OpenAsync();
        await StoreAsync(storage, "fox");
        await FindAsync(storage);

        File.Delete(IndexPath);

        (await FindAsync(storage)).Should().Equal("fox");
    }

    [Fact]
    public async Task IndexDeletedWhileClosed_IsMadeAnew()
    {
        await using (var storage = await OpenAsync())
        {
            await StoreAsync(storage, "fox");
            await FindAsync(storage);
        }

        File.Delete(IndexPath);

        await using var again = await OpenAsync();
        (await FindAsync(again)).Should().Equal("fox");
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 100)]
    [InlineData(0, int.MaxValue)]
    [InlineData(100, int.MaxValue)]
    [InlineData(4096, int.MaxValue)]
    public async Task DamagedIndex_IsMadeAnew(int from, int length)
    {
        await using var storage = await OpenAsync();
        await StoreAsync(storage, "fox");
        await FindAsync(storage);
        var bytes = await File.ReadAllBytesAsync(IndexPath, Cancellation);
        Array.Fill(bytes, (byte)0x5A, from, Math.Min(length, bytes.Length - from));
        await File.WriteAllBytesAsync(IndexPath, length == 0 ? [] : bytes, Cancellation);

        (await FindAsync(storage)).Should().Equal("fox");
        await StoreAsync(storage, "second fox");
        (await FindAsync(storage)).Should().BeEquivalentTo("fox", "second fox");
    }

    [Fact]
    public async Task IndexOfAnotherState_IsMadeAnew()
    {
        await using (var storage = await OpenAsync())
        {
            await StoreAsync(storage, "fox", "another fox");
            await FindAsync(storage);
        }
        File.Delete(Path.Combine(StorePath, "dossier.db"));

        await using var restored = await OpenAsync();
        await StoreAsync(restored, "hare", "hedgehog", "third fox");

        (await FindAsync(restored)).Should().Equal("third fox");
    }

    [Fact]
    public async Task WhileAnotherProcessIndexes_ASearchSaysHowMuchItDidNotSearch()
    {
        await using var storage = await OpenAsync();
        await StoreAsync(storage, "fox");
        await FindAsync(storage);
        await StoreAsync(storage, "second fox", "third fox");

        SearchPage meanwhile;
        using (var other = new FileLock(Path.Combine(StorePath, "search.lock")))
        {
            other.TryEnter().Should().BeTrue();
            meanwhile = await storage.Search.SearchAsync(Fox, new() { CatchUpLimit = TimeSpan.Zero }, Cancellation);
            await storage.Engine.Indexer.Running;
        }

        meanwhile.Matches.Select(match => match.Artifact.Name).Should().Equal("fox");
        meanwhile.Unindexed.Should().Be(2);
        (await FindAsync(storage)).Should().HaveCount(3);
    }

    [Fact]
    public async Task SearchThatMayNotWait_StartsTheIndexing()
    {
        await using var storage = await OpenAsync();
        await StoreAsync(storage, "fox");

        var page = await storage.Search.SearchAsync(Fox, new() { CatchUpLimit = TimeSpan.Zero }, Cancellation);
        await storage.Engine.Indexer.Running;

        page.Unindexed.Should().Be(1);
        var next = await storage.Search.SearchAsync(Fox, new() { CatchUpLimit = TimeSpan.Zero }, Cancellation);
        next.Unindexed.Should().Be(0);
        next.Matches.Should().ContainSingle();
    }

    [Fact]
    public async Task ArtifactWhoseDigestIsDamaged_KeepsNothingElseFromBeingFound()
    {
        await using var storage = await OpenAsync();
        await StoreAsync(storage, "damaged", "fox");
        StoreFiles.Execute(StorePath, "UPDATE artifacts SET digest = x'00' WHERE name = 'damaged'");

        (await FindAsync(storage)).Should().Equal("fox");
    }

    [Fact]
    public async Task ArtifactOfAnotherProcess_IsFound()
    {
        await using var storage = await OpenAsync();
        await StoreAsync(storage, "fox");
        await FindAsync(storage);

        await Child.RunAsync("write", StorePath, "child");

        var page = await storage.Search.SearchAsync(SearchExpression.Parse("\"child wrote\""), Complete, Cancellation);
        page.Matches.Should().ContainSingle(match => match.Artifact.SessionId == "child" && match.Artifact.Name == "text");
    }

    [Fact]
    public async Task RemovedArtifact_IsNoLongerFound()
    {
        await using var storage = await OpenAsync();
        await StoreAsync(storage, "fox", "second fox");
        await FindAsync(storage);

        storage.Engine.Indexer.TryRemove([1]).Should().BeTrue();

        (await FindAsync(storage)).Should().Equal("second fox");
    }

    [Fact]
    public async Task ContinuousIndexing_IsDoneBeforeASearch()
    {
        var time = new FakeTimeProvider();
        await using var storage = new LocalStorage(StorePath, new() { IndexContinuously = true, TimeProvider = time });
        await storage.OpenAsync(Cancellation);
        await StoreAsync(storage, "fox");

        time.Advance(TimeSpan.FromSeconds(1));
        await storage.Engine.Indexer.Running;

        var page = await storage.Search.SearchAsync(Fox, new() { CatchUpLimit = TimeSpan.Zero }, Cancellation);
        page.Unindexed.Should().Be(0);
        page.Matches.Should().ContainSingle();
    }

    [Fact]
    public async Task DisposedStorage_HasStoppedIndexing()
    {
        var storage = await OpenAsync();
        await StoreAsync(storage, [.. Enumerable.Range(0, 500).Select(i => $"fox {i}")]);
        await storage.Search.SearchAsync(Fox, new() { CatchUpLimit = TimeSpan.Zero }, Cancellation);
        var running = storage.Engine.Indexer.Running;

        await storage.DisposeAsync();

        running.IsCompleted.Should().BeTrue();
        storage.Invoking(it => it.Search).Should().Throw<ObjectDisposedException>();
        await using var again = await OpenAsync();
        (await FindAsync(again)).Should().HaveCount(100);
    }

    private async Task<LocalStorage> OpenAsync()
    {
        var storage = new LocalStorage(StorePath);
        await storage.OpenAsync(Cancellation);
        return storage;
    }

    /// <summary>A session with artifacts whose names are their texts.</summary>
    private static async Task StoreAsync(LocalStorage storage, params string[] texts)
    {
        var id = Guid.NewGuid().ToString("N");
        var contents = texts
            .Select(text => Encoding.UTF8.GetBytes(text))
            .Select(it => new ContentEntry(ContentDigest.Of(it), it.Length, it));
        var entries = contents.ToArray();
        await storage.Records.CommitAsync(
            new()
            {
                CommitId = Guid.NewGuid(),
                SessionId = id,
                At = DateTimeOffset.UnixEpoch,
                Session = new() { Id = id },
                Contents = entries,
                Artifacts =
                [
                    .. texts.Zip(
                        entries,
                        (text, entry) =>
                            new ArtifactRecord
                            {
                                SessionId = id,
                                Id = Guid.NewGuid().ToString("N"),
                                Name = text,
                                ContentType = "text/plain",
                                Digest = entry.Digest,
                                Size = entry.Size,
                            }
                    ),
                ],
            },
            Cancellation
        );
    }

    private static async Task<IEnumerable<string>> FindAsync(LocalStorage storage)
    {
        var page = await storage.Search.SearchAsync(Fox, Complete with { PageSize = 100 }, Cancellation);
        page.Unindexed.Should().Be(0);
        return page.Matches.Select(match => match.Artifact.Name);
    }
}
