using System.Buffers.Binary;
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

    /// <summary>The vectors of an answer as contents, in their order: each its numbers, 4 bytes little-endian (IEEE 754).</summary>
    public static ChatMessage? ToMessage(ChatResponse response) =>
        VectorsOf(response) is { Count: > 0 } vectors
            ? new(ChatRole.Assistant, [.. vectors.Select(static vector => (AIContent)new DataContent(ToBytes(vector), VectorType))])
            : null;

    /// <summary>The vectors of an answer that was kept as such contents.</summary>
    public static GeneratedEmbeddings<Embedding<float>> ReadVectors(ChatResponse response) =>
        new(
            response
                .Messages.SelectMany(static message => message.Contents)
                .OfType<DataContent>()
                .Select(data => new Embedding<float>(ToNumbers(data.Data.Span)) { ModelId = response.ModelId })
        )
        {
            Usage = response.Usage,
        };

    private const string VectorType = "application/vnd.dossier.vector";

    private static byte[] ToBytes(Embedding<float> vector)
    {
        var bytes = new byte[sizeof(float) * vector.Vector.Length];
        for (var i = 0; i < vector.Vector.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), vector.Vector.Span[i]);
        return bytes;
    }

    private static float[] ToNumbers(ReadOnlySpan<byte> bytes)
    {
        var numbers = new float[bytes.Length / sizeof(float)];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(i * sizeof(float))..]);
        return numbers;
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
