using System.Diagnostics.CodeAnalysis;
using Dossier.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Dossier;

/// <summary>Goes on from <c>AddDossier()</c>. Used while a host is set up; not thread-safe.</summary>
public sealed class DossierBuilder
{
    /// <summary>
    /// The key of the <see cref="SessionStore"/> that sees what belongs to all owners, whatever <see cref="UseOwner(string)"/> says: for maintenance such as
    /// a purge. <c>[FromKeyedServices(DossierBuilder.WholeStore)]</c>.
    /// </summary>
    public const string WholeStore = "Dossier.WholeStore";

    internal DossierBuilder(IServiceCollection services) => Services = services;

    /// <summary>The services that Dossier was added to.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Sets options in code; they win over all configuration. Called several times, the later calls run later.</summary>
    /// <param name="configure">Sets what is to be set; runs once, when the store is made.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="configure"/> is null.</exception>
    public DossierBuilder Configure(Action<SessionOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        Services.Configure(Setting.Section, configure);
        return this;
    }

    /// <summary>Keeps everything in a storage of your own instead of in <see cref="SessionOptions.StoragePath"/>.</summary>
    /// <param name="storage">The storage; the caller disposes it, after the host. The last one that was given counts.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="storage"/> is null.</exception>
    public DossierBuilder UseStorage(IStorage storage)
    {
        ArgumentNullException.ThrowIfNull(storage);
        Services.AddSingleton(storage);
        return UseRegisteredStorage();
    }

    /// <summary>Keeps everything in a storage of your own instead of in <see cref="SessionOptions.StoragePath"/>.</summary>
    /// <param name="factory">Makes the storage, once; the service provider disposes it. The last one that was given counts.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="factory"/> is null.</exception>
    public DossierBuilder UseStorage(Func<IServiceProvider, IStorage> factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        Services.AddSingleton(factory);
        return UseRegisteredStorage();
    }

    /// <summary>Limits the registered <see cref="SessionStore"/> to one owner: see <see cref="SessionStore.ForOwner"/>.</summary>
    /// <param name="owner">The owner, for example the only tenant that this process serves.</param>
    /// <returns>This builder. The last owner that was given counts.</returns>
    /// <exception cref="ArgumentException"><paramref name="owner"/> is null or empty.</exception>
    public DossierBuilder UseOwner(string owner)
    {
        ArgumentException.ThrowIfNullOrEmpty(owner);
        Services.RemoveAll<SessionStore>();
        Services.AddSingleton(services => services.GetRequiredKeyedService<SessionStore>(WholeStore).ForOwner(owner));
        return this;
    }

    /// <summary>
    /// Limits the <see cref="SessionStore"/> of each scope (in a web application: of each request) to the owner of that scope: see
    /// <see cref="SessionStore.ForOwner"/>. It is a scoped service from then on, so that a singleton cannot be given it by mistake.
    /// </summary>
    /// <param name="owner">
    /// Says who it is, once for each scope in which the store is used. Null or empty, as for a request without a user, makes asking for the
    /// store an <see cref="InvalidOperationException"/>: without an owner nothing is shown, never everything.
    /// </param>
    /// <returns>This builder. The last owner that was given counts.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="owner"/> is null.</exception>
    public DossierBuilder UseOwner(Func<IServiceProvider, string?> owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        Services.RemoveAll<SessionStore>();
        Services.AddScoped(services =>
            services
                .GetRequiredKeyedService<SessionStore>(WholeStore)
                .ForOwner(
                    owner(services) is { Length: > 0 } known
                        ? known
                        : throw new InvalidOperationException(
                            "UseOwner says no owner for this scope, and without one there is no SessionStore. Ask for it only where the user is known, or for the whole one with the key DossierBuilder.WholeStore."
                        )
                )
        );
        return this;
    }

    /// <summary>Has a redactor of your own look at every text before it is stored, logged or exported; after those that were given before.</summary>
    /// <param name="redactor">The redactor; it is used from several threads at the same time.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="redactor"/> is null.</exception>
    public DossierBuilder UseRedactor(IRedactor redactor)
    {
        ArgumentNullException.ThrowIfNull(redactor);
        return Configure(options => options.Redactors.Add(redactor));
    }

    /// <summary>The same for a redactor that the service provider makes, once, with what its constructor asks for.</summary>
    /// <typeparam name="T">The redactor; where it is not registered, it is registered as a singleton.</typeparam>
    /// <returns>This builder.</returns>
    public DossierBuilder UseRedactor<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>()
        where T : class, IRedactor
    {
        Services.TryAddSingleton<T>();
        Services
            .AddOptions<SessionOptions>(Setting.Section)
            .Configure<IServiceProvider>((options, services) => options.Redactors.Add(services.GetRequiredService<T>()));
        return this;
    }

    /// <summary>
    /// Adds a <see cref="Session"/> to the services, one for each scope (in a web application: each request), opened when it is
    /// first asked for. Opening blocks the thread for one write to the store; where that matters, open it with
    /// <see cref="SessionStore.OpenAsync(SessionOptions?, CancellationToken)"/> instead.
    /// </summary>
    /// <param name="options">Says which session to open; null for a new one.</param>
    /// <returns>This builder.</returns>
    public DossierBuilder AddSession(Func<IServiceProvider, SessionOptions>? options = null)
    {
        Services.AddScoped(services =>
            services.GetRequiredService<SessionStore>().OpenAsync(options?.Invoke(services)).GetAwaiter().GetResult()
        );
        return this;
    }

    private DossierBuilder UseRegisteredStorage()
    {
        Services
            .AddOptions<SessionOptions>(Setting.Section)
            .Configure<IServiceProvider>((options, services) => options.Storage = services.GetRequiredService<IStorage>());
        return this;
    }
}
