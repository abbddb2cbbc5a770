using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>Generates embeddings through the pipeline of a session's calls.</summary>
/// <param name="pipeline">The pipeline, with its tracking.</param>
/// <param name="model">What is called.</param>
internal sealed class TrackedEmbeddingGenerator(IChatClient pipeline, ModelReference model) : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly EmbeddingGeneratorMetadata _metadata = new(model.Provider, null, model.Model);

    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values,
        EmbeddingGenerationOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(values);
        List<ChatMessage> texts = [.. values.Select(static value => new ChatMessage(ChatRole.User, value))];
        var response = await pipeline.GetResponseAsync(texts, new EmbeddingChatOptions(options), cancellationToken).ConfigureAwait(false);
        return EmbeddingChatClient.VectorsOf(response)!;
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is null && serviceType.IsInstanceOfType(this))
            return this;
        return pipeline.GetService(serviceType, serviceKey)
            ?? (serviceKey is null && serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata : null);
    }

    public void Dispose() => pipeline.Dispose();
}
