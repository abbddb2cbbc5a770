namespace Dossier;

/// <summary>Forks of an open session.</summary>
public static class SessionForkExtensions
{
    /// <summary>
    /// Forks the session and opens the fork, with the options of this one: a new session of the same owner that begins with everything that this one
    /// had recorded up to a point, and goes its own way from there. Content is shared and not copied, and nothing that is inherited counts
    /// again. Where the store was opened for this session alone, dispose the fork first.
    /// </summary>
    /// <param name="session">The session; nothing in it changes.</param>
    /// <param name="options">Where it is forked, and what the fork is called; null for now, under a new id.</param>
    /// <param name="cancellationToken">Stops the fork, until the store has taken it.</param>
    /// <exception cref="ArgumentException">The id is not valid, or the point is one of another session.</exception>
    /// <exception cref="NotFoundException">The session has no such response or step, or is in the trash.</exception>
    /// <exception cref="InvalidOperationException">The response has not ended, or the step has no result.</exception>
    /// <exception cref="ConflictException">There is a session with the id already (guard <c>session.revision</c>).</exception>
    /// <exception cref="StorageException">The store could not be read or written; there is no fork.</exception>
    public static async Task<Session> ForkAsync(
        this Session session,
        ForkOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(session);
        session.Responses.ThrowIfClosed();
        var info = await session.Store.ForkAsync(session.Id, options, cancellationToken).ConfigureAwait(false);
        var context = session.Context;
        // Clients that are this session's own are disposed with it.
        var services = ReferenceEquals(context.Services, session.Store.Services)
            ? context.Services
            : session.Store.Services.With(context.Options);
        return new Session(new(session.Store, info, context.Options, services, isNew: false) { Replay = context.Replay });
    }
}
