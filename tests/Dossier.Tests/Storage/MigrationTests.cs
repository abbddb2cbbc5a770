using Dossier.Storage;
using Dossier.Tests.Faults;

namespace Dossier.Tests.Storage;

/// <summary>What happens to a store of the first version when its migration does not go as it should. That it goes, the kept stores show.</summary>
public sealed class MigrationTests : IDisposable
{
    private static readonly string Kept = Repository.PathOf("tests/Dossier.Tests/Storage/Fixtures/schema-1");

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public MigrationTests()
    {
        foreach (var file in Directory.EnumerateFiles(Kept, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(_directory.Path, Path.GetRelativePath(Kept, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void VersionOfTheSchema_IsTheNumberOfItsSteps() => SchemaVersions.Steps.Should().HaveCount(Schema.Version);

    [Fact]
    public async Task StepThatFails_LeavesTheStoreAsItWasAndSaysSo()
    {
        var before = Read("SELECT group_concat(sql) FROM sqlite_schema");

        var migrate = () =>
            Prepare([
                .. SchemaVersions.Steps,
                database => database.ExecuteScript("DELETE FROM sessions; DROP TABLE artifacts; INSERT INTO nowhere VALUES(1)"),
            ]);

        var failure = migrate.Should().Throw<StorageException>().Which;
        failure.Message.Should().Contain(_directory.Path).And.Contain("version 1").And.Contain("to version 3").And.Contain("nowhere");
        failure.Message.Should().Contain("as it was").And.Contain("open it again");
        Read("PRAGMA user_version").Should().Be("1");
        Read("SELECT group_concat(sql) FROM sqlite_schema").Should().Be(before);
        await OpensWholeAsync();
    }

    [Fact]
    public async Task StepThatThrowsByItself_LeavesTheStoreAsItWas()
    {
        var migrate = () =>
            Prepare([
                .. SchemaVersions.Steps,
                database =>
                {
                    database.ExecuteScript("DELETE FROM sessions");
                    throw new InvalidOperationException("no such record");
                },
            ]);

        migrate.Should().Throw<StorageException>().WithMessage("*no such record*").WithInnerException<InvalidOperationException>();
        Read("PRAGMA user_version").Should().Be("1");
        await OpensWholeAsync();
    }

    [Fact]
    public async Task ProcessKilledInTheMiddle_LeavesAStoreThatLoads()
    {
        using var child = Child.Start(Child.Command("migrate", _directory.Path));
        (await child.StandardOutput.ReadLineAsync(Token)).Should().Be("middle");
        new FileInfo(Path.Combine(_directory.Path, "dossier.db-wal"))
            .Length.Should()
            .BeGreaterThan(20_000_000, "the migration had begun to write");

        child.Kill();
        await child.WaitForExitAsync(Token);

        Read("PRAGMA user_version").Should().Be("1");
        await OpensWholeAsync();
    }

    [Fact]
    public async Task OpeningWhileAnotherProcessMigrates_WaitsForIt()
    {
        using var child = Child.Start(Child.Command("migrate", _directory.Path));
        (await child.StandardOutput.ReadLineAsync(Token)).Should().Be("middle");
        var version = Read("PRAGMA user_version");
        var openings = Enumerable.Range(0, 3).Select(_ => Task.Run(OpensWholeAsync, Token)).ToList();
        using var turn = new FileLock(Path.Combine(_directory.Path, "write.lock"));
        turn.TryEnter().Should().BeFalse("the migration has the turn");

        await child.StandardInput.WriteLineAsync("go on");

        (await child.StandardOutput.ReadLineAsync(Token)).Should().Be("migrated");
        await Task.WhenAll(openings);
        version.Should().Be("1", "readers see the old store until it is migrated");
        Read("PRAGMA user_version").Should().Be($"{Schema.Version}");
        await child.WaitForExitAsync(Token);
    }

    [Fact]
    public async Task TwoProcessesThatOpenAtOnce_BothOpen()
    {
        var opened = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Child.RunAsync("open", _directory.Path)));

        opened.Should().AllSatisfy(lines => lines.Should().Equal("open: done"));
        Read("PRAGMA user_version").Should().Be($"{Schema.Version}");
        await OpensWholeAsync();
    }

    [Fact]
    public async Task StoreThatANewerVersionMigratesWhileItIsOpen_IsNotWrittenToAnyMore()
    {
        await using var store = new SessionStore(new LocalStorage(_directory.Path), ownsStorage: true);
        await using var session = await store.OpenAsync(new() { SessionId = "kept-active" }, Token);
        await session.StoreArtifactAsync("before", "x", cancellationToken: Token);
        StoreFiles.Execute(_directory.Path, "PRAGMA user_version = 9");

        var write = () => session.StoreArtifactAsync("after", "x", cancellationToken: Token);

        (await write.Should().ThrowAsync<StorageException>()).WithMessage("*version 9*while it was open*update Dossier*");
        (await session.ListArtifactsAsync(cancellationToken: Token).CountAsync(Token)).Should().Be(1);
    }

    private void Prepare(IReadOnlyList<Action<Database>> steps)
    {
        using var database = new Database(_directory.Path);
        Schema.Prepare(database, _directory.Path, Durability.Full, steps);
    }

    private async Task OpensWholeAsync()
    {
        await using var store = new SessionStore(new LocalStorage(_directory.Path), ownsStorage: true);
        var state = await StoreState.ReadAsync(store, []);
        state.Artifacts.Should().HaveCount(6);
        StoreState.CheckDatabase(_directory.Path).Should().Be("ok");
    }

    private string Read(string sql)
    {
        using var database = new Database(_directory.Path);
        return database.ReadText(sql);
    }
}
