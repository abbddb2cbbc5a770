namespace Dossier;

/// <summary>What went wrong in a session.</summary>
public static class SessionErrorExtensions
{
    /// <summary>
    /// Reports what went wrong in a session: failures by kind, model and step, what became of them, and what was lost. Reads the records of all
    /// responses and steps, and no content.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <exception cref="NotFoundException">The session was purged or erased.</exception>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    /// <exception cref="StorageException">The store cannot be read.</exception>
    public static async Task<ErrorReport> GetErrorReportAsync(this Session session, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        session.Responses.ThrowIfClosed();
        await session.Services.Storage.ThrowIfSessionGoneAsync(session.Id, cancellationToken).ConfigureAwait(false);
        return await ErrorReportBuilder.BuildAsync(session.Services, session.Id, cancellationToken).ConfigureAwait(false);
    }
}
