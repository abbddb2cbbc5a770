using System.Diagnostics.CodeAnalysis;

namespace Dossier;

/// <summary>Opens a session in one line, with everything that it needs.</summary>
public static class SessionOpenExtensions
{
    extension<
        [DynamicallyAccessedMembers(
            DynamicallyAccessedMemberTypes.PublicConstructors | DynamicallyAccessedMemberTypes.NonPublicConstructors
        )]
            T
    >(T)
        where T : Session
    {
        /// <summary>
        /// Opens a session, or creates it: loads the configuration, opens the store (by default the local one in
        /// <c>./.dossier</c>), and reads the session's record. Without any configuration this works up to the first call
        /// that needs a key. The session closes its store when it is disposed; sessions on the same path share one.
        /// </summary>
        /// <param name="options">What the code decides; it wins over all configuration.</param>
        /// <param name="cancellationToken">Stops the opening.</param>
        /// <returns>The session; called on a derived type, one of that type.</returns>
        /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">The configuration is not valid; every failure is reported at once.</exception>
        /// <exception cref="NotFoundException"><see cref="OpenMode.Open"/>, and there is no such session.</exception>
        /// <exception cref="ConflictException"><see cref="OpenMode.Create"/>, and there is one already.</exception>
        /// <exception cref="StorageException">The store cannot be opened.</exception>
#pragma warning disable CA1000 // called on the session's type, which makes the extension the simplest call there is
        public static async Task<T> OpenAsync(SessionOptions? options = null, CancellationToken cancellationToken = default)
#pragma warning restore CA1000
        {
            var resolved = ConfigurationResolver.Resolve(ConfigurationSources.OfProcess(), options ?? new());
            var store = SessionStoreFactory.Create(resolved);
            try
            {
                var session = await store.OpenAsync<T>(cancellationToken: cancellationToken).ConfigureAwait(false);
                session.OwnsStore = true;
                return session;
            }
            catch
            {
                await store.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
    }
}
