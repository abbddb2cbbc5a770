using System.Text;
using Dossier.Storage;
using Microsoft.Data.Sqlite;

namespace Dossier.Tests.Storage;

/// <summary>Small content comes with the artifact that is read by its id; larger content is read when it is asked for.</summary>
public sealed class ArtifactContentTests : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly LocalStorage _storage;
    private readonly SessionStore _store;

    public ArtifactContentTests()
    {
        _storage = new(_directory.Path);
        _store = new(_storage);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _storage.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(100_000)]
    public async Task ContentOfAnySize_IsReadWhole(int size)
    {
        var bytes = Encoding.ASCII.GetBytes(new string('x', size));
        await using var session = await _store.OpenAsync(cancellationToken: Token);
        var stored = await session.StoreArtifactAsync("a", bytes, cancellationToken: Token);

        var read = await session.GetArtifactAsync(stored.Id, Token);

        (await read.ReadBytesAsync(Token)).Should().Equal(bytes);
    }

    [Fact]
    public async Task BytesThatTheCallerChanges_AreNotThoseOfTheArtifact()
    {
        await using var session = await _store.OpenAsync(cancellationToken: Token);
        var stored = await session.StoreArtifactAsync("a", "text", cancellationToken: Token);
        var artifact = await session.GetArtifactAsync(stored.Id, Token);

        (await artifact.ReadBytesAsync(Token))[0] = (byte)'n';

        (await artifact.ReadTextAsync(Token)).Should().Be("text");
    }

    [Fact]
    public async Task ContentThatWasLostAfterwards_IsReadWhereItIsSmall()
    {
        await using var session = await _store.OpenAsync(cancellationToken: Token);
        var small = await session.GetArtifactAsync((await session.StoreArtifactAsync("small", "text", cancellationToken: Token)).Id, Token);
        var large = await session.GetArtifactAsync(
            (await session.StoreArtifactAsync("large", new string('x', 5000), cancellationToken: Token)).Id,
            Token
        );

        ForgetBytes();

        (await small.ReadTextAsync(Token)).Should().Be("text");
        var read = () => large.ReadTextAsync(Token);
        await read.Should().ThrowAsync<StorageException>();
    }

    [Theory]
    [InlineData("UPDATE artifacts SET content = NULL")] // an earlier version has stored them
    [InlineData("UPDATE artifacts SET content = 3 - content")] // that of the other
    [InlineData("UPDATE artifacts SET content = 99")]
    public async Task ContentThatIsNotWhereItWas_IsFoundByItsDigest(string sql)
    {
        await using var session = await _store.OpenAsync(cancellationToken: Token);
        var one = await session.StoreArtifactAsync("a", "one", cancellationToken: Token);
        var two = await session.StoreArtifactAsync("b", "two", cancellationToken: Token);
        StoreFiles.Execute(_directory.Path, sql);

        (await (await session.GetArtifactAsync(one.Id, Token)).ReadTextAsync(Token)).Should().Be("one");
        (await (await session.GetArtifactAsync(two.Id, Token)).ReadTextAsync(Token)).Should().Be("two");
    }

    [Fact]
    public async Task ContentThatIsLost_DoesNotHideItsArtifact()
    {
        await using var session = await _store.OpenAsync(cancellationToken: Token);
        var stored = await session.StoreArtifactAsync("small", "text", cancellationToken: Token);
        ForgetBytes();

        var artifact = await session.GetArtifactAsync(stored.Id, Token);

        artifact.Name.Should().Be("small");
        var read = () => artifact.ReadTextAsync(Token);
        await read.Should().ThrowAsync<StorageException>();
    }

    [Fact]
    public async Task ClosedStore_ReadsNothing()
    {
        await using var session = await _store.OpenAsync(cancellationToken: Token);
        var stored = await session.StoreArtifactAsync("a", "text", cancellationToken: Token);
        var artifact = await session.GetArtifactAsync(stored.Id, Token);
        await _storage.DisposeAsync();

        var read = () => artifact.ReadTextAsync(Token);

        await read.Should().ThrowAsync<ObjectDisposedException>();
    }

    private void ForgetBytes()
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_directory.Path, "dossier.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "UPDATE contents SET bytes = NULL";
        command.ExecuteNonQuery();
    }
}
