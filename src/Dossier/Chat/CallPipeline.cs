using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>The parts of a call's pipeline that come from Polly and Microsoft.Extensions.AI.</summary>
internal static class CallPipeline
{
    public static PipelineParts Parts { get; } =
        new()
        {
            AddRetries = static (client, model, services) =>
                services.Resilience is { MaxRetries: 0, Circuit.FailureRatio: 0 } ? client : new RetryChatClient(client, model, services),
            AddTelemetry = static (client, services) => new TracedChatClient(client, services),
            AddEmbeddingTelemetry = static (generator, services) => new TracedEmbeddingGenerator(generator, services),
            FindTokenCounter = TokenCounters.Find,
            AddFunctionInvocation = static (client, services) => new FunctionChatClient(client, services.Time),
            ObserveTools = ObservedFunction.In,
        };
}
