using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Dossier.Storage;

namespace Dossier;

/// <summary>Opens a session that is answered from a cassette, or records one.</summary>
public static class SessionCassetteOpenExtensions
{
    extension<
        [DynamicallyAccessedMembers(
            DynamicallyAccessedMemberTypes.PublicConstructors | DynamicallyAccessedMemberTypes.NonPublicConstructors
        )]
            T
    >(T)
        where T : Session
    {
#pragma warning disable CA1000 // called on the session's type, as Session.OpenAsync is
        /// <summary>
        /// Opens a new session whose calls are answered from a cassette: no network is touched and no key is needed, and a request that it does not
        /// have throws <see cref="ReplayMissException"/>. Where there is no cassette yet, the calls go out, and it is written when the session is disposed: when
        /// every call was answered or the session was completed, and not when it failed. All else is kept in memory, unless the options
        /// say where.
        /// </summary>
        /// <param name="path">The file; relative to the directory of the source file that calls this, or of the application where there is none.</param>
        /// <param name="options">What the code decides.</param>
        /// <param name="mode">Whether it is replayed or recorded; the environment decides between <see cref="CassetteMode.Auto"/>'s two.</param>
        /// <param name="cancellationToken">Stops the opening.</param>
        /// <param name="sourceFile">Filled in by the compiler.</param>
        /// <returns>The session; called on a derived type, one of that type.</returns>
        /// <exception cref="CassetteException">The file is no cassette, or one of a newer version.</exception>
        /// <exception cref="NotFoundException">It is to be replayed, and is not there.</exception>
        /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">The configuration is not valid, or <c>DOSSIER_CASSETTES</c> is not.</exception>
        /// <exception cref="ArgumentException">The options name a session to replay.</exception>
        /// <exception cref="IOException">The file cannot be read.</exception>
        public static async Task<T> OpenCassetteAsync(
            string path,
            SessionOptions? options = null,
            CassetteMode mode = CassetteMode.Auto,
            CancellationToken cancellationToken = default,
            [CallerFilePath] string sourceFile = ""
        )
        {
            var file = CassetteFile.PathOf(path, sourceFile);
            var isRecorded = CassetteChoice.IsRecorded(mode, file, File.Exists(file), ConfigurationSources.OfProcess().Environment);
            var cassette = isRecorded ? null : await CassetteFile.ReadAsync(file, cancellationToken).ConfigureAwait(false);
            return await OpenAsync<T>(new(cassette, isRecorded ? file : null), options, cancellationToken).ConfigureAwait(false);
        }

        /// <summary>The same from a stream, which is always replayed.</summary>
        /// <param name="cassette">Read from its current position to its end, and left open.</param>
        /// <param name="options">What the code decides.</param>
        /// <param name="cancellationToken">Stops the opening.</param>
        /// <exception cref="CassetteException">It is no cassette, or one of a newer version.</exception>
        /// <exception cref="ArgumentException">The options name a session to replay.</exception>
        public static async Task<T> OpenCassetteAsync(
            Stream cassette,
            SessionOptions? options = null,
            CancellationToken cancellationToken = default
        )
        {
            ArgumentNullException.ThrowIfNull(cassette);
            var read = await CassetteFile.ReadAsync(cassette, "stream", cancellationToken).ConfigureAwait(false);
            return await OpenAsync<T>(new(read, null), options, cancellationToken).ConfigureAwait(false);
        }
#pragma warning restore CA1000
    }

    private static Task<T> OpenAsync<
        [DynamicallyAccessedMembers(
            DynamicallyAccessedMemberTypes.PublicConstructors | DynamicallyAccessedMemberTypes.NonPublicConstructors
        )]
            T
    >(CassetteUse use, SessionOptions? options, CancellationToken cancellationToken)
        where T : Session
    {
        options = options?.Copy() ?? new();
        if (options.ReplayFrom is not null || options.Replay is not null)
            throw new ArgumentException(
                "A session is answered from a cassette or from another session, not from both. Leave SessionOptions.ReplayFrom and SessionOptions.Replay out.",
                nameof(options)
            );
        options.Cassette = use;
        options.KeepVectors = true;
        if (options.Storage is null && options.StoragePath is null)
            options.Storage = new MemoryStorage(options.TimeProvider ?? TimeProvider.System);
        return SessionOpenExtensions.OpenAsync<T>(options, cancellationToken);
    }
}
