using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// The parts of a call's pipeline that need packages which Dossier.Core does without; with Dossier.Core alone they are not there. A part that
/// would do nothing returns the client that it was given.
/// </summary>
internal sealed record PipelineParts
{
    public static PipelineParts None { get; } = new();

    /// <summary>Puts retries and the circuit breaker around a model's attempts.</summary>
    public Func<IChatClient, ModelReference, StoreServices, IChatClient> AddRetries { get; init; } = static (client, _, _) => client;

    /// <summary>Puts the GenAI conventions of OpenTelemetry around a model's vendor.</summary>
    public Func<IChatClient, StoreServices, IChatClient> AddTelemetry { get; init; } = static (client, _) => client;

    /// <summary>The same around what makes embeddings.</summary>
    public Func<
        IEmbeddingGenerator<string, Embedding<float>>,
        StoreServices,
        IEmbeddingGenerator<string, Embedding<float>>
    > AddEmbeddingTelemetry { get; init; } = static (generator, _) => generator;

    /// <summary>Finds what counts the tokens of a model as its tokenizer does; null where that is not known.</summary>
    public Func<ModelReference, ITokenCounter?> FindTokenCounter { get; init; } = static _ => null;

    /// <summary>Puts the invocation of functions around the model calls of a response.</summary>
    public Func<IChatClient, StoreServices, IChatClient> AddFunctionInvocation { get; init; } = static (client, _) => client;

    /// <summary>Lets the tools be seen that a client of the caller's own invokes; null where it invokes none that could be.</summary>
    public Func<IChatClient, ChatOptions?, TrackedCall, StoreServices, ChatOptions?> ObserveTools { get; init; } =
        static (_, options, _, _) => options;
}
