using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Dossier.Storage;

/// <summary>The few calls of Linux and macOS that .NET has no form for.</summary>
internal static partial class Unix
{
    public const int ReadOnly = 0;
    public const int ReadWrite = 2;
    public const int LockExclusively = 2;
    public const int WithoutWaiting = 4;
    public const int Unlock = 8;
    public const int Interrupted = 4; // EINTR

    public static readonly int WouldBlock = OperatingSystem.IsMacOS() ? 35 : 11; // EWOULDBLOCK

    private const int FullSync = 51; // F_FULLFSYNC of macOS
    private const int PermissionDenied = 13; // EACCES

    // O_CLOEXEC: a child process must not hold on to a lock.
    private static readonly int CloseOnExec = OperatingSystem.IsMacOS() ? 0x1000000 : 0x80000;

    /// <summary>Opens a file or directory that exists.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static SafeFileHandle Open(string path, int access)
    {
        int descriptor;
        while ((descriptor = open(path, access | CloseOnExec)) < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error == Interrupted)
                continue;
            var message = $"'{path}' could not be opened: {new Win32Exception(error).Message}.";
            throw error == PermissionDenied ? new UnauthorizedAccessException(message) : new IOException(message, error);
        }
        return new(descriptor, ownsHandle: true);
    }

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Lock(SafeFileHandle file, int operation);

    /// <summary>Syncs a file or directory. On macOS <c>fsync</c> leaves it in the cache of the disk; where a file system knows no more, that has to do.</summary>
    public static int Sync(SafeFileHandle file) => OperatingSystem.IsMacOS() && fcntl(file, FullSync) == 0 ? 0 : fsync(file);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int fsync(SafeFileHandle file);

    // Its third argument is variadic and not wanted for this; see open.
    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int fcntl(SafeFileHandle file, int command);

    // Its third argument is variadic and only wanted for creating; leaving it out keeps the call right on every ABI.
    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int open(string path, int flags);
}
