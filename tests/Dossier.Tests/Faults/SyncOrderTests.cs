namespace Dossier.Tests.Faults;

/// <summary>
/// Whether a write was synced shows in no file, and killing a process does not test it either: what it wrote is still in the
/// machine's memory. So the system calls are traced.
/// </summary>
public sealed class SyncOrderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task LargeArtifact_IsSyncedRenamedAndRecordedBeforeItIsAcknowledged()
    {
        var calls = await TraceAsync();

        var synced = calls.Single(call => IsSync(call) && call.Text.Contains("/objects/incoming/", StringComparison.Ordinal));
        var renamed = calls.Single(call => call.Name.StartsWith("rename", StringComparison.Ordinal) && call.Text.Contains("/sha256/"));
        var directorySynced = calls.First(call => IsSync(call) && call.Start > renamed.End && IsShard(call.Text));
        var recorded = calls.First(call => IsWrite(call) && IsLog(call) && call.Start > directorySynced.End);
        var logSynced = calls.First(call => IsSync(call) && IsLog(call) && call.Start > recorded.End);
        var acknowledged = Acknowledgement(calls, "file");
        calls
            .Where(call => IsWrite(call) && call.Text.Contains("/objects/incoming/", StringComparison.Ordinal))
            .Should()
            .NotBeEmpty()
            .And.OnlyContain(write => write.End < synced.Start);
        synced.End.Should().BeLessThan(renamed.Start);
        calls
            .Where(call => IsWrite(call) && IsLog(call) && call.Start > directorySynced.End && call.Start < acknowledged.Start)
            .Should()
            .OnlyContain(write => write.End < logSynced.Start);
        logSynced.End.Should().BeLessThan(acknowledged.Start);
    }

    [Fact]
    public async Task InlineArtifact_IsSyncedBeforeItIsAcknowledged()
    {
        var calls = await TraceAsync();

        var begin = Acknowledgement(calls, "file");
        var acknowledged = Acknowledgement(calls, "inline");
        var between = calls.Where(call => call.Start > begin.End && call.End < acknowledged.Start).ToList();
        var lastWrite = between.Last(call => IsWrite(call) && IsLog(call));
        between.Should().Contain(call => IsSync(call) && IsLog(call) && call.Start > lastWrite.End);
    }

    private async Task<List<SystemCall>> TraceAsync()
    {
        SkipWithoutStrace();
        var trace = Path.Combine(_directory.Path, "trace");
        string[] strace =
        [
            "strace",
            "-f",
            "-y",
            "-o",
            trace,
            "-e",
            "trace=fsync,fdatasync,rename,renameat,renameat2,write,pwrite64,pwritev",
        ];
        var lines = await Child.RunCommandAsync([.. strace, .. Child.Command("sync", Path.Combine(_directory.Path, "store"))]);
        lines.Should().Equal("begin", "file", "inline");
        return SystemCalls.Parse(await File.ReadAllLinesAsync(trace, TestContext.Current.CancellationToken));
    }

    private static void SkipWithoutStrace()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "strace is a program of Linux.");
        var isThere = (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':')
            .Any(directory => File.Exists(Path.Combine(directory, "strace")));
        var isCI = Environment.GetEnvironmentVariable("CI") is "true";
        Assert.SkipUnless(isThere || isCI, "strace is not installed; .ci/run installs it.");
        isThere.Should().BeTrue("CI traces the order of syncs with strace");
    }

    private static bool IsSync(SystemCall call) => call.Name is "fsync" or "fdatasync";

    private static bool IsWrite(SystemCall call) => call.Name is "write" or "pwrite64" or "pwritev";

    private static bool IsLog(SystemCall call) => call.Text.Contains("/dossier.db-wal>", StringComparison.Ordinal);

    /// <summary>A directory <c>objects/sha256/ab</c>.</summary>
    private static bool IsShard(string text) =>
        text.Split('<', '>') is [_, var path, ..] && path.Split('/') is [.., "sha256", { Length: 2 }];

    private static SystemCall Acknowledgement(List<SystemCall> calls, string line) =>
        calls.Single(call => call.Name is "write" && call.Text.Contains($"\"{line}\\n\"", StringComparison.Ordinal));
}
