using System.Globalization;
using System.Runtime.InteropServices;
using Dossier.Storage;
using Microsoft.Win32.SafeHandles;

namespace Dossier.Tests.Storage;

public sealed class FileLockTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Path => System.IO.Path.Combine(_directory.Path, "some.lock");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void DisposedLock_IsFree_EvenWhileAChildThatIsBeingStartedHasACopyOfItsHandle()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux lists the open files of a process.");
        var first = new FileLock(Path);
        first.TryEnter().Should().BeTrue();
        // As fork(2) copies it.
        using var copy = new SafeFileHandle(dup(DescriptorOf(Path)), ownsHandle: true);

        first.Dispose();

        using var second = new FileLock(Path);
        second.TryEnter().Should().BeTrue();
    }

    [Fact]
    public void Lock_IsTakenByOneAtATime()
    {
        using var first = new FileLock(Path);
        using var second = new FileLock(Path);
        first.TryEnter().Should().BeTrue();

        second.TryEnter().Should().BeFalse();

        first.Exit();
        second.TryEnter().Should().BeTrue();
    }

    private static int DescriptorOf(string path) =>
        Directory
            .EnumerateFileSystemEntries("/proc/self/fd")
            .Where(entry => TargetOf(entry) == path)
            .Select(entry => int.Parse(System.IO.Path.GetFileName(entry), CultureInfo.InvariantCulture))
            .Single();

    private static string? TargetOf(string descriptor)
    {
        try
        {
            return File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.FullName;
        }
        catch (FileNotFoundException)
        {
            return null; // closed since the directory was read
        }
    }

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int dup(int descriptor);
}
