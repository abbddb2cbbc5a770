using Microsoft.Extensions.AI;

namespace Dossier.Tests;

/// <summary>A provider whose clients a test makes.</summary>
internal sealed class ScriptedProvider(
    Func<string, IChatClient> open,
    Func<string, IEmbeddingGenerator<string, Embedding<float>>>? openEmbeddings = null
) : IModelProvider
{
    public List<string> Opened { get; } = [];

    public IChatClient CreateChatClient(string model, ProviderConnection connection)
    {
        Opened.Add(model);
        return open(model);
    }

    public IEmbeddingGenerator<string, Embedding<float>>? CreateEmbeddingGenerator(string model, ProviderConnection connection) =>
        openEmbeddings?.Invoke(model);

    public ProviderFailure? Classify(Exception exception) => null;
}
