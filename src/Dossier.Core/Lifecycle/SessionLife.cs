using Dossier.Storage;

namespace Dossier;

/// <summary>Moves whole sessions to the trash and back.</summary>
internal static class SessionLife
{
    /// <summary>Harmless when it is there already.</summary>
    /// <returns>Whether it was not.</returns>
    /// <param name="services">The store.</param>
    /// <param name="id">The session.</param>
    /// <param name="unlessUpdatedSince">Leaves it alone when it was written to at this time or later; null looks at nothing.</param>
    /// <param name="cancellationToken">Stops the write, until the store has taken it.</param>
    /// <returns>Whether it was moved now.</returns>
    public static async Task<bool> DeleteSessionAsync(
        this StoreServices services,
        string id,
        DateTimeOffset? unlessUpdatedSince,
        CancellationToken cancellationToken
    )
    {
        var now = services.Time.GetRecordTime();
        return await ChangeAsync(
                services,
                id,
                info => info.TrashedAt is null && !(info.UpdatedAt >= unlessUpdatedSince) ? info with { TrashedAt = now } : info,
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    /// <summary>Harmless when it is not there.</summary>
    public static Task RestoreSessionAsync(this StoreServices services, string id, CancellationToken cancellationToken) =>
        ChangeAsync(services, id, info => info with { TrashedAt = null }, cancellationToken);

    private static async Task<bool> ChangeAsync(
        StoreServices services,
        string id,
        Func<SessionInfo, SessionInfo> change,
        CancellationToken cancellationToken
    )
    {
        Identifiers.CheckSessionId(id, nameof(id));
        var isChanged = false;
        var info = await SessionOpening
            .UpdateAsync(
                services,
                id,
                createdAt: null,
                current =>
                {
                    var changed = change(current);
                    isChanged = changed != current;
                    return changed;
                },
                cancellationToken
            )
            .ConfigureAwait(false);
        if (isChanged)
            Log.SessionTrashed(services.Logger, id, info.TrashedAt is not null);
        return isChanged;
    }
}
