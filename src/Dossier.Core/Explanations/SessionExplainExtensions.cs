using Dossier.Storage;

namespace Dossier;

/// <summary>Where artifacts came from, and where they went.</summary>
public static class SessionExplainExtensions
{
    /// <summary>
    /// Explains where an artifact came from: the steps, the calls with every attempt and why it was made, the prompts, the models and
    /// prices, the artifacts that were sent or read, and what made those. Costs a few look-ups for each of them, however large the session is.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="artifact">One of its artifacts.</param>
    /// <param name="options">How far to go, and how much text to show; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <exception cref="ArgumentException">The artifact is of another session, or an option is out of its bounds.</exception>
    /// <exception cref="NotFoundException">The artifact was purged, or its session was purged or erased.</exception>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    /// <exception cref="StorageException">The store cannot be read.</exception>
    public static Task<Explanation> ExplainAsync(
        this Session session,
        Artifact artifact,
        ExplainOptions? options = null,
        CancellationToken cancellationToken = default
    ) =>
        ReadAsync(
            session,
            artifact,
            options,
            static (reader, info, record, token) => reader.ReadOriginAsync(info, record, token),
            cancellationToken
        );

    /// <summary>
    /// Explains what was made with an artifact: the calls that it was sent with, the steps that were given it or read it, their results, and
    /// what was made with those, within its session. Reads the records of all of the session, and no content but the prompts that it shows.
    /// </summary>
    /// <inheritdoc cref="ExplainAsync"/>
    public static Task<Explanation> ImpactAsync(
        this Session session,
        Artifact artifact,
        ExplainOptions? options = null,
        CancellationToken cancellationToken = default
    ) =>
        ReadAsync(
            session,
            artifact,
            options,
            static (reader, info, record, token) => reader.ReadImpactAsync(info, record, token),
            cancellationToken
        );

    private static async Task<Explanation> ReadAsync(
        Session session,
        Artifact artifact,
        ExplainOptions? options,
        Func<ExplanationReader, SessionInfo, ArtifactRecord, CancellationToken, Task<Explanation>> read,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(artifact);
        options ??= new();
        options.Check(nameof(options));
        if (!string.Equals(artifact.SessionId, session.Id, StringComparison.Ordinal))
            throw new ArgumentException(
                $"Artifact '{artifact.Name}' v{artifact.Version} is of session '{artifact.SessionId}', not of '{session.Id}'; open that one to explain it.",
                nameof(artifact)
            );
        session.Responses.ThrowIfClosed();
        var storage = session.Services.Storage;
        // As it is now: it may have gone to the trash, or for good.
        var record =
            await storage.Records.GetArtifactAsync(session.Id, artifact.Id, cancellationToken).ConfigureAwait(false)
            ?? throw await storage
                .NoSessionAsync(
                    session.Id,
                    $"Session '{session.Id}' has no artifact '{artifact.Name}' v{artifact.Version} any more: it was purged.",
                    cancellationToken
                )
                .ConfigureAwait(false);
        return await read(new(storage, options), session.Info, record, cancellationToken).ConfigureAwait(false);
    }
}
