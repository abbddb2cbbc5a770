using Dossier.Conformance;
using Dossier.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Dossier.Tests.Storage;

public sealed class LocalStorageTests : IDisposable
{
    private static readonly DateTimeOffset Time = DateTimeOffset.UnixEpoch.AddSeconds(1_790_000_000);

    private readonly string _root = Directory.CreateTempSubdirectory("dossier-test-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string StorePath => Path.Combine(_root, "store");

    private string DatabasePath => Path.Combine(StorePath, "dossier.db");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task NewStore_IsPrivateToItsUser()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes.");
        await using var storage = await OpenAsync();
        await CreateSessionAsync(storage);
        await storage.Contents.WriteAsync(new MemoryStream(new byte[100]), Cancellation);

        var directories = Directory.EnumerateDirectories(StorePath, "*", SearchOption.AllDirectories).Append(StorePath);
        var files = Directory.EnumerateFiles(StorePath, "*", SearchOption.AllDirectories).ToList();

        directories.Select(ModeOf).Distinct().Should().Equal("UserExecute, UserWrite, UserRead");
        files.Select(ModeOf).Distinct().Should().Equal("UserWrite, UserRead");
        files.Select(Path.GetFileName).Should().Contain(["dossier.db", "dossier.db-wal", "gate.lock", "write.lock"]);
    }

    [Fact]
    public async Task TwoObjectsOnOneDirectory_ShareOneEngine()
    {
        await using var first = await OpenAsync();
        await using var second = await OpenAsync();

        await CreateSessionAsync(first);

        (await second.Records.GetSessionAsync("s-1", Cancellation)).Should().NotBeNull();
        second.Engine.Should().BeSameAs(first.Engine);
    }

    [Fact]
    public async Task SymbolicLink_LeadsToTheSameEngine()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Symbolic links need a privilege on Windows.");
        Directory.CreateSymbolicLink(Path.Combine(_root, "link"), _root);
        await using var direct = await OpenAsync();

        await using var linked = new LocalStorage(Path.Combine(_root, "link", "store"));
        await linked.OpenAsync(Cancellation);

        linked.Engine.Should().BeSameAs(direct.Engine);
    }

    [Fact]
    public async Task DisposingOneOfTwo_LeavesTheOtherOpen()
    {
        var first = await OpenAsync();
        await using var second = await OpenAsync();

        await first.DisposeAsync();
        await first.DisposeAsync();

        await CreateSessionAsync(second);
        first.Invoking(it => it.Records).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public async Task DisposingTheLast_ClosesTheStore()
    {
        var storage = await OpenAsync();
        var records = storage.Records;
        await CreateSessionAsync(storage);

        await storage.DisposeAsync();

        await records.Invoking(it => it.CommitAsync(Creation("s-2"), Cancellation).AsTask()).Should().ThrowAsync<ObjectDisposedException>();
        records.Invoking(it => it.GetSessionAsync("s-1", Cancellation)).Should().Throw<ObjectDisposedException>();
        File.Exists(DatabasePath + "-wal").Should().BeFalse();
    }

    [Fact]
    public async Task ManyObjectsThatOpenAndCloseAtOnce_AllFindTheStoreOpen()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(UseTwentyTimesAsync, Cancellation)));

        async Task UseTwentyTimesAsync()
        {
            for (var i = 0; i < 20; i++)
            {
                await using var storage = await OpenAsync();
                (await storage.Records.GetSessionAsync("nobody", Cancellation)).Should().BeNull();
            }
        }
    }

    [Fact]
    public async Task StoreThatAnotherProcessIsCreating_IsEmptyOrWhole()
    {
        var paths = Enumerable.Range(0, 20).Select(number => Directory.CreateDirectory(Path.Combine(_root, $"{number}")).FullName);

        foreach (var path in paths)
        {
            File.WriteAllText(Path.Combine(path, "dossier.db"), "");
            var looking = Task.Run(() => LookUntilItIsThere(path), Cancellation);
            await LocalEngine.Open(path, new(), () => { }).DisposeAsync();
            await looking; // it takes nothing that it sees for the file of another program
        }

        static void LookUntilItIsThere(string path)
        {
            using var database = new Database(path);
            while (Schema.Check(database, path)) { }
        }
    }

    [Fact]
    public async Task OpeningTwice_IsHarmless()
    {
        await using var storage = await OpenAsync();

        await storage.OpenAsync(Cancellation);

        await CreateSessionAsync(storage);
    }

    [Fact]
    public void StorageThatWasNotOpened_SaysSo()
    {
        var storage = new LocalStorage(StorePath);

        storage.Invoking(it => it.Records).Should().Throw<InvalidOperationException>().WithMessage("*OpenAsync*");
        Directory.Exists(StorePath).Should().BeFalse();
    }

    [Fact]
    public async Task OtherOptionsOnAnOpenStore_AreRefused()
    {
        await using var first = await OpenAsync();
        await using var second = new LocalStorage(StorePath, new() { Durability = Durability.Process });

        (await second.Invoking(it => it.OpenAsync(Cancellation)).Should().ThrowAsync<StorageException>()).WithMessage(
            "*Durability Full*Process*"
        );
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1024 * 1024 + 1)]
    public void InlineLimitOutOfBounds_IsRefused(int limit)
    {
        var create = () => new LocalStorage(StorePath, new() { InlineLimit = limit });

        create.Should().Throw<ArgumentOutOfRangeException>();
    }

    [Theory]
    [InlineData(Durability.Full, 2)]
    [InlineData(Durability.Process, 1)]
    public async Task Durability_SetsHowTheWriterSyncs(Durability durability, int expected)
    {
        await using var storage = new LocalStorage(StorePath, new() { Durability = durability });
        await storage.OpenAsync(Cancellation);

        storage.Engine.Writer.ReadNumber("PRAGMA synchronous").Should().Be(expected);
        storage.Engine.Writer.ReadNumber("PRAGMA fullfsync").Should().Be(expected - 1);
        storage.Engine.Writer.ReadNumber("PRAGMA checkpoint_fullfsync").Should().Be(expected - 1);
    }

    [Fact]
    public async Task FailingStream_LeavesNoFile()
    {
        await using var storage = await OpenAsync();

        var write = () => storage.Contents.WriteAsync(new FailingStream(200_000), Cancellation);

        await write.Should().ThrowAsync<IOException>();
        Directory.EnumerateFiles(Path.Combine(StorePath, "objects"), "*", SearchOption.AllDirectories).Should().BeEmpty();
    }

    [Fact]
    public async Task Content_LiesUnderItsDigest()
    {
        await using var storage = await OpenAsync();

        var entry = await storage.Contents.WriteAsync(new MemoryStream("hello"u8.ToArray()), Cancellation);

        var hex = entry.Digest.ToHex();
        File.ReadAllText(Path.Combine(StorePath, "objects", "sha256", hex[..2], hex[2..])).Should().Be("hello");
        Directory.EnumerateFiles(Path.Combine(StorePath, "objects"), "*", SearchOption.AllDirectories).Should().ContainSingle();
    }

    [Theory]
    [InlineData("he")]
    [InlineData("")]
    public async Task ContentThatWasCutShort_IsPutRightByWritingItAgain(string damaged)
    {
        await using var storage = await OpenAsync();
        var entry = await storage.Contents.WriteAsync(new MemoryStream("hello"u8.ToArray()), Cancellation);
        var hex = entry.Digest.ToHex();
        var path = Path.Combine(StorePath, "objects", "sha256", hex[..2], hex[2..]);
        File.WriteAllText(path, damaged);

        await storage.Contents.WriteAsync(new MemoryStream("hello"u8.ToArray()), Cancellation);

        File.ReadAllText(path).Should().Be("hello");
        Directory.EnumerateFiles(Path.Combine(StorePath, "objects"), "*", SearchOption.AllDirectories).Should().ContainSingle();
    }

    [Fact]
    public async Task ContentThatIsBeingRead_CanBeWrittenAgain()
    {
        await using var storage = await OpenAsync();
        var entry = await storage.Contents.WriteAsync(new MemoryStream("hello"u8.ToArray()), Cancellation);
        await using var reading = await storage.Contents.OpenReadAsync(entry.Digest, cancellationToken: Cancellation);

        var again = await storage.Contents.WriteAsync(new MemoryStream("hello"u8.ToArray()), Cancellation);

        again.Should().Be(entry);
    }

    [Fact]
    public async Task CommitIds_AreForgottenAfterAWeek()
    {
        var old = Creation("s-1") with { CommitId = Guid.CreateVersion7(Time.AddDays(-7).AddMilliseconds(-1)) };
        var recent = Creation("s-2") with { CommitId = Guid.CreateVersion7(Time.AddDays(-7).AddMilliseconds(1)) };
        await using (var before = await OpenAsync())
        {
            await before.Records.CommitAsync(old, Cancellation);
            await before.Records.CommitAsync(recent, Cancellation);
        }

        await using var storage = new LocalStorage(StorePath, new() { TimeProvider = new FakeTimeProvider(Time) });
        await storage.OpenAsync(Cancellation);

        (await storage.Records.CommitAsync(recent, Cancellation)).Revision.Should().Be(1);
        var repeat = async () => await storage.Records.CommitAsync(old, Cancellation);
        await repeat.Should().ThrowAsync<ConflictException>("it is taken for a new commit, which wants to create the session");
    }

    [Fact]
    public async Task FilesThatACrashLeftBehind_AreDeletedAfterADay()
    {
        var incoming = Directory.CreateDirectory(Path.Combine(StorePath, "objects", "incoming")).FullName;
        var old = Path.Combine(incoming, "old");
        var recent = Path.Combine(incoming, "recent");
        File.WriteAllText(old, "x");
        File.WriteAllText(recent, "x");
        File.SetLastWriteTimeUtc(old, Time.AddHours(-25).UtcDateTime);
        File.SetLastWriteTimeUtc(recent, Time.AddHours(-23).UtcDateTime);

        await using var storage = new LocalStorage(StorePath, new() { TimeProvider = new FakeTimeProvider(Time) });
        await storage.OpenAsync(Cancellation);

        Directory.EnumerateFiles(incoming).Should().Equal(recent);
    }

    [Fact]
    public async Task RecordWithAnIdOfAnotherForm_IsRefused()
    {
        await using var storage = await OpenAsync();
        await CreateSessionAsync(storage);
        var commit = Creation("s-1") with { Session = null, ExpectedRevision = null, Responses = [new() { Id = "../x" }] };

        var write = async () => await storage.Records.CommitAsync(commit, Cancellation);

        (await write.Should().ThrowAsync<ArgumentException>()).WithMessage("*'../x'*");
    }

    private async Task<LocalStorage> OpenAsync()
    {
        var storage = new LocalStorage(StorePath);
        await storage.OpenAsync(Cancellation);
        return storage;
    }

    private static SessionCommit Creation(string id) =>
        new()
        {
            CommitId = Guid.NewGuid(),
            SessionId = id,
            At = Time,
            Session = new() { Id = id },
            ExpectedRevision = 0,
        };

    private static Task<CommitResult> CreateSessionAsync(LocalStorage storage) =>
        storage.Records.CommitAsync(Creation("s-1"), Cancellation).AsTask();

    private static string ModeOf(string path) => OperatingSystem.IsWindows() ? "" : File.GetUnixFileMode(path).ToString();
}
