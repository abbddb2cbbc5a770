namespace Dossier.Storage;

/// <summary>The directory of a store, under the one name that all ways to it share.</summary>
internal static class LocalPath
{
    /// <summary>Creates the directory when it is missing, and resolves all symbolic links on the way to it.</summary>
    /// <exception cref="StorageException">The path is a file, or on a network file system.</exception>
    public static string Prepare(string path)
    {
        for (var part = Path.GetFullPath(path); part is not null; part = Path.GetDirectoryName(part))
        {
            if (File.Exists(part))
                throw StorageErrors.IsAFile(part);
        }
        PrivateFiles.CreateDirectory(path);
        var canonical = Resolve(path);
        if (new DriveInfo(canonical).DriveType is DriveType.Network)
            throw new StorageException(
                $"The store '{path}' would be on a network file system, where the locks of SQLite cannot be relied on. Use a path on a local disk."
            );
        return canonical;
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
