namespace Dossier.Storage;

/// <summary>The directory of a store, under the one name that all ways to it share.</summary>
internal static class LocalPath
{
    /// <summary>Creates the directory when it is missing, and resolves all symbolic links on the way to it.</summary>
    /// <exception cref="StorageException">The path is a file or cannot be written, or is on a network file system.</exception>
    public static string Prepare(string path, Durability durability) =>
        Prepare(path, durability, static canonical => new DriveInfo(canonical).DriveType);

    /// <inheritdoc cref="Prepare(string, Durability)"/>
    /// <param name="driveTypeOf">Tells what kind of drive a full path is on.</param>
    internal static string Prepare(string path, Durability durability, Func<string, DriveType> driveTypeOf)
    {
        try
        {
            RefuseShare(Path.GetFullPath(path));
            Create(Path.GetFullPath(path), durability);
            var canonical = Resolve(path);
            RefuseShare(canonical);
            if (driveTypeOf(canonical) is DriveType.Network)
                throw StorageErrors.OnANetwork(path);
            return canonical;
        }
        catch (Exception exception) when (StorageErrors.IsFileSystem(exception))
        {
            throw StorageErrors.FileSystem(path, exception);
        }
    }

    /// <summary>Whether a full path of Windows begins with a server or a device instead of a drive: <c>\\server\share</c>, <c>\\?\UNC\server\share</c>.</summary>
    public static bool IsWithoutDrive(string fullPath) => fullPath.StartsWith(@"\\", StringComparison.Ordinal);

    private static void RefuseShare(string fullPath)
    {
        if (OperatingSystem.IsWindows() && IsWithoutDrive(fullPath)) // DriveInfo takes none of these
            throw StorageErrors.OnANetwork(fullPath);
    }

    private static void Create(string path, Durability durability)
    {
        var missing = new List<string>();
        for (var part = path; part is not null; part = Path.GetDirectoryName(part))
        {
            if (File.Exists(part))
                throw StorageErrors.IsAFile(part);
            if (!Directory.Exists(part))
                missing.Add(part);
        }
        PrivateFiles.CreateDirectory(path);
        if (durability is Durability.Full)
            foreach (var part in missing)
                DirectorySync.Flush(Path.GetDirectoryName(part)!);
    }

    private static string Resolve(string path)
    {
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Path.GetDirectoryName(path) is not { } parent)
            return path;
        path = Path.Combine(Resolve(parent), Path.GetFileName(path));
        return new DirectoryInfo(path).ResolveLinkTarget(returnFinalTarget: true) is { } target ? Resolve(target.FullName) : path;
    }
}
