using Dossier.Storage;

namespace Dossier;

/// <summary>Sessions as one file: exported, and imported into another store.</summary>
public static class SessionBundleExtensions
{
    /// <summary>
    /// Writes the session as a bundle: one file with all that it recorded and all content, which another store imports. The same session makes
    /// the same bytes. Calls and steps that are under way, and what is in the trash, stay behind. Needs memory for the records, and none for the content.
    /// </summary>
    /// <param name="session">The session; nothing in it changes.</param>
    /// <param name="destination">Written to from its current position, and left open. It need not be one that can be sought in.</param>
    /// <param name="options">What the bundle is to hold; null for everything.</param>
    /// <param name="cancellationToken">Stops the export; what was written until then is no bundle.</param>
    /// <exception cref="NotFoundException">The session is in the trash.</exception>
    /// <exception cref="BundleException">The session is larger than a bundle may be: records of 2 GiB, a message of 256 MiB or about 2.5 million contents.</exception>
    /// <exception cref="StorageException">The store cannot be read, or content is missing or damaged; what was written is no bundle.</exception>
    public static Task ExportAsync(
        this Session session,
        Stream destination,
        ExportOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(destination);
        session.Responses.ThrowIfClosed();
        return BundleExport.WriteAsync(session.Store.Services.Storage, session.Id, destination, options ?? new(), cancellationToken);
    }

    /// <summary>The same to a file, which is there when it is whole. One that was there is replaced.</summary>
    /// <param name="session">The session; nothing in it changes.</param>
    /// <param name="path">The file; its directory is made when there is none.</param>
    /// <param name="options">What the bundle is to hold; null for everything.</param>
    /// <param name="cancellationToken">Stops the export; there is no file then.</param>
    /// <exception cref="NotFoundException">The session is in the trash.</exception>
    /// <exception cref="BundleException">
    /// The file cannot be written; or the session is larger than a bundle may be: records of 2 GiB, a message of 256 MiB or about 2.5 million contents.
    /// </exception>
    /// <exception cref="StorageException">The store cannot be read, or content is missing or damaged.</exception>
    public static Task ExportAsync(
        this Session session,
        string path,
        ExportOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentException.ThrowIfNullOrEmpty(path);
        session.Responses.ThrowIfClosed();
        options ??= new();
        return BundleFile.WriteAsync(
            path,
            options.Sync,
            file => BundleExport.WriteAsync(session.Store.Services.Storage, session.Id, file, options, cancellationToken)
        );
    }

    /// <summary>
    /// Imports the session of a bundle, under the id that it had, with the times, versions and costs that it had. All of the bundle is verified before anything is
    /// written, and the session is there whole or not at all. Of a store that is limited to an owner it becomes the owner's.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="bundle">
    /// Read from its current position to its end, and left open. One that cannot be sought in, or is not at its beginning, is put into a temporary file first.
    /// </param>
    /// <param name="options">Under which id; null for the one that it had.</param>
    /// <param name="cancellationToken">Stops the import, until the store has taken it.</param>
    /// <returns>The record of the session; open it by its id.</returns>
    /// <exception cref="ArgumentException">The id is not valid.</exception>
    /// <exception cref="BundleException">It is not a bundle, or not as it was written, or of a newer version, or without content.</exception>
    /// <exception cref="ConflictException">There is a session with the id already (guard <c>session.revision</c>), it cannot be had (guard <c>session.id</c>), or its session was erased (guard <c>session.erased</c>).</exception>
    /// <exception cref="OwnerScopeException">The store is limited to another owner than the session's.</exception>
    /// <exception cref="StorageException">The store could not be read or written.</exception>
    public static async Task<SessionInfo> ImportAsync(
        this SessionStore store,
        Stream bundle,
        ImportOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(bundle);
        await store.OpenStorageAsync(cancellationToken).ConfigureAwait(false);
        var (file, isOwn) = await BundleFile.OpenAsync(bundle, cancellationToken).ConfigureAwait(false);
        try
        {
            return await new BundleImport(store.Services, store.Owner, options ?? new())
                .ReadAsync(file, BundleFile.StreamName, cancellationToken)
                .ConfigureAwait(false);
        }
        finally
        {
            if (isOwn)
                await file.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The same from a file.</summary>
    /// <param name="store">The store.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">Under which id; null for the one that it had.</param>
    /// <param name="cancellationToken">Stops the import, until the store has taken it.</param>
    /// <returns>The record of the session; open it by its id.</returns>
    /// <exception cref="ArgumentException">The id is not valid.</exception>
    /// <exception cref="BundleException">It is not a bundle, cannot be opened, or is not as it was written, or of a newer version, or without content.</exception>
    /// <exception cref="ConflictException">There is a session with the id already (guard <c>session.revision</c>), it cannot be had (guard <c>session.id</c>), or its session was erased (guard <c>session.erased</c>).</exception>
    /// <exception cref="NotFoundException">There is no such file.</exception>
    /// <exception cref="OwnerScopeException">The store is limited to another owner than the session's.</exception>
    /// <exception cref="StorageException">The store could not be read or written.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static async Task<SessionInfo> ImportAsync(
        this SessionStore store,
        string path,
        ImportOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentException.ThrowIfNullOrEmpty(path);
        await store.OpenStorageAsync(cancellationToken).ConfigureAwait(false);
        var file = BundleFile.Open(path);
        await using (file.ConfigureAwait(false))
            return await new BundleImport(store.Services, store.Owner, options ?? new())
                .ReadAsync(file, path, cancellationToken)
                .ConfigureAwait(false);
    }
}
