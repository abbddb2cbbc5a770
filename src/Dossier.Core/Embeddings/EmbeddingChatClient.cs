using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// A generator of embeddings behind the interface of the pipeline, so that what is done for a call is done once: every message is a text, and
/// the answer carries the vectors.
/// </summary>
internal sealed class EmbeddingChatClient(IEmbeddingGenerator<string, Embedding<float>> generator) : IChatClient
{
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        var given = (options as EmbeddingChatOptions ?? (options as CallOptions)?.Embedding)?.Given;
        var embeddings = await generator
            .GenerateAsync(messages.Select(message => message.Text), given, cancellationToken)
            .ConfigureAwait(false);
        return new()
        {
            ModelId = embeddings.FirstOrDefault()?.ModelId,
            Usage = embeddings.Usage,
            RawRepresentation = embeddings,
        };
    }

    /// <summary>The vectors of an answer.</summary>
    public static GeneratedEmbeddings<Embedding<float>>? VectorsOf(ChatResponse? response) =>
        response?.RawRepresentation as GeneratedEmbeddings<Embedding<float>>;

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => throw new InvalidOperationException("Embeddings come whole.");

    public object? GetService(Type serviceType, object? serviceKey = null) => generator.GetService(serviceType, serviceKey);

    public void Dispose() => generator.Dispose();
}
