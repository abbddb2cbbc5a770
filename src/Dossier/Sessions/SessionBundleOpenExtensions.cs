using System.Diagnostics.CodeAnalysis;

namespace Dossier;

/// <summary>Opens the session of a bundle without importing it.</summary>
public static class SessionBundleOpenExtensions
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
        /// Opens the session of a bundle to be read. All of the bundle is verified first; nothing is imported, and what would write to the session
        /// throws a <see cref="BundleException"/>. The file has to stay as it is meanwhile.
        /// </summary>
        /// <param name="path">The file.</param>
        /// <param name="cancellationToken">Stops the opening.</param>
        /// <returns>The session; called on a derived type, one of that type.</returns>
        /// <exception cref="BundleException">It is not a bundle, cannot be opened, or is not as it was written, or of a newer version.</exception>
        /// <exception cref="NotFoundException">There is no such file.</exception>
        /// <exception cref="IOException">The file cannot be read.</exception>
#pragma warning disable CA1000 // called on the session's type, as Session.OpenAsync is
        public static async Task<T> OpenBundleAsync(string path, CancellationToken cancellationToken = default)
#pragma warning restore CA1000
        {
            var storage = await BundleStorage.OpenAsync(path, cancellationToken).ConfigureAwait(false);
            var store = new SessionStore(storage, ownsStorage: true);
            try
            {
                var options = new SessionOptions { SessionId = storage.SessionId, OpenMode = OpenMode.Open };
                var session = await store.OpenAsync<T>(options, cancellationToken).ConfigureAwait(false);
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
