using Dossier.Storage;
using Dossier.Tests.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Faults;

/// <summary>Files of a store that were changed from outside: what is damaged says so, and the rest stays readable.</summary>
public sealed class DamageTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string StorePath => Path.Combine(_directory.Path, "store");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(99_999)]
    [InlineData(100_001)]
    public async Task ContentFileOfAnotherLength_IsReportedWhereverItIsRead(int length)
    {
        await using var session = await OpenAsync(StorePath);
        var damaged = await session.StoreArtifactAsync("damaged", new byte[100_000], "binary", cancellationToken: Token);
        await StoreOthersAsync(session);
        using (var file = File.OpenWrite(FileOf(damaged)))
            file.SetLength(length);

        var read = () => damaged.ReadBytesAsync(Token);
        var open = () => damaged.OpenReadAsync(Token);

        (await read.Should().ThrowAsync<StorageException>()).WithMessage($"*{damaged.Digest}*damaged: {length} of 100000 bytes*backup*");
        (await open.Should().ThrowAsync<StorageException>()).WithMessage($"*{damaged.Digest}*damaged*");
        await OthersAreReadableAsync(session);
    }

    [Fact]
    public async Task MissingContentFile_IsReported()
    {
        await using var session = await OpenAsync(StorePath);
        var missing = await session.StoreArtifactAsync("missing", new byte[100_000], "binary", cancellationToken: Token);
        await StoreOthersAsync(session);
        File.Delete(FileOf(missing));

        var read = () => missing.ReadBytesAsync(Token);

        (await read.Should().ThrowAsync<StorageException>()).WithMessage($"*{missing.Digest}*missing*backup*");
        await OthersAreReadableAsync(session);
    }

    [Fact]
    public async Task DigestOfAnotherLength_IsReportedAsDamage()
    {
        await using var session = await OpenAsync(StorePath);
        var damaged = await session.StoreArtifactAsync("damaged", "text", cancellationToken: Token);
        await StoreOthersAsync(session);
        StoreFiles.Execute(StorePath, "UPDATE artifacts SET digest = x'00' WHERE name = 'damaged'");

        var read = () => session.GetArtifactAsync(damaged.Id, Token);

        (await read.Should().ThrowAsync<StorageException>()).WithMessage("*record*damaged: A digest has 32 bytes, not 1.*backup*");
        await OthersAreReadableAsync(session);
    }

    [Theory]
    [InlineData("UPDATE sessions SET chain = x'00'")]
    [InlineData("UPDATE sessions SET budget = '{'")]
    [InlineData("UPDATE sessions SET totals = '{'")]
    public async Task WriteToADamagedSession_IsReportedAsDamage(string sql)
    {
        await using var session = await OpenAsync(StorePath);
        await StoreOthersAsync(session);
        StoreFiles.Execute(StorePath, sql);

        var write = () => session.StoreArtifactAsync("late", "text", cancellationToken: Token);

        (await write.Should().ThrowAsync<StorageException>()).WithMessage("*record*damaged*backup*");
        await OthersAreReadableAsync(session);
    }

    [Fact]
    public async Task ChainOfAnArtifactThatCannotBeRead_IsReportedByItsPurge()
    {
        await using var session = await OpenAsync(StorePath);
        var damaged = await session.StoreArtifactAsync("damaged", "text", cancellationToken: Token);
        await session.DeleteArtifactAsync(damaged.Id, Token);
        StoreFiles.Execute(StorePath, "UPDATE artifacts SET chain = x'00'");

        var purge = () => session.Store.PurgeAsync(new() { TrashedFor = TimeSpan.Zero }, Token);

        (await purge.Should().ThrowAsync<StorageException>()).WithMessage("*record*damaged: A digest has 32 bytes, not 1.*backup*");
    }

    [Fact]
    public async Task ImagesOfAMessageThatCannotBeRead_AreReported()
    {
        await using var session = await OpenAsync(StorePath);
        await session.Conversation().AppendAsync([new(ChatRole.User, "hi")], Token);
        StoreFiles.Execute(StorePath, "UPDATE messages SET data = x'00'");

        var read = () => session.Conversation().ReadAsync(cancellationToken: Token).ToListAsync(Token).AsTask();

        (await read.Should().ThrowAsync<StorageException>()).WithMessage("*record*damaged*backup*");
    }

    /// <summary>Reads do not hash: that the file is not what its name says shows when it is verified.</summary>
    [Fact]
    public async Task FlippedBit_IsSeenByTheDigestAndLeavesTheRestReadable()
    {
        await using var session = await OpenAsync(StorePath);
        var damaged = await session.StoreArtifactAsync("damaged", new byte[100_000], "binary", cancellationToken: Token);
        await StoreOthersAsync(session);
        using (var file = File.OpenWrite(FileOf(damaged)))
        {
            file.Position = 50_000;
            file.WriteByte(1);
        }

        await using var store = new SessionStore(new LocalStorage(StorePath), ownsStorage: true);
        var report = await store.VerifyAsync(cancellationToken: Token);
        report.Problems.Should().ContainSingle(problem => problem.Digest == damaged.Digest && problem.Kind == VerifyProblemKind.Damaged);
        await OthersAreReadableAsync(session);
    }

    /// <summary>
    /// A log that is broken in the middle cannot be told from one whose end was never written: SQLite takes it up to there.
    /// What is left is whole, and the store goes on.
    /// </summary>
    [Fact]
    public async Task BrokenWriteAheadLog_CountsUpToWhereItIsBroken()
    {
        var copy = Path.Combine(_directory.Path, "copy");
        Directory.CreateDirectory(copy);
        await using (var session = await OpenAsync(StorePath))
        {
            for (var i = 0; i < 40; i++)
                await session.StoreArtifactAsync("a", $"{i}", cancellationToken: Token);
            CopyWhileOpen("dossier.db", copy);
            CopyWhileOpen("dossier.db-wal", copy);
        }
        var log = Path.Combine(copy, "dossier.db-wal");
        var bytes = await File.ReadAllBytesAsync(log, Token);
        bytes[bytes.Length * 3 / 4] ^= 1;
        await File.WriteAllBytesAsync(log, bytes, Token);

        await using var reopened = await OpenAsync(copy);
        var left = await reopened.ListArtifactsAsync(cancellationToken: Token).ToListAsync(Token);
        var next = await reopened.StoreArtifactAsync("a", "next", cancellationToken: Token);

        left.Count.Should().BeInRange(1, 39);
        left.Select(artifact => artifact.Version).Should().Equal(Enumerable.Range(1, left.Count));
        next.Version.Should().Be(left.Count + 1);
        StoreState.CheckDatabase(copy).Should().Be("ok");
    }

    [Fact]
    public async Task DatabaseThatAnotherProgramKeepsLocked_IsATransientFailure()
    {
        await using var storage = new LocalStorage(StorePath);
        await using var store = new SessionStore(storage);
        await using var session = await store.OpenAsync(new() { SessionId = "s" }, Token);
        await StoreOthersAsync(session);
        storage.Engine.Writer.ReadNumber("PRAGMA busy_timeout = 1");
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(StorePath, "dossier.db")};Pooling=False");
        connection.Open();
        var transaction = connection.BeginTransaction(deferred: false);

        var write = () => session.StoreArtifactAsync("late", "x", cancellationToken: Token);

        var failure = (await write.Should().ThrowAsync<StorageException>()).Which;
        failure.IsTransient.Should().BeTrue();
        failure.Message.Should().Contain(StorePath).And.Contain("locked by another program");
        await OthersAreReadableAsync(session);
        await transaction.DisposeAsync();
        (await write()).Version.Should().Be(1);
    }

    [Fact]
    public void NetworkFileSystem_IsRefused()
    {
        var prepare = () => LocalPath.Prepare(StorePath, Durability.Full, _ => DriveType.Network);

        prepare.Should().Throw<StorageException>().WithMessage($"*{StorePath}*network file system*local disk*");
    }

    private static async Task StoreOthersAsync(Session session)
    {
        await session.StoreArtifactAsync("small", "text", cancellationToken: Token);
        await session.StoreArtifactAsync("large", Enumerable.Repeat((byte)7, 100_000).ToArray(), "binary", cancellationToken: Token);
    }

    private static async Task OthersAreReadableAsync(Session session)
    {
        (await (await session.FindArtifactAsync("small", cancellationToken: Token))!.ReadTextAsync(Token)).Should().Be("text");
        var large = await (await session.FindArtifactAsync("large", cancellationToken: Token))!.ReadBytesAsync(Token);
        large.Should().HaveCount(100_000).And.OnlyContain(value => value == 7);
    }

    private static Task<Session> OpenAsync(string path) => Session.OpenAsync(new() { StoragePath = path, SessionId = "s" }, Token);

    private string FileOf(Artifact artifact) =>
        Path.Combine(StorePath, "objects", "sha256", artifact.Digest.ToHex()[..2], artifact.Digest.ToHex()[2..]);

    private void CopyWhileOpen(string name, string target)
    {
        using var source = new FileStream(Path.Combine(StorePath, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var copy = File.Create(Path.Combine(target, name));
        source.CopyTo(copy);
    }
}
