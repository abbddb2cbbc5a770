using Dossier;

namespace Microsoft.Extensions.AI;

/// <summary>Puts Dossier's tracking into a pipeline of embedding generators.</summary>
public static class DossierEmbeddingGeneratorBuilderExtensions
{
    /// <summary>Records every call that passes this place of the pipeline as a response of a session, unless a generator behind it is tracked by that session already.</summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="session">The session; it has to stay open as long as the generator is used.</param>
    /// <param name="model">What is called, as <c>provider/model</c>; null to take it from the generator's own metadata, <c>unknown</c> where it has none.</param>
    /// <returns>The builder; it throws an <see cref="ArgumentException"/> when it builds around a generator that another session tracks.</returns>
    public static EmbeddingGeneratorBuilder<string, Embedding<float>> UseDossier(
        this EmbeddingGeneratorBuilder<string, Embedding<float>> builder,
        Session session,
        string? model = null
    )
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(session);
        return builder.Use(inner => SessionEmbeddingExtensions.Track(session, inner, model, leaveOpen: false));
    }

    /// <summary>The same with the session that the services have: see <see cref="DossierBuilder.AddSession"/>.</summary>
    /// <param name="builder">The pipeline, built with the services, and with the same lifetime as the session: scoped, which <c>AddEmbeddingGenerator</c> has to be told.</param>
    /// <param name="model">What is called, as <c>provider/model</c>; null to take it from the generator's own metadata, <c>unknown</c> where it has none.</param>
    /// <returns>The builder; it throws an <see cref="InvalidOperationException"/> when it builds with services that have no session.</returns>
    public static EmbeddingGeneratorBuilder<string, Embedding<float>> UseDossier(
        this EmbeddingGeneratorBuilder<string, Embedding<float>> builder,
        string? model = null
    )
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use(
            (inner, services) => SessionEmbeddingExtensions.Track(ServicesSession.Of(services), inner, model, leaveOpen: false)
        );
    }
}
