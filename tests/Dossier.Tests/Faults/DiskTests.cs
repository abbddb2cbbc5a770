namespace Dossier.Tests.Faults;

/// <summary>Disks that are full or cannot be written: real ones, mounted for a child process alone.</summary>
public sealed class DiskTests : IDisposable
{
    private const string SmallDisk =
        "mount -t tmpfs -o size=3m,mode=0700 tmpfs \"$0\" && head -c 1000000 /dev/zero >\"$0/ballast\" && exec \"$@\"";
    private const string ReadOnly = "mount --bind \"$0\" \"$0\" && mount -o remount,ro,bind \"$0\" && exec \"$@\"";

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task FullDisk_FailsWritesAndLeavesTheRestReadable()
    {
        await SkipWithoutMountsAsync();

        var lines = await RunWithMountAsync(
            SmallDisk,
            Child.Command("fill", Path.Combine(_directory.Path, "store"), Path.Combine(_directory.Path, "ballast"))
        );

        lines.Should().HaveCount(4);
        lines[0].Should().StartWith("inline: ").And.Contain("is full, and nothing of this write was kept");
        lines[1].Should().StartWith("file: ").And.Contain("is full, and nothing of this write was kept");
        lines[2].Should().MatchRegex(@"^readable: (\d{2,}) of \1$");
        lines[3].Should().Be("after: done");
    }

    [Fact]
    public async Task ReadOnlyDirectory_IsRefusedAndTheStoreStaysAsItWas()
    {
        await SkipWithoutMountsAsync();
        await using (var session = await OpenAsync())
            await session.StoreArtifactAsync("a", "text", cancellationToken: Token);

        var lines = await RunWithMountAsync(ReadOnly, Child.Command("open", _directory.Path));

        lines.Should().ContainSingle().Which.Should().StartWith("open: ").And.Contain(_directory.Path).And.Contain("cannot be written");
        await using var reopened = await OpenAsync();
        (await (await reopened.FindArtifactAsync("a", cancellationToken: Token))!.ReadTextAsync(Token)).Should().Be("text");
    }

    private Task<Session> OpenAsync() => Session.OpenAsync(new() { StoragePath = _directory.Path, SessionId = "s" }, Token);

    private Task<string[]> RunWithMountAsync(string script, string[] command) =>
        // A user namespace of its own lets anybody mount, and nobody else sees it.
        Child.RunCommandAsync(["unshare", "-U", "-r", "-m", "sh", "-c", script, _directory.Path, .. command]);

    private static async Task SkipWithoutMountsAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux lets a process mount a disk for itself.");
        using var directory = new TemporaryDirectory();
        using var attempt = Child.Start(["sh", "-c", $"unshare -U -r -m mount -t tmpfs tmpfs {directory.Path}"]);
        await attempt.WaitForExitAsync(Token);
        var isCI = Environment.GetEnvironmentVariable("CI") is "true";
        Assert.SkipUnless(attempt.ExitCode == 0 || isCI, "This machine lets no user mount a disk in a namespace of its own.");
        attempt.ExitCode.Should().Be(0, "CI fills a disk of its own");
    }
}
