using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Dossier.Storage;

/// <summary>Makes the names in a directory durable: a synced file whose name is not can be gone after a crash.</summary>
internal static class DirectorySync
{
    private const int InvalidArgument = 22; // EINVAL: this file system syncs no directories

    /// <summary>Waits until every name in the directory is on the disk. Does nothing on Windows, where NTFS keeps a journal of names.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public static void Flush(string directory)
    {
        if (OperatingSystem.IsWindows())
            return;
        using var handle = Unix.Open(directory, Unix.ReadOnly);
        while (Unix.Sync(handle) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error == InvalidArgument)
                return;
            if (error != Unix.Interrupted)
                throw new IOException($"The directory '{directory}' could not be synced: {new Win32Exception(error).Message}.", error);
        }
    }
}
