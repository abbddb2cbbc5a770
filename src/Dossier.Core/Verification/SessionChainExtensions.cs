using Dossier.Storage;

namespace Dossier;

/// <summary>What shows later that a session's records are still what they were.</summary>
public static class SessionChainExtensions
{
    /// <summary>
    /// Reads the end of the chain of the session's artifacts and ended responses as they are stored now. Note it where whoever can write to the
    /// store cannot (a log, a ticket, a commit), and give it to <see cref="VerifyOptions.ChainHeads"/> later.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <returns>Null where the storage keeps no chain, as in memory.</returns>
    /// <exception cref="NotFoundException">The session was purged or erased.</exception>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    /// <exception cref="StorageException">The store cannot be read.</exception>
    public static async Task<ChainHead?> GetChainHeadAsync(this Session session, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        session.Responses.ThrowIfClosed();
        var storage = session.Services.Storage;
        await storage.ThrowIfSessionGoneAsync(session.Id, cancellationToken).ConfigureAwait(false);
        return await storage.Records.GetChainHeadAsync(session.Id, cancellationToken).ConfigureAwait(false);
    }
}
