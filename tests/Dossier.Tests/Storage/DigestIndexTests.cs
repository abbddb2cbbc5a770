using System.Globalization;
using Dossier.Storage;

namespace Dossier.Tests.Storage;

/// <summary>The index by which content is found keeps its entries at three levels, and moves them while content is added.</summary>
public sealed class DigestIndexTests : IAsyncDisposable
{
    // Enough for every sixteenth of the middle level to have been moved.
    private const int Count = 20_000;

    private readonly TemporaryDirectory _directory = new();
    private readonly LocalStorage _storage;

    public DigestIndexTests() => _storage = new(_directory.Path, new() { Durability = Durability.Process });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _storage.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task ManyContents_AreAllFoundAndKeptOnce()
    {
        var entries = Enumerable.Range(0, Count).Select(Entry).ToList();
        await CommitAsync(entries);

        await CommitAsync(entries);

        Read("SELECT count(*) FROM contents").Should().Be(Count);
        Read("SELECT count(*) FROM digests").Should().Be(Count);
        Read("SELECT count(DISTINCT level) FROM digests").Should().Be(3);
        foreach (var entry in entries)
            (await _storage.Records.GetContentAsync(entry.Digest, Token))!
                .Inline!.Value.ToArray()
                .Should()
                .Equal(entry.Inline!.Value.ToArray());
    }

    [Fact]
    public async Task NewEntries_StayWithinAFewPages()
    {
        await CommitAsync(Enumerable.Range(0, Count).Select(Entry));

        Read("SELECT count(*) FROM digests WHERE level = 0").Should().BeLessThan(1024);
        Read("SELECT count(*) FROM digests WHERE level = 1").Should().BeInRange(1024, 16 * 1024);
    }

    [Fact]
    public async Task PurgedContents_AreTakenOutOfTheIndex()
    {
        await CommitAsync(Enumerable.Range(0, Count).Select(Entry));
        await using var store = new SessionStore(_storage);

        await store.PurgeAsync(new() { GracePeriod = TimeSpan.Zero }, Token);

        Read("SELECT count(*) FROM contents").Should().Be(0);
        Read("SELECT count(*) FROM digests").Should().Be(0);
    }

    [Theory]
    [InlineData("DELETE FROM digests WHERE place = 2", "place 2 is not found by its digest")]
    [InlineData("INSERT INTO digests VALUES(1, x'0102030405060708', 9)", "place 9 is not there")]
    [InlineData("INSERT INTO digests SELECT 2, prefix, place FROM digests WHERE place = 1", "place 1 is found twice")]
    public async Task IndexThatDisagreesWithTheContents_IsReported(string change, string problem)
    {
        await CommitAsync(Enumerable.Range(0, 3).Select(Entry));
        await using var store = new SessionStore(_storage);
        StoreFiles.Execute(_directory.Path, change);

        var report = await store.VerifyAsync(cancellationToken: Token);

        report
            .Problems.Where(it => it.Kind == VerifyProblemKind.DatabaseDamaged)
            .Should()
            .ContainSingle()
            .Which.Description.Should()
            .Contain(problem);
    }

    private static ContentEntry Entry(int number)
    {
        var bytes = BitConverter.GetBytes(number);
        return new(ContentDigest.Of(bytes), bytes.Length, bytes);
    }

    private async Task CommitAsync(IEnumerable<ContentEntry> entries)
    {
        await _storage.OpenAsync(Token);
        var now = DateTimeOffset.UtcNow;
        foreach (var some in entries.Chunk(700))
            await _storage.Records.CommitAsync(
                new()
                {
                    CommitId = Guid.CreateVersion7(now),
                    SessionId = "s",
                    At = now,
                    Session = new() { Id = "s" },
                    Contents = some,
                },
                Token
            );
    }

    private long Read(string sql) => Convert.ToInt64(StoreFiles.Execute(_directory.Path, sql), CultureInfo.InvariantCulture);
}
