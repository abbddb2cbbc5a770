using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>Names its conversation in the options of every call; the tracking of the client that it calls does the rest.</summary>
/// <param name="client">A tracked client.</param>
/// <param name="conversation">The name of the conversation.</param>
internal sealed class ConversationChatClient(IChatClient client, string conversation) : DelegatingChatClient(client)
{
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => base.GetResponseAsync(messages, Named(options), cancellationToken);

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => base.GetStreamingResponseAsync(messages, Named(options), cancellationToken);

    private ChatOptions Named(ChatOptions? options)
    {
        if (options?.ConversationId is { } other && !string.Equals(other, conversation, StringComparison.Ordinal))
            throw new ArgumentException(
                $"The options name the conversation '{other}', and this client is that of '{conversation}'. Leave ChatOptions.ConversationId out, or use the client of the other one.",
                nameof(options)
            );
        var named = options?.Clone() ?? new();
        named.ConversationId = conversation;
        return named;
    }
}
