using Dossier;

namespace Microsoft.Extensions.AI;

/// <summary>Puts Dossier's tracking into a pipeline of chat clients.</summary>
public static class DossierChatClientBuilderExtensions
{
    /// <summary>Records every call that passes this place of the pipeline as a response of a session, unless a client behind it is tracked by that session already.</summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="session">The session; it has to stay open as long as the client is used.</param>
    /// <param name="model">What is called, as <c>provider/model</c>; null to take it from the client's own metadata, <c>unknown</c> where it has none.</param>
    /// <returns>The builder; it throws an <see cref="ArgumentException"/> when it builds around a client that another session tracks.</returns>
    public static ChatClientBuilder UseDossier(this ChatClientBuilder builder, Session session, string? model = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(session);
        return builder.Use(inner => session.Track(inner, model, leaveOpen: false));
    }

    /// <summary>The same with the session that the services have: see <see cref="DossierBuilder.AddSession"/>.</summary>
    /// <param name="builder">The pipeline, built with the services, and with the same lifetime as the session: scoped, which <c>AddChatClient</c> has to be told.</param>
    /// <param name="model">What is called, as <c>provider/model</c>; null to take it from the client's own metadata, <c>unknown</c> where it has none.</param>
    /// <returns>The builder; it throws an <see cref="InvalidOperationException"/> when it builds with services that have no session.</returns>
    public static ChatClientBuilder UseDossier(this ChatClientBuilder builder, string? model = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use((inner, services) => ServicesSession.Of(services).Track(inner, model, leaveOpen: false));
    }
}
