using System.Collections.Concurrent;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// The chat clients of one session. The order of a pipeline, outermost first: tracking, function invocation, replay, failover, and for
/// each model its options, retries, the budget, the provider's limits, the ledger of attempts, time limits, telemetry, the vendor.
/// </summary>
/// <param name="services">What the store's sessions share.</param>
/// <param name="responses">Where responses go.</param>
/// <param name="budget">What the session may spend.</param>
/// <param name="replay">What calls are answered from; null when they are not.</param>
/// <param name="open">Opens the client of a model.</param>
internal sealed class SessionChatClients(
    StoreServices services,
    ResponseLog responses,
    ConversationLog conversations,
    SessionBudget budget,
    ReplaySource? replay,
    Func<ModelReference, IChatClient> open
)
{
    private readonly ConcurrentDictionary<string, TrackingChatClient> _routes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(ResponseOperation, ModelReference), IChatClient> _models = new();

    /// <summary>The client that asks the first of these models, and the others in turn when it cannot answer: the same one each time.</summary>
    public IChatClient Get(IEnumerable<ModelReference> models)
    {
        var route = models.Distinct().ToList();
        return _routes.GetOrAdd(string.Join('\n', route), static (_, with) => with.self.Create(with.route), (self: this, route));
    }

    /// <summary>The generator of a model's embeddings. Another model's vectors would be no substitute for them.</summary>
    public TrackedEmbeddingGenerator GetEmbeddings(ModelReference model)
    {
        var client = WithReplay(model, () => WithTotalTimeout(Open(ResponseOperation.Embedding, model), model));
        return new(
            new TrackingChatClient(client, services, responses, conversations, budget, null, model, isPipeline: true, leaveOpen: true),
            model
        );
    }

    /// <summary>Records every call of a client that the caller has, unless this session does already.</summary>
    /// <param name="client">The client.</param>
    /// <param name="model">What it calls, as <c>provider/model</c>; null to take it from the client's own metadata, <c>unknown</c> where it has none.</param>
    /// <param name="leaveOpen">Whether disposing what is returned leaves the client open.</param>
    /// <exception cref="ArgumentException">Another session records its calls.</exception>
    public IChatClient Track(IChatClient client, string? model, bool leaveOpen)
    {
        if (Records(client))
            return leaveOpen ? new SharedChatClient(client) : client;
        return new TrackingChatClient(
            client,
            services,
            responses,
            conversations,
            budget,
            replay,
            TrackedModel(client, model),
            isPipeline: false,
            leaveOpen
        );
    }

    /// <summary>Disposes what was opened.</summary>
    public void Close()
    {
        foreach (var client in _models.Values)
            client.Dispose();
    }

    private TrackingChatClient Create(List<ModelReference> route)
    {
        var client = services.Parts.AddFunctionInvocation(WithReplay(route[0], () => WithTotalTimeout(Open(route), route[0])), services);
        return new(client, services, responses, conversations, budget, null, route[0], isPipeline: true, leaveOpen: true);
    }

    /// <summary>What makes one model call: from the record where there is one, and where nothing may go out, without what could.</summary>
    private IChatClient WithReplay(ModelReference model, Func<IChatClient> open) =>
        replay is null
            ? open()
            : new ReplayChatClient(
                replay.Mode is ReplayMode.Only ? new NoChatClient(model) : open(),
                model,
                replay,
                services,
                isWhole: false
            );

    private IChatClient Open(List<ModelReference> route) =>
        route is [var only]
            ? Open(ResponseOperation.Chat, only)
            : new FailoverChatClient([.. route.Select(model => (model, Open(ResponseOperation.Chat, model)))], services);

    private IChatClient WithTotalTimeout(IChatClient client, ModelReference model) =>
        services.Resilience.TotalTimeout is { } total
            ? new TimeLimitChatClient(client, model, (total, nameof(ResilienceOptions.TotalTimeout)), null, services)
            : client;

    private IChatClient Open(ResponseOperation operation, ModelReference model) =>
        _models.GetOrAdd((operation, model), static (key, self) => self.Create(key.Item1, key.Item2), this);

    private IChatClient Create(ResponseOperation operation, ModelReference model)
    {
        services.WarnOf(model);
        var (resilience, time) = (services.Resilience, services.Time);
        IChatClient client = new LazyChatClient(
            operation is ResponseOperation.Embedding ? () => new SharedChatClient(services.GetVendorEmbeddings(model)) : () => open(model),
            model
        );
        if (operation is ResponseOperation.Chat)
            client = services.Parts.AddTelemetry(client, services);
        if (resilience.AttemptTimeout is not null || resilience.FirstTokenTimeout is not null)
        {
            (TimeSpan, string)? whole = resilience.AttemptTimeout is { } limit ? (limit, nameof(ResilienceOptions.AttemptTimeout)) : null;
            client = new TimeLimitChatClient(client, model, whole, resilience.FirstTokenTimeout, services);
        }
        client = new AttemptChatClient(client, model);
        if (services.Options.Providers.TryGetValue(model.Provider, out var provider) && !provider.Limits.IsNone)
            client = new LimitChatClient(client, ProviderLimits.Of(model.Provider, provider, time));
        client = services.Parts.AddRetries(new BudgetChatClient(client, model, budget, services), model, services);
        return operation is ResponseOperation.Chat ? new ModelOptionsChatClient(client, model, services) : client;
    }

    /// <summary>Whether the calls of a client are recorded in this session, by this object of it or another.</summary>
    /// <exception cref="ArgumentException">Another session records them.</exception>
    private bool Records(IChatClient client)
    {
        if (client.GetService<TrackingChatClient>() is not { } tracking)
            return false;
        var (sessionId, storage) = tracking.RecordsIn;
        if (string.Equals(sessionId, responses.SessionId, StringComparison.Ordinal) && storage.IsSameAs(services.Storage))
            return true;
        throw new ArgumentException(
            $"The calls of this client are recorded in session '{sessionId}' in {storage.Location}, and would be recorded and paid for in session '{responses.SessionId}' in {services.Storage.Location} as well. Track your own client with that session, or take one of its GetChatClient or GetEmbeddingGenerator.",
            nameof(client)
        );
    }

    private ModelReference TrackedModel(IChatClient client, string? model)
    {
        var metadata = client.GetService<ChatClientMetadata>();
        var reference = ModelReference.OfTracked(model, metadata?.ProviderName, metadata?.DefaultModelId);
        // No provider that is configured, but whatever the caller calls it; the model is masked with each call, which may name another one.
        return reference with { Provider = services.Masker.ApplyOrNote(reference.Provider) };
    }
}
