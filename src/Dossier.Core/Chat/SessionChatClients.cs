using System.Collections.Concurrent;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// The chat clients of one session. The order of a pipeline, outermost first: tracking, function invocation, failover, and for
/// each model retries, the provider's limits, the ledger of attempts, time limits, the vendor.
/// </summary>
/// <param name="services">What the store's sessions share.</param>
/// <param name="responses">Where responses go.</param>
/// <param name="open">Opens the client of a model.</param>
internal sealed class SessionChatClients(StoreServices services, ResponseLog responses, Func<ModelReference, IChatClient> open)
{
    private readonly ConcurrentDictionary<ModelReference, TrackingChatClient> _clients = new();

    /// <summary>The client of a model: the same one each time.</summary>
    public IChatClient Get(ModelReference model) => _clients.GetOrAdd(model, static (model, self) => self.Create(model), this);

    /// <summary>Records every call of a client that the caller has.</summary>
    /// <param name="client">The client.</param>
    /// <param name="model">What it calls, as <c>provider/model</c>; null to take it from the client's own metadata.</param>
    /// <param name="leaveOpen">Whether disposing what is returned leaves the client open.</param>
    public TrackingChatClient Track(IChatClient client, string? model, bool leaveOpen) =>
        new(client, services, responses, TrackedModel(client, model), isPipeline: false, leaveOpen);

    /// <summary>Disposes what was opened.</summary>
    public void Close()
    {
        foreach (var client in _clients.Values)
            client.Close();
    }

    private TrackingChatClient Create(ModelReference model)
    {
        var client = services.Parts.AddFunctionInvocation(OfModel(model), services);
        return new(client, services, responses, model, isPipeline: true, leaveOpen: true);
    }

    private IChatClient OfModel(ModelReference model)
    {
        if (services.Models.Get(model.Provider, model.Model) is null)
            Log.ModelUnknown(services.Logger, model);
        IChatClient client = new LazyChatClient(() => open(model), model);
        client = new AttemptChatClient(client, model);
        return services.Parts.AddRetries(client, model, services);
    }

    private static ModelReference TrackedModel(IChatClient client, string? model)
    {
        if (model is not null)
        {
            var slash = model.IndexOf('/', StringComparison.Ordinal);
            return slash > 0 ? new(model[..slash], model[(slash + 1)..]) : new("unknown", model);
        }
        var metadata = client.GetService<ChatClientMetadata>();
        return new(metadata?.ProviderName ?? "unknown", metadata?.DefaultModelId ?? "unknown");
    }
}
