namespace Dossier;

/// <summary>The files of cassettes.</summary>
internal static class CassetteFile
{
    // What a deterministic build calls the directory of the repository.
    private const string MappedRoot = "/_/";

    /// <summary>
    /// Where a cassette is: a relative path begins at the directory of the source file that names it, so that it is found from wherever tests run;
    /// where there is no such directory, at that of the application.
    /// </summary>
    public static string PathOf(string path, string? sourceFile)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return Path.GetFullPath(path, DirectoryOf(sourceFile));
    }

    /// <exception cref="CassetteException">It is no cassette.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static async Task<Cassette> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var stream = File.OpenRead(path);
        await using (stream.ConfigureAwait(false))
            return await ReadAsync(stream, path, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same from a stream, which is read from its current position to its end.</summary>
    public static async Task<Cassette> ReadAsync(Stream stream, string location, CancellationToken cancellationToken)
    {
        using var memory = new MemoryStream();
        var buffer = new byte[81_920];
        while (await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
        {
            memory.Write(buffer, 0, count);
            // One byte more says that it is too long.
            if (memory.Length > Cassette.MostBytes)
                break;
        }
        return CassetteParser.Parse(location, memory.GetBuffer().AsSpan(0, (int)memory.Length));
    }

    /// <summary>Writes the calls of a session: whole, or not at all.</summary>
    public static async Task WriteAsync(Session session, string path, CancellationToken cancellationToken)
    {
        var bytes = await ToBytesAsync(session, path, cancellationToken).ConfigureAwait(false);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var written = $"{path}.{Identifiers.NewRecordId(session.Services.Time.GetUtcNow())}.new";
        try
        {
            await File.WriteAllBytesAsync(written, bytes, cancellationToken).ConfigureAwait(false);
            File.Move(written, path, overwrite: true);
        }
        finally
        {
            File.Delete(written); // which is no error where it was moved
        }
    }

    public static Task<byte[]> ToBytesAsync(Session session, string location, CancellationToken cancellationToken) =>
        new CassetteRecorder(session.Services, session.Id, session.Services.Options.Cassette?.Replayed?.Name, location).WriteAsync(
            cancellationToken
        );

    private static string DirectoryOf(string? sourceFile)
    {
        var directory = Path.GetDirectoryName(sourceFile);
        if (Path.IsPathFullyQualified(directory ?? "") && Directory.Exists(directory))
            return directory!;
        var mapped = directory?.Replace('\\', '/');
        if (mapped?.StartsWith(MappedRoot, StringComparison.Ordinal) == true)
            for (var root = new DirectoryInfo(AppContext.BaseDirectory); root is not null; root = root.Parent)
                if (Path.Combine(root.FullName, mapped[MappedRoot.Length..]) is var place && Directory.Exists(place))
                    return place;
        return AppContext.BaseDirectory;
    }
}
