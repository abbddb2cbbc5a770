using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Dossier.Storage;

/// <summary>
/// An exclusive lock on a file, held against every other process on the machine and waited for in a queue of the operating
/// system: flock(2) on Linux and macOS, LockFileEx on Windows. A process that dies lets go of it.
/// </summary>
internal sealed partial class FileLock : IDisposable
{
    private readonly SafeFileHandle _handle;

    /// <exception cref="IOException">The file cannot be created or opened.</exception>
    /// <exception cref="UnauthorizedAccessException">Permission is missing.</exception>
    public FileLock(string path)
    {
        PrivateFiles.CreateIfMissing(path);
        _handle = OperatingSystem.IsWindows()
            ? File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite)
            // .NET's own way of opening would take a lock of the same kind on the file.
            : Unix.Open(path, Unix.ReadWrite);
    }

    /// <summary>Waits for the lock, however long that takes.</summary>
    public void Enter()
    {
        if (OperatingSystem.IsWindows())
        {
            var range = default(Overlapped);
            if (!LockFileEx(_handle, LockExclusively, 0, 1, 0, ref range))
                throw Failure(Marshal.GetLastPInvokeError());
            return;
        }
        while (Unix.Lock(_handle, Unix.LockExclusively) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error != Unix.Interrupted)
                throw Failure(error);
        }
    }

    /// <summary>Takes the lock when nobody has it; false when somebody does.</summary>
    public bool TryEnter()
    {
        if (OperatingSystem.IsWindows())
        {
            var range = default(Overlapped);
            if (LockFileEx(_handle, LockExclusively | FailImmediately, 0, 1, 0, ref range))
                return true;
            var failure = Marshal.GetLastPInvokeError();
            return failure == LockViolation ? false : throw Failure(failure);
        }
        while (Unix.Lock(_handle, Unix.LockExclusively | Unix.WithoutWaiting) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error == Unix.WouldBlock)
                return false;
            if (error != Unix.Interrupted)
                throw Failure(error);
        }
        return true;
    }

    public void Exit()
    {
        if (OperatingSystem.IsWindows())
        {
            var range = default(Overlapped);
            UnlockFileEx(_handle, 0, 1, 0, ref range);
        }
        else
            _ = Unix.Lock(_handle, Unix.Unlock);
    }

    /// <summary>Lets go of the lock, too.</summary>
    public void Dispose()
    {
        // Closing would leave it to a child process that another thread starts just now: it has a copy of the handle until it runs its program.
        if (!_handle.IsClosed)
            Exit();
        _handle.Dispose();
    }

    private static IOException Failure(int error) =>
        new($"The store's lock file could not be locked: {new Win32Exception(error).Message}.", error);

    private const uint LockExclusively = 2; // LOCKFILE_EXCLUSIVE_LOCK, and waiting
    private const uint FailImmediately = 1; // LOCKFILE_FAIL_IMMEDIATELY
    private const int LockViolation = 33; // ERROR_LOCK_VIOLATION

    /// <summary>OVERLAPPED: here only the place of the locked range, which is 0.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Overlapped
    {
        public nint Internal;
        public nint InternalHigh;
        public uint Offset;
        public uint OffsetHigh;
        public nint Event;
    }

    [LibraryImport("kernel32", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool LockFileEx(SafeFileHandle file, uint flags, uint reserved, uint low, uint high, ref Overlapped range);

    [LibraryImport("kernel32", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool UnlockFileEx(SafeFileHandle file, uint reserved, uint low, uint high, ref Overlapped range);
}

/// <summary>
/// The turn to write. Whoever holds <c>write</c> writes; whoever holds <c>gate</c> is next. With one lock alone, a process
/// that writes without pause would take it again before those that wait have woken up.
/// </summary>
internal sealed class WriteTurn(string directory) : IDisposable
{
    /// <summary>How long anything is kept waiting for the turn of another process: as long as for SQLite's own locks.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly FileLock _gate = new(Path.Combine(directory, "gate.lock"));
    private readonly FileLock _write = new(Path.Combine(directory, "write.lock"));

    public void Enter()
    {
        _gate.Enter();
        try
        {
            _write.Enter();
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>
    /// The same for no longer than <see cref="Patience"/>. The operating system's queue cannot be left: when this throws, a thread stays
    /// in it until it is through, and disposing this lets go of what it gets there.
    /// </summary>
    /// <exception cref="TimeoutException">Another process kept the turn for too long.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled while it waited.</exception>
    public void Enter(TimeProvider time, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (TryEnter())
            return;
        var entering = Task.Factory.StartNew(Enter, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _ = entering.ContinueWith(static it => it.Exception, TaskScheduler.Default); // of a handle that was closed meanwhile
        entering.WaitAsync(Patience, time, cancellationToken).GetAwaiter().GetResult();
    }

    public void Exit() => _write.Exit();

    public void Dispose()
    {
        _gate.Dispose();
        _write.Dispose();
    }

    /// <summary>Takes the turn when nobody has it or waits for it.</summary>
    private bool TryEnter()
    {
        if (!_gate.TryEnter())
            return false;
        try
        {
            return _write.TryEnter();
        }
        finally
        {
            _gate.Exit();
        }
    }
}
