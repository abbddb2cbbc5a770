using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>Embeddings of a session: tracked, priced, held to its budget and tried again as its chat calls are.</summary>
public static class SessionEmbeddingExtensions
{
    /// <summary>
    /// The embedding generator of a model. Every call through it is recorded as a response of the session, with its texts as content and
    /// without its vectors. The same model gives the same pipeline; it is opened at its first call, and disposing the generator does nothing.
    /// Fallbacks do not count: vectors of different models cannot be compared.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="model">The model, as <c>name</c> or <c>provider/name</c>; null for <see cref="SessionOptions.EmbeddingModel"/>.</param>
    /// <param name="provider">The provider; then the model goes through whether it is known or not.</param>
    /// <exception cref="ModelResolutionException">Nothing knows the model or the provider, several providers have the model, or there is no default.</exception>
    /// <remarks>A call throws a <see cref="DossierException"/> when the provider has no embeddings.</remarks>
    public static IEmbeddingGenerator<string, Embedding<float>> GetEmbeddingGenerator(
        this Session session,
        string? model = null,
        string? provider = null
    )
    {
        ArgumentNullException.ThrowIfNull(session);
        return session.EmbeddingsOf(model, provider);
    }

    /// <summary>Records every call of an embedding generator that you already have, and changes nothing else about it.</summary>
    /// <param name="session">The session.</param>
    /// <param name="generator">The generator; disposing what is returned does not dispose it. One that the session tracks already is used as it is, so that a call stays one response.</param>
    /// <param name="model">What it calls, as <c>provider/model</c>; null to take it from the generator's own metadata, <c>unknown</c> where it has none.</param>
    /// <exception cref="ArgumentException">The generator is tracked by another session: a call would be recorded and paid for in both.</exception>
    public static IEmbeddingGenerator<string, Embedding<float>> Track(
        this Session session,
        IEmbeddingGenerator<string, Embedding<float>> generator,
        string? model = null
    ) => Track(session, generator, model, leaveOpen: true);

    internal static IEmbeddingGenerator<string, Embedding<float>> Track(
        Session session,
        IEmbeddingGenerator<string, Embedding<float>> generator,
        string? model,
        bool leaveOpen
    )
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(generator);
        var metadata = generator.GetService(typeof(EmbeddingGeneratorMetadata)) as EmbeddingGeneratorMetadata;
        var reference = ModelReference.OfTracked(model, metadata?.ProviderName, metadata?.DefaultModelId);
        return new TrackedEmbeddingGenerator(session.Track(new EmbeddingChatClient(generator), reference.ToString(), leaveOpen), reference);
    }
}
