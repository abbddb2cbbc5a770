using System.Text;
using Dossier.Storage;
using Dossier.Tests.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Dossier.Tests.Faults;

/// <summary>What a verification finds in the files of a local store; what it finds in any store, the conformance suite says.</summary>
public sealed class VerifyTests : IAsyncDisposable
{
    private const int PageSize = 8192;

    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly LocalStorage _storage;
    private readonly SessionStore _store;

    public VerifyTests()
    {
        _storage = new(_directory.Path, new() { TimeProvider = _time });
        _store = new(_storage, ownsStorage: true);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(99_999)]
    [InlineData(100_001)]
    public async Task ContentFileOfAnotherLength_IsDamaged(int length)
    {
        var large = await StoreLargeAsync();
        using (var file = File.OpenWrite(StoreFiles.Content(_directory.Path, large.Digest)))
            file.SetLength(length);

        var problem = (await _store.VerifyAsync(cancellationToken: Token)).Problems.Should().ContainSingle().Subject;

        problem.Kind.Should().Be(VerifyProblemKind.Damaged);
        (problem.ExpectedSize, problem.FoundSize).Should().Be((100_000, length));
        problem.Remedy.Should().Contain($"objects/sha256/{large.Digest.ToHex()[..2]}/");
    }

    [Fact]
    public async Task ContentFileOfAnotherLength_IsReplacedWhenTheSameIsStored()
    {
        var large = await StoreLargeAsync();
        using (var file = File.OpenWrite(StoreFiles.Content(_directory.Path, large.Digest)))
            file.SetLength(10);

        await StoreLargeAsync();

        (await _store.VerifyAsync(cancellationToken: Token)).IsClean.Should().BeTrue();
    }

    [Fact]
    public async Task QuarantinedBytes_AreKeptForPeople()
    {
        var large = await StoreLargeAsync();
        var file = StoreFiles.Content(_directory.Path, large.Digest);
        using (var stream = File.OpenWrite(file))
            stream.WriteByte(42);
        var small = await StoreAsync("small", "text");
        StoreFiles.Execute(_directory.Path, $"UPDATE contents SET bytes = x'2a' WHERE digest = x'{small.Digest.ToHex()}'");

        var report = await _store.VerifyAsync(new() { Quarantine = true }, cancellationToken: Token);

        report.Problems.Should().HaveCount(2).And.OnlyContain(problem => problem.WasQuarantined);
        File.Exists(file).Should().BeFalse();
        var set = Directory.GetFiles(Path.Combine(_directory.Path, "objects", "quarantine")).ToDictionary(it => Path.GetFileName(it)[..64]);
        (await File.ReadAllBytesAsync(set[large.Digest.ToHex()], Token)).Should().HaveCount(100_000).And.StartWith(42);
        (await File.ReadAllBytesAsync(set[small.Digest.ToHex()], Token)).Should().Equal(42);
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(Path.Combine(_directory.Path, "objects", "quarantine"))
                .Should()
                .Be(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var read = () => large.ReadBytesAsync(Token);
        var at = $"{_time.GetUtcNow():yyyy-MM-dd HH:mm:ss} UTC";
        (await read.Should().ThrowAsync<StorageException>()).WithMessage(
            $"*quarantined on {at}*objects/quarantine/{large.Digest.ToHex()}.*"
        );
    }

    [Fact]
    public async Task QuarantinedInlineContent_IsSoughtInTheDatabaseOfABackup()
    {
        var small = await StoreAsync("small", "text");
        StoreFiles.Execute(_directory.Path, $"UPDATE contents SET bytes = x'2a' WHERE digest = x'{small.Digest.ToHex()}'");

        var first = await _store.VerifyAsync(new() { Quarantine = true }, cancellationToken: Token);
        var second = await _store.VerifyAsync(cancellationToken: Token);

        first.Problems.Should().ContainSingle().Which.Remedy.Should().StartWith("Restore dossier.db from a backup");
        second.Problems.Should().ContainSingle().Which.Remedy.Should().StartWith("Restore dossier.db from a backup");
    }

    [Fact]
    public async Task ContentThatWasHealedAndThenLost_IsMissing()
    {
        var large = await StoreLargeAsync();
        var file = StoreFiles.Content(_directory.Path, large.Digest);
        using (var stream = File.OpenWrite(file))
            stream.WriteByte(42);
        await _store.VerifyAsync(new() { Quarantine = true }, cancellationToken: Token);
        await StoreLargeAsync();
        File.Delete(file);

        var problem = (await _store.VerifyAsync(cancellationToken: Token)).Problems.Should().ContainSingle().Subject;
        var read = () => large.ReadBytesAsync(Token);

        problem.Kind.Should().Be(VerifyProblemKind.Missing);
        await read.Should().ThrowAsync<StorageException>().WithMessage("*missing*");
        Directory.GetFiles(Path.Combine(_directory.Path, "objects", "quarantine")).Should().ContainSingle("it is kept for people");
    }

    [Fact]
    public async Task FileThatIsReplacedBeforeItIsSetAside_IsLeftAlone()
    {
        var large = await StoreLargeAsync();
        var file = StoreFiles.Content(_directory.Path, large.Digest);
        var whole = await File.ReadAllBytesAsync(file, Token);
        using (var stream = File.OpenWrite(file))
            stream.WriteByte(42);
        var turn = new WriteTurn(_directory.Path);
        turn.Enter();
        using var verification = new LocalVerify(_storage, _storage.Engine);

        var quarantine = Task.Run(() => verification.QuarantineAsync(large.Digest, Token).AsTask(), Token);
        SpinWait.SpinUntil(() => IsGateTaken());
        await File.WriteAllBytesAsync(file, whole, Token);
        turn.Dispose();

        (await quarantine).Should().BeFalse();
        (await large.ReadBytesAsync(Token)).Should().Equal(whole);
        Directory.Exists(Path.Combine(_directory.Path, "objects", "quarantine")).Should().BeFalse("not for an instant");

        bool IsGateTaken()
        {
            using var gate = new FileLock(Path.Combine(_directory.Path, "gate.lock"));
            return !gate.TryEnter();
        }
    }

    [Fact]
    public async Task QuarantinedFile_CanBeCopiedBackFromABackup()
    {
        var large = await StoreLargeAsync();
        var file = StoreFiles.Content(_directory.Path, large.Digest);
        var backup = await File.ReadAllBytesAsync(file, Token);
        using (var stream = File.OpenWrite(file))
            stream.WriteByte(42);
        await _store.VerifyAsync(new() { Quarantine = true }, cancellationToken: Token);

        await File.WriteAllBytesAsync(file, backup, Token);

        (await _store.VerifyAsync(cancellationToken: Token)).IsClean.Should().BeTrue();
        (await large.ReadBytesAsync(Token)).Should().Equal(backup);
    }

    [Fact]
    public async Task FileThatNothingNames_IsOrphanedOnceItIsOld()
    {
        await StoreLargeAsync();
        var orphan = await _storage.Contents.WriteAsync(new MemoryStream(new byte[50_000]), Token);
        var stray = Path.Combine(_directory.Path, "objects", "sha256", "notes.txt");
        await File.WriteAllTextAsync(stray, "mine", Token);

        var young = await _store.VerifyAsync(cancellationToken: Token);
        _time.Advance(TimeSpan.FromMinutes(61));
        var old = await _store.VerifyAsync(cancellationToken: Token);
        var patient = await _store.VerifyAsync(new() { GracePeriod = TimeSpan.FromHours(2) }, cancellationToken: Token);

        young.IsClean.Should().BeTrue(young.ToString());
        old.Problems.Should().HaveCount(2).And.OnlyContain(problem => problem.Kind == VerifyProblemKind.Orphaned);
        old.Problems.Should().ContainSingle(problem => problem.Digest == orphan.Digest && problem.FoundSize == 50_000);
        old.Problems.Should().ContainSingle(problem => problem.Digest == null && problem.Description.Contains("objects/sha256/notes.txt"));
        patient.IsClean.Should().BeTrue();
        File.Exists(stray).Should().BeTrue();
    }

    [Fact]
    public async Task DamagedPage_IsGoneAround()
    {
        await FillAsync(3000);
        await _store.DisposeAsync();
        Overwrite(LeafWith("text/plain"));
        await using var store = new SessionStore(new LocalStorage(_directory.Path), ownsStorage: true);

        var report = await store.VerifyAsync(cancellationToken: Token);

        report.Artifacts.Should().BeInRange(2800, 2999);
        report.Contents.Should().Be(3000);
        report.Problems.Should().Contain(problem => problem.Kind == VerifyProblemKind.DatabaseDamaged);
        var range = report.Problems.Single(problem => problem.Description.Contains("artifacts, place"));
        range.Kind.Should().Be(VerifyProblemKind.Unreadable);
        range.Description.Should().MatchRegex("artifacts, place [0-9]+ to [0-9]+: .*damaged");
        report.Unreferenced.Should().Be(3000 - report.Artifacts);
    }

    [Fact]
    public async Task DamagedPageOfContents_IsReportedByWhatNeedsIt()
    {
        await FillAsync(1000);
        await _store.DisposeAsync();
        Overwrite(LeafWith("text 5", without: "text/plain"));
        await using var store = new SessionStore(new LocalStorage(_directory.Path), ownsStorage: true);

        var report = await store.VerifyAsync(cancellationToken: Token);

        report.Artifacts.Should().Be(1000);
        report.Problems.Should().Contain(problem => problem.Description.Contains("contents, place"));
        report
            .Problems.Where(problem => problem.Digest is not null)
            .Should()
            .HaveCountGreaterThan(1)
            .And.OnlyContain(problem => problem.Kind == VerifyProblemKind.Unreadable && problem.AffectedCount == 1);
    }

    [Fact]
    public async Task DamagedPageOfSessions_HidesNothingThatTheyOwn()
    {
        await Task.WhenAll(Enumerable.Range(0, 200).Select(StoreInSessionAsync));
        await _store.DisposeAsync();
        foreach (var file in Directory.GetFiles(Path.Combine(_directory.Path, "objects", "sha256"), "*", SearchOption.AllDirectories))
            File.Delete(file);
        Overwrite(LeafWith("the name of a session"));
        await using var store = new SessionStore(new LocalStorage(_directory.Path), ownsStorage: true);

        var report = await store.VerifyAsync(cancellationToken: Token);

        report.Artifacts.Should().Be(400);
        var unreadable = report.Problems.Where(problem => problem.Kind == VerifyProblemKind.Unreadable).ToList();
        unreadable.Should().ContainSingle().Which.Description.Should().Contain("sessions, key ");
        var missing = report.Problems.Single(problem => problem.Kind == VerifyProblemKind.Missing);
        missing.AffectedCount.Should().Be(200, "also those of which only the key of their session is known");

        async Task StoreInSessionAsync(int i)
        {
            await using var session = await _store.OpenAsync(new() { SessionId = $"s-{i}", Name = $"the name of a session {i}" }, Token);
            await session.StoreArtifactAsync("small", $"text {i}", cancellationToken: Token);
            await session.StoreArtifactAsync("large", new string('x', 100_000), cancellationToken: Token);
        }
    }

    [Fact]
    public async Task RecordsThatCannotBeDecoded_AreReportedEach()
    {
        var session = await OpenAsync();
        await session.StoreArtifactAsync("good", "text", cancellationToken: Token);
        await session.StoreArtifactAsync("bad", "text", metadata: new Dictionary<string, object?> { ["a"] = 1 }, cancellationToken: Token);
        await session.Responses.TrackAsync("bad", new(), Token);
        StoreFiles.Execute(_directory.Path, "UPDATE artifacts SET metadata = '{' WHERE name = 'bad'");
        StoreFiles.Execute(_directory.Path, "UPDATE responses SET body = 'no json'");
        StoreFiles.Execute(_directory.Path, "UPDATE sessions SET body = '[]'");

        var report = await _store.VerifyAsync(cancellationToken: Token);

        report.Problems.Count(problem => problem.Kind == VerifyProblemKind.Unreadable).Should().Be(3);
        report
            .Problems.Count(problem => problem.Kind == VerifyProblemKind.ChainBroken)
            .Should()
            .Be(2, "what the session has in its own row is not chained");
        report.ProblemCount.Should().Be(5);
        report.Artifacts.Should().Be(1);
    }

    [Fact]
    public async Task TotalsThatDisagree_AreReported()
    {
        await StoreAsync("a", "text");
        StoreFiles.Execute(_directory.Path, "UPDATE sessions SET totals = replace(totals, '[1,', '[2,')");

        var problem = (await _store.VerifyAsync(cancellationToken: Token)).Problems.Should().ContainSingle().Subject;

        problem.Kind.Should().Be(VerifyProblemKind.Inconsistent);
        problem.Description.Should().Contain("'s'").And.Contain("2 of 4 bytes").And.Contain("1 of 4 bytes");
    }

    [Theory]
    [InlineData("DELETE FROM facts WHERE session = 0 AND value = 'fox'", 1)]
    [InlineData("DELETE FROM facts WHERE session <> 0", 1)]
    [InlineData("DELETE FROM facts", 2)]
    [InlineData("UPDATE facts SET members = x'0000' WHERE value = 'fox'", 2)]
    [InlineData("UPDATE facts SET value = 'hare' WHERE value = 'fox'", 2)]
    [InlineData("INSERT INTO facts SELECT session, name, 4711, block, members FROM facts WHERE value = 'fox'", 2)]
    [InlineData("INSERT INTO facts SELECT session, name, value, 9, members FROM facts WHERE session = 0 AND value = 'fox'", 1)]
    [InlineData("DELETE FROM fact_names", 2)]
    public async Task IndexOfMetadataThatDisagrees_IsReportedAndCanBeMadeAnew(string damage, int problems)
    {
        await StoreFoxesAsync();
        (await _store.VerifyAsync(cancellationToken: Token)).IsClean.Should().BeTrue();
        StoreFiles.Execute(_directory.Path, damage);

        var report = await _store.VerifyAsync(cancellationToken: Token);
        var ofSession = await _store.VerifyAsync(new() { SessionId = "s" }, cancellationToken: Token);
        var rebuilding = await _store.VerifyAsync(new() { RebuildIndex = true }, cancellationToken: Token);
        var after = await _store.VerifyAsync(cancellationToken: Token);

        report.Problems.Should().HaveCount(problems).And.OnlyContain(problem => problem.Kind == VerifyProblemKind.IndexMismatch);
        report.Problems.Should().OnlyContain(problem => problem.Remedy.Contains("RebuildIndex"));
        ofSession.Problems.Should().HaveCount(report.Problems.Count(problem => problem.Description.Contains("session 's'")));
        rebuilding.Problems.Should().NotBeEmpty().And.OnlyContain(problem => problem.Remedy.StartsWith("It was made anew"));
        after.IsClean.Should().BeTrue(after.ToString());
        var query = new ArtifactQuery { Metadata = new Dictionary<string, object?> { ["animal"] = "fox" } };
        (await _store.ListArtifactsAsync(query, Token).CountAsync(Token)).Should().Be(10);
        var session = await OpenAsync();
        (await session.ListArtifactsAsync(query, Token).CountAsync(Token)).Should().Be(10);
    }

    private async Task StoreFoxesAsync()
    {
        var session = await OpenAsync();
        for (var i = 0; i < 20; i++)
        {
            var metadata = new Dictionary<string, object?>
            {
                ["animal"] = i % 2 == 0 ? "fox" : "hedgehog",
                ["number"] = i,
                ["weight"] = i + 0.5,
                ["wild"] = i % 3 == 0,
                ["story"] = new string('x', 100 + i),
            };
            await session.StoreArtifactAsync($"{i}", $"text {i}", metadata: metadata, cancellationToken: Token);
        }
    }

    [Fact]
    public async Task IndexThatMissesARow_IsReported()
    {
        await FillAsync(10);
        await _store.DisposeAsync();
        StoreFiles.Execute(
            _directory.Path,
            """
            PRAGMA writable_schema = ON;
            CREATE TABLE kept AS SELECT * FROM sqlite_schema WHERE name = 'artifacts_by_id';
            DELETE FROM sqlite_schema WHERE name = 'artifacts_by_id';
            """
        );
        StoreFiles.Execute(_directory.Path, "DELETE FROM artifacts WHERE name = '5'");
        StoreFiles.Execute(
            _directory.Path,
            "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema SELECT * FROM kept; DELETE FROM sqlite_schema WHERE name = 'kept'"
        );
        await using var store = new SessionStore(new LocalStorage(_directory.Path), ownsStorage: true);

        var report = await store.VerifyAsync(cancellationToken: Token);

        report
            .Problems.Should()
            .Contain(problem => problem.Kind == VerifyProblemKind.DatabaseDamaged && problem.Description.Contains("artifacts_by_id"));
    }

    [Fact]
    public async Task VerificationBesideWriters_IsCleanEveryTime()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var child = Child.Start(Child.Command("load", _directory.Path, "child"));
        await using var session = await OpenAsync();
        var writing = Enumerable.Range(0, 4).Select(writer => Task.Run(() => WriteAsync(session, writer, stop.Token), Token)).ToList();
        while (await child.StandardOutput.ReadLineAsync(Token) is { } line && !line.StartsWith("stored", StringComparison.Ordinal)) { }

        var reports = new List<VerifyReport>();
        var output = child.StandardOutput.ReadToEndAsync(Token);
        for (var i = 0; i < 10; i++)
            reports.Add(await _store.VerifyAsync(new() { Quarantine = true }, cancellationToken: Token));
        child.Kill();
        await stop.CancelAsync();
        await Task.WhenAll(writing);
        await output;

        reports.Should().OnlyContain(report => report.IsClean, string.Join('\n', reports));
        reports[^1].Contents.Should().BeGreaterThan(reports[0].Contents, "they wrote meanwhile");
        Directory.Exists(Path.Combine(_directory.Path, "objects", "quarantine")).Should().BeFalse();
    }

    [Fact]
    public async Task CancellationWhileTheDatabaseIsChecked_EndsIt()
    {
        await FillAsync(2000);
        using var database = new Database(_directory.Path);
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();

        var check = () => DatabaseCheck.Run(database, cancellation.Token).ToList();

        check.Should().Throw<OperationCanceledException>();
    }

    private static async Task WriteAsync(Session session, int writer, CancellationToken stop)
    {
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            var metadata = new Dictionary<string, object?> { ["writer"] = writer, ["number"] = i };
            await session.StoreArtifactAsync($"small-{writer}", $"{writer} {i}", metadata: metadata, cancellationToken: Token);
            await session.StoreArtifactAsync(
                "large",
                Encoding.UTF8.GetBytes($"{writer} {i}".PadRight(100_000)),
                "binary",
                cancellationToken: Token
            );
        }
    }

    /// <summary>The middle one of the pages that hold rows of which one contains a text, and none another.</summary>
    private long LeafWith(string text, string? without = null)
    {
        const byte LeafOfATable = 13; // https://sqlite.org/fileformat2.html#b_tree_pages
        var bytes = File.ReadAllBytes(Path.Combine(_directory.Path, "dossier.db"));
        var leaves = Enumerable
            .Range(1, (bytes.Length / PageSize) - 1)
            .Where(page => bytes[page * PageSize] == LeafOfATable && Has(page, text) && (without is null || !Has(page, without)))
            .ToList();
        return leaves[leaves.Count / 2] + 1;

        bool Has(int page, string what) => bytes.AsSpan(page * PageSize, PageSize).IndexOf(Encoding.UTF8.GetBytes(what)) >= 0;
    }

    private void Overwrite(long page)
    {
        using var file = File.OpenWrite(Path.Combine(_directory.Path, "dossier.db"));
        file.Position = (page - 1) * PageSize;
        file.Write(Enumerable.Repeat((byte)0xAB, PageSize).ToArray());
    }

    private async Task FillAsync(int count)
    {
        await using var session = await OpenAsync();
        await Task.WhenAll(
            Enumerable.Range(0, count).Select(i => session.StoreArtifactAsync($"{i}", $"text {i}", cancellationToken: Token))
        );
    }

    private Task<Artifact> StoreLargeAsync() => StoreAsync("large", new string('x', 100_000));

    private async Task<Artifact> StoreAsync(string name, string text)
    {
        var session = await OpenAsync();
        return await session.StoreArtifactAsync(name, text, cancellationToken: Token);
    }

    private Task<Session> OpenAsync() => _store.OpenAsync(new() { SessionId = "s" }, Token);
}
