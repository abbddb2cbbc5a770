using System.Runtime.CompilerServices;

namespace Dossier;

/// <summary>Writes the calls of a session as a cassette, a text file from which tests are answered; docs/replay.md describes it.</summary>
public static class SessionCassetteExtensions
{
    /// <summary>
    /// Writes the calls of a session to a file, whole or not at all: what was asked, with which options, and what came back; no times and no ids, so
    /// that the same calls make the same file. Keys and tokens are masked as they were when they were recorded.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="path">The file; relative to the directory of the source file that calls this, or of the application where there is none.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="sourceFile">Filled in by the compiler.</param>
    /// <exception cref="CassetteException">It would be larger than 64 MiB, or of more than 1,000,000 messages.</exception>
    /// <exception cref="ReplaySourceException">The texts of the session are not kept.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static Task SaveCassetteAsync(
        this Session session,
        string path,
        CancellationToken cancellationToken = default,
        [CallerFilePath] string sourceFile = ""
    )
    {
        ArgumentNullException.ThrowIfNull(session);
        session.Responses.ThrowIfClosed();
        return CassetteFile.WriteAsync(session, CassetteFile.PathOf(path, sourceFile), cancellationToken);
    }

    /// <summary>The same to a stream, which is left open.</summary>
    /// <param name="session">The session.</param>
    /// <param name="stream">Written from its current position.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <inheritdoc cref="SaveCassetteAsync(Session, string, CancellationToken, string)" path="/exception"/>
    public static async Task SaveCassetteAsync(this Session session, Stream stream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(stream);
        session.Responses.ThrowIfClosed();
        var bytes = await CassetteFile.ToBytesAsync(session, "stream", cancellationToken).ConfigureAwait(false);
        await stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
    }
}
