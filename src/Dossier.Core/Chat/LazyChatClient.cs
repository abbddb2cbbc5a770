using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// Opens a client at its first call, and not before: a pipeline may be built around it without a key. A failure to open it
/// is not kept, so that a later call may succeed.
/// </summary>
internal sealed class LazyChatClient(Func<IChatClient> open, ModelReference model) : IChatClient
{
    private readonly Lock _gate = new();
    private readonly ChatClientMetadata _metadata = new(model.Provider, null, model.Model);
    private volatile IChatClient? _client;

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => Client().GetResponseAsync(messages, options, cancellationToken);

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => Client().GetStreamingResponseAsync(messages, options, cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is null && serviceType == typeof(ChatClientMetadata))
            return _metadata;
        return serviceKey is null && serviceType.IsInstanceOfType(this) ? this : _client?.GetService(serviceType, serviceKey);
    }

    /// <summary>Disposes the client, where one was opened.</summary>
    public void Dispose() => _client?.Dispose();

    private IChatClient Client()
    {
        if (_client is { } client)
            return client;
        lock (_gate)
            return _client ??= open();
    }
}
