using Dossier;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Dossier to a host.</summary>
public static class DossierServiceCollectionExtensions
{
    /// <summary>
    /// Adds a <see cref="SessionStore"/>, one for the host. It is configured, later ones winning, by built-in defaults,
    /// <c>dossier.json</c> in the user's configuration directory, <c>dossier.json</c> in the content root,
    /// <paramref name="configuration"/>, user secrets, environment variables, and <see cref="DossierBuilder.Configure"/>;
    /// values that the host ranks above its own environment variables, such as its command line, stay above them here.
    /// Loggers, the clock and the <see cref="ModelRegistry"/> are the registered ones, where there are such. What is wrong is reported when the host starts.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">
    /// The host's configuration, of which the section <c>Dossier</c> is read, or a section that stands for it; null for the
    /// registered one, where there is one. All of it counts as the host's own: a file that it reads may say where a key goes.
    /// </param>
    /// <returns>A builder to go on with. Called again, this adds nothing, and the first configuration stays.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is null.</exception>
    public static DossierBuilder AddDossier(this IServiceCollection services, IConfiguration? configuration = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services
            .AddOptions<SessionOptions>(Setting.Section)
            .PostConfigure<IServiceProvider>(
                (options, provider) =>
                {
                    options.LoggerFactory ??= provider.GetService<ILoggerFactory>();
                    options.TimeProvider ??= provider.GetService<TimeProvider>();
                    options.Models ??= provider.GetService<ModelRegistry>();
                }
            )
            .ValidateOnStart();
        services.TryAddSingleton(provider =>
            ConfigurationSources.OfProcess(
                configuration ?? provider.GetService<IConfiguration>(),
                provider.GetService<IHostEnvironment>()?.ContentRootPath
            )
        );
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SessionOptions>, SessionOptionsValidator>());
        services.TryAddSingleton(provider =>
            ConfigurationResolver.Resolve(
                provider.GetRequiredService<ConfigurationSources>(),
                provider.GetRequiredService<IOptionsMonitor<SessionOptions>>().Get(Setting.Section)
            )
        );
        services.TryAddKeyedSingleton(
            DossierBuilder.WholeStore,
            (provider, _) => SessionStoreFactory.Create(provider.GetRequiredService<ResolvedConfiguration>())
        );
        services.TryAddSingleton(provider => provider.GetRequiredKeyedService<SessionStore>(DossierBuilder.WholeStore));
        return new(services);
    }
}
