using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>Stands where a model's client would, where none may be called.</summary>
internal sealed class NoChatClient(ModelReference model) : IChatClient
{
    private readonly ChatClientMetadata _metadata = new(model.Provider, null, model.Model);

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => throw NotCalled();

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => throw NotCalled();

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(ChatClientMetadata) ? _metadata
        : serviceType.IsInstanceOfType(this) ? this
        : null;

    public void Dispose() { }

    private InvalidOperationException NotCalled() => new($"'{model}' is replayed, and was called all the same.");
}
