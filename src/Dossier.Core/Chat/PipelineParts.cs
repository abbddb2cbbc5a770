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

    /// <summary>Finds what counts the tokens of a model as its tokenizer does; null where that is not known.</summary>
    public Func<ModelReference, ITokenCounter?> FindTokenCounter { get; init; } = static _ => null;

    /// <summary>
    /// Finds what a provider's model cost on a day. What is known now counts for the days since it is known; of a price without a date
    /// nothing is known of another day.
    /// </summary>
    public Func<ModelRegistry, string, string, DateOnly, ModelPrice?> FindPriceAsOf { get; init; } =
        static (models, provider, model, day) =>
            models.Get(provider, model)?.Price is { Source.Date: { } since } price && since <= day ? price : null;

    /// <summary>Puts the invocation of functions around the model calls of a response.</summary>
    public Func<IChatClient, StoreServices, IChatClient> AddFunctionInvocation { get; init; } = static (client, _) => client;
}
