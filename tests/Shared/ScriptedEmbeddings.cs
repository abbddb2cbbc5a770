using Microsoft.Extensions.AI;

namespace Dossier.Tests;

/// <summary>An embedding generator that does what a test says, and remembers what it was asked.</summary>
internal sealed class ScriptedEmbeddings(Func<IReadOnlyList<string>, GeneratedEmbeddings<Embedding<float>>> reply)
    : IEmbeddingGenerator<string, Embedding<float>>
{
    public List<IReadOnlyList<string>> Requests { get; } = [];

    /// <summary>The options of each request.</summary>
    public List<EmbeddingGenerationOptions?> Options { get; } = [];

    public bool Disposed { get; private set; }

    /// <summary>Gives each text its length as a vector of two, and takes a token for each text.</summary>
    public static ScriptedEmbeddings OfLengths() =>
        new(texts =>
            new(texts.Select(text => new Embedding<float>(new float[] { text.Length, 1 }) { ModelId = "vector-1-2026-01-01" }))
            {
                Usage = new() { InputTokenCount = texts.Count, TotalTokenCount = texts.Count },
            }
        );

    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values,
        EmbeddingGenerationOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        List<string> texts = [.. values];
        Requests.Add(texts);
        Options.Add(options);
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        return reply(texts);
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(EmbeddingGeneratorMetadata) ? new EmbeddingGeneratorMetadata("scripted", null, "vector-1", 2) : null;

    public void Dispose() => Disposed = true;
}
