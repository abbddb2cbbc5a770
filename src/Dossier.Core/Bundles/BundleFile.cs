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
