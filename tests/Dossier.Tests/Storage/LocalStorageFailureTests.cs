using Dossier.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Dossier.Tests.Storage;

/// <summary>What can be wrong with a storage path, and what is said of it.</summary>
public sealed class LocalStorageFailureTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("dossier-test-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string StorePath => Path.Combine(_root, "store");

    private string DatabasePath => Path.Combine(StorePath, "dossier.db");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task PathOfAFile_IsRefused()
    {
        File.WriteAllText(StorePath, "precious");

        var failure = await OpenFailsAsync(StorePath);

        failure.Message.Should().Contain(StorePath).And.Contain("is a file");
        failure.IsTransient.Should().BeFalse();
        File.ReadAllText(StorePath).Should().Be("precious");
    }

    [Fact]
    public async Task PathBelowAFile_IsRefused()
    {
        File.WriteAllText(StorePath, "precious");

        var failure = await OpenFailsAsync(Path.Combine(StorePath, "below"));

        failure.Message.Should().Contain($"'{StorePath}' is a file");
    }

    [Fact]
    public async Task PathThatCannotBeCreated_IsRefused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has a directory that not even root may write.");

        var failure = await OpenFailsAsync("/proc/dossier");

        failure.Message.Should().Contain("/proc/dossier");
    }

    [Fact]
    public async Task StoreOfANewerVersion_IsRefusedByBothVersions()
    {
        await CreateStoreAsync();
        Execute("PRAGMA user_version = 7");

        var failure = await OpenFailsAsync(StorePath);

        failure.Message.Should().Contain("version 7").And.Contain($"up to {Schema.Version}").And.Contain("Update Dossier");
        Read("PRAGMA user_version").Should().Be(7);
    }

    [Theory]
    [InlineData("not a database")]
    [InlineData("x")]
    public async Task FileThatIsNoDatabase_IsRefusedAndLeftAlone(string text)
    {
        Directory.CreateDirectory(StorePath);
        File.WriteAllText(DatabasePath, text);

        var failure = await OpenFailsAsync(StorePath);

        failure.Message.Should().Contain("not a Dossier store");
        File.ReadAllText(DatabasePath).Should().Be(text);
        Directory.EnumerateFileSystemEntries(StorePath).Should().Equal(DatabasePath);
    }

    [Fact]
    public async Task DatabaseOfAnotherProgram_IsRefusedAndLeftAlone()
    {
        Directory.CreateDirectory(StorePath);
        Execute("CREATE TABLE precious(x)");
        var before = File.ReadAllBytes(DatabasePath);

        var failure = await OpenFailsAsync(StorePath);

        failure.Message.Should().Contain("not a Dossier store");
        File.ReadAllBytes(DatabasePath).Should().Equal(before);
        Directory.EnumerateFileSystemEntries(StorePath).Should().Equal(DatabasePath);
    }

    [Fact]
    public async Task OpeningThatFailsAtItsEnd_LeavesNothingOpen()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux lists the open files of a process.");
        using var loggers = new ThrowingLoggers();
        await using var storage = new LocalStorage(StorePath, new() { LoggerFactory = loggers });

        await storage.Invoking(it => it.OpenAsync(Cancellation)).Should().ThrowAsync<NotImplementedException>();

        Directory.GetFiles("/proc/self/fd").Select(TargetOf).Should().NotContain(name => name != null && name.StartsWith(_root));
    }

    /// <summary>The file behind a descriptor; null when another test has closed it since it was listed.</summary>
    private static string? TargetOf(string descriptor)
    {
        try
        {
            return File.ResolveLinkTarget(descriptor, false)?.FullName;
        }
        catch (IOException)
        {
            return null;
        }
    }

    [Fact]
    public void FileSystemWithoutSharedMemory_IsRefused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The way of locking that has no shared memory is one of Unix.");
        // SQLite takes a path that is a URI, and this one ends where the database's name is added.
        File.WriteAllText(Path.Combine(_root, "plain"), "");
        using var database = new Database($"file:{_root}/plain?vfs=unix-dotfile&name=");

        var prepare = () => Schema.Prepare(database, StorePath, Durability.Full);

        prepare.Should().Throw<StorageException>().WithMessage("*shared memory*'delete'*local disk*");
    }

    [Theory]
    [InlineData(@"\\server\share\store", true)]
    [InlineData(@"\\?\UNC\server\share", true)]
    [InlineData(@"\\?\C:\store", true)]
    [InlineData(@"C:\store", false)]
    [InlineData("/srv/store", false)]
    public void PathWithoutADrive_IsKnownBeforeItIsAskedForItsDrive(string path, bool expected) =>
        LocalPath.IsWithoutDrive(path).Should().Be(expected);

    [Fact]
    public async Task WindowsShare_IsRefused()
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), "Shares have names of their own on Windows only.");

        var failure = await OpenFailsAsync(@"\\server\share\store");

        failure.Message.Should().Contain(@"\\server\share\store").And.Contain("network").And.Contain("drive letter");
    }

    [Fact]
    public async Task DamagedDatabase_IsReportedAsDamaged()
    {
        await CreateStoreAsync();
        using (var file = File.OpenWrite(DatabasePath))
        {
            file.Position = 8192;
            file.Write(Enumerable.Repeat((byte)0xAB, 4 * 8192).ToArray());
        }
        await using var storage = new LocalStorage(StorePath);
        await storage.OpenAsync(Cancellation);

        var read = async () => await storage.Records.GetSessionAsync("s-1", Cancellation);

        (await read.Should().ThrowAsync<StorageException>()).WithMessage("*damaged*backup*");
    }

    [Fact]
    public async Task DamagedRecord_IsReportedAsDamaged()
    {
        await CreateStoreAsync();
        Execute("UPDATE sessions SET body = 'not json'");
        await using var storage = new LocalStorage(StorePath);
        await storage.OpenAsync(Cancellation);

        var read = async () => await storage.Records.GetSessionAsync("s-1", Cancellation);

        (await read.Should().ThrowAsync<StorageException>()).WithMessage("*record*damaged*");
    }

    [Theory]
    [InlineData(5, "locked", true)]
    [InlineData(261, "locked", true)]
    [InlineData(13, "full", false)]
    [InlineData(11, "damaged", false)]
    [InlineData(26, "not a Dossier store", false)]
    [InlineData(1032, "cannot be written", false)]
    [InlineData(14, "cannot be written", false)]
    [InlineData(778, "disk", false)]
    [InlineData(1, "could not be read or written", false)]
    public void EachSqliteError_SaysWhatToDo(int code, string expected, bool transient)
    {
        var failure = StorageErrors.Sqlite("/store", code, null);

        failure.Message.Should().Contain("/store").And.Contain(expected);
        failure.IsTransient.Should().Be(transient);
    }

    [Fact]
    public void FullDisk_IsKnownFromTheFileSystemToo()
    {
        var failure = StorageErrors.FileSystem("/store", new IOException("No space left on device", 28));

        failure.Message.Should().Contain("/store").And.Contain("full");
    }

    private static async Task<StorageException> OpenFailsAsync(string path)
    {
        await using var storage = new LocalStorage(path);
        return (await storage.Invoking(it => it.OpenAsync(Cancellation)).Should().ThrowAsync<StorageException>()).Which;
    }

    private async Task CreateStoreAsync()
    {
        await using var storage = new LocalStorage(StorePath);
        await storage.OpenAsync(Cancellation);
        await storage.Records.CommitAsync(
            new()
            {
                CommitId = Guid.NewGuid(),
                SessionId = "s-1",
                At = DateTimeOffset.UnixEpoch,
                Session = new() { Id = "s-1" },
            },
            Cancellation
        );
    }

    private void Execute(string sql) => Read(sql);

    private long? Read(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long?)command.ExecuteScalar();
    }

    /// <summary>Loggers that fail: the last thing that can in an opening.</summary>
    private sealed class ThrowingLoggers : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) { }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => throw new NotImplementedException();

        public void Dispose() { }
    }
}
