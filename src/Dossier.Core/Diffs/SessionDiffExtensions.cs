namespace Dossier;

/// <summary>Comparisons of an open session.</summary>
public static class SessionDiffExtensions
{
    /// <summary>Compares the session with another one of its store, which is the second: steps, prompts, outputs, artifacts, and what their calls took.</summary>
    /// <param name="session">The first session.</param>
    /// <param name="other">The second, for example a fork of the first, or a replay of it.</param>
    /// <param name="cancellationToken">Stops the reads.</param>
    /// <inheritdoc cref="SessionStore.DiffAsync"/>
    public static Task<SessionDiff> DiffAsync(this Session session, Session other, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(other);
        session.Responses.ThrowIfClosed();
        return session.Store.DiffAsync(session.Id, other.Id, cancellationToken);
    }
}
