namespace Dossier.Storage;

/// <summary>Files and directories that only their user can read: 0600 and 0700 on Linux and macOS. On Windows they inherit the user's profile.</summary>
internal static class PrivateFiles
{
    private const UnixFileMode FileMode600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode DirectoryMode700 = FileMode600 | UnixFileMode.UserExecute;

    /// <summary>Creates a directory; false when it was there already, and then it keeps its permissions.</summary>
    public static bool CreateDirectory(string path)
    {
        if (Directory.Exists(path))
            return false;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, DirectoryMode700);
        return true;
    }

    /// <summary>Creates an empty file; false when it was there already.</summary>
    public static bool CreateIfMissing(string path)
    {
        if (File.Exists(path))
            return false;
        try
        {
            // On Windows whoever opens it at the same instant would be refused otherwise.
            using var file = new FileStream(path, Options(FileShare.ReadWrite | FileShare.Delete));
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false; // another process was quicker
        }
    }

    /// <summary>Creates a file that must not exist, to be written in large pieces.</summary>
    public static FileStream Create(string path) => new(path, Options(FileShare.Read));

    private static FileStreamOptions Options(FileShare share)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = share,
            BufferSize = 0,
            Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = FileMode600;
        return options;
    }
}
