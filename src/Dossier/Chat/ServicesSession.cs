using Microsoft.Extensions.DependencyInjection;

namespace Dossier;

/// <summary>The session that <c>UseDossier</c> finds where it is given none.</summary>
internal static class ServicesSession
{
    /// <exception cref="InvalidOperationException">The services have none.</exception>
    public static Session Of(IServiceProvider services) =>
        services.GetService<Session>()
        ?? throw new InvalidOperationException(
            "UseDossier was given no session, and the services that the pipeline is built with have none. Give it one, as in UseDossier(session), or add one for each scope with AddDossier().AddSession() and build the pipeline with the services of a scope."
        );
}
