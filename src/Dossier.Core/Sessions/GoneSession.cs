using Dossier.Storage;

namespace Dossier;

/// <summary>
/// What a session that is open says of itself once it was purged or erased. Nothing of it is found then, and so a read that finds nothing looks
/// whether it is still there; one that finds something costs no more for it.
/// </summary>
internal static class GoneSession
{
    /// <summary>That a session that was there is not any more.</summary>
    public static Task<NotFoundException> SessionGoneAsync(this IStorage storage, string id, CancellationToken cancellationToken) =>
        storage.NoSessionAsync(
            id,
            $"Session '{id}' is no longer in {storage.Location}: it was purged or erased. Open a new one with SessionStore.OpenAsync.",
            cancellationToken
        );

    /// <summary>Before a read that would find nothing of a session that is gone, and say that nothing was.</summary>
    /// <exception cref="NotFoundException">It is not there any more.</exception>
    public static async Task ThrowIfSessionGoneAsync(this IStorage storage, string id, CancellationToken cancellationToken)
    {
        if (await storage.Records.GetSessionAsync(id, cancellationToken).ConfigureAwait(false) is null)
            throw await storage.SessionGoneAsync(id, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What was found of a session; null when it has none and is there.</summary>
    /// <exception cref="NotFoundException">The session is not there any more.</exception>
    public static async ValueTask<T?> OfSessionAsync<T>(
        this ValueTask<T?> found,
        IStorage storage,
        string id,
        CancellationToken cancellationToken
    )
        where T : class
    {
        if (await found.ConfigureAwait(false) is { } record)
            return record;
        await storage.ThrowIfSessionGoneAsync(id, cancellationToken).ConfigureAwait(false);
        return null;
    }

    /// <summary>What the records of a session lead to; that it cannot be read says nothing of damage when the session is gone.</summary>
    /// <exception cref="NotFoundException">The session is not there any more.</exception>
    public static async Task<T> OfSessionAsync<T>(this Task<T> reading, IStorage storage, string id, CancellationToken cancellationToken)
    {
        try
        {
            return await reading.ConfigureAwait(false);
        }
        catch (DossierException)
        {
            await storage.ThrowIfSessionGoneAsync(id, cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>A page of a session's records; one that goes away while it is read ends with an empty page, too.</summary>
    /// <exception cref="NotFoundException">The session is not there any more.</exception>
    public static async ValueTask<RecordPage<T>> OfSessionAsync<T>(
        this ValueTask<RecordPage<T>> reading,
        IStorage storage,
        string id,
        CancellationToken cancellationToken
    )
    {
        var page = await reading.ConfigureAwait(false);
        if (page.Items.Count == 0)
            await storage.ThrowIfSessionGoneAsync(id, cancellationToken).ConfigureAwait(false);
        return page;
    }
}
