namespace Dossier;

/// <summary>Opens bundles so that they can be sought in: they are read once to be verified, and once more when they are known to be whole.</summary>
internal static class BundleFile
{
    /// <summary>What messages call a bundle that is not a file.</summary>
    public const string StreamName = "stream";

    public static FileStream Open(string path)
    {
        try
        {
            return new(
                path,
                new FileStreamOptions
                {
                    Mode = FileMode.Open,
                    Access = FileAccess.Read,
                    Share = FileShare.Read,
                    Options = FileOptions.Asynchronous,
                    BufferSize = 0,
                }
            );
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new NotFoundException($"There is no bundle '{path}'. Look at the path, or write one there with Session.ExportAsync.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BundleException(
                path,
                null,
                Directory.Exists(path)
                    ? $"'{path}' is a directory, not a bundle. Name the file in it."
                    : $"Bundle '{path}' cannot be opened: {e.Message} Give this process the right to read it, or name another file.",
                e
            );
        }
    }

    /// <summary>Writes a file that is there when it is whole and has reached the disk, readable by its user alone; or there is the one that was there before.</summary>
    /// <param name="path">The file; its directory is made when there is none.</param>
    /// <param name="sync">Makes the names in a directory durable.</param>
    /// <param name="writeAsync">Writes what is in it.</param>
    /// <exception cref="BundleException">The file cannot be written.</exception>
    public static async Task WriteAsync(string path, Action<string> sync, Func<Stream, Task> writeAsync)
    {
        if (Directory.Exists(path) || Path.EndsInDirectorySeparator(path))
            throw new BundleException(
                path,
                null,
                $"'{path}' is a directory, and no bundle was written. Name a file in it, such as '{Path.Combine(path, "session.zip")}'."
            );
        var whole = Path.GetFullPath(path);
        var written = $"{whole}.{Path.GetRandomFileName()}.tmp";
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Options = FileOptions.Asynchronous,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            var directory = Path.GetDirectoryName(whole)!;
            Directory.CreateDirectory(directory);
            try
            {
                var file = new FileStream(written, options);
                await using (file.ConfigureAwait(false))
                {
                    await writeAsync(file).ConfigureAwait(false);
                    // Whoever erases the session next has to have it here, and under its name.
                    file.Flush(flushToDisk: true);
                }
                File.Move(written, whole, overwrite: true);
                sync(directory);
            }
            catch
            {
                File.Delete(written);
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var problem = e.Message.Replace(written, whole, StringComparison.Ordinal);
            throw new BundleException(
                path,
                null,
                $"Bundle '{path}' cannot be written: {problem} Make room or give this process the right to write there, or name another file.",
                e
            );
        }
    }

    /// <summary>The bundle in a stream, from its current position to its end; in a temporary file, where the stream is not to be sought in.</summary>
    public static async Task<(Stream File, bool IsOwn)> OpenAsync(Stream bundle, CancellationToken cancellationToken)
    {
        if (bundle is { CanSeek: true, Position: 0 })
            return (bundle, false);
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new FileStream(Path.Combine(Path.GetTempPath(), $"dossier-{Path.GetRandomFileName()}.bundle"), options);
        try
        {
            await bundle.CopyToAsync(file, cancellationToken).ConfigureAwait(false);
            return (file, true);
        }
        catch
        {
            await file.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
