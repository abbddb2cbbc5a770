using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Dossier.Samples.Conversation;

/// <summary>Stands for a model: it knows what it is sent and nothing else.</summary>
internal sealed class RememberingProvider : IModelProvider
{
    private const string Introduction = "My name is ";

    private TaskCompletionSource? _together;
    private int _waiting;

    /// <summary>The next two calls are answered when both have come.</summary>
    public void Answer2AtOnce() => (_together, _waiting) = (new(), 2);

    public IChatClient CreateChatClient(string model, ProviderConnection connection) => new Client(this);

    public ProviderFailure? Classify(Exception exception) => null;

    private async Task<string> AnswerAsync(IReadOnlyList<ChatMessage> messages)
    {
        if (_together is { } together)
        {
            if (Interlocked.Decrement(ref _waiting) == 0)
                together.SetResult();
            await together.Task;
            _together = null;
        }
        var name = messages.LastOrDefault(m => m.Role == ChatRole.User && m.Text.StartsWith(Introduction, StringComparison.Ordinal));
        return messages[^1] == name ? "Nice to meet you."
            : name is null ? "You have not told me."
            : $"You are {name.Text[Introduction.Length..]}";
    }

    private sealed class Client(RememberingProvider provider) : IChatClient
    {
        public async Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            CancellationToken cancellationToken = default
        ) => new(new ChatMessage(ChatRole.Assistant, await provider.AnswerAsync([.. messages]))) { FinishReason = ChatFinishReason.Stop };

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            [EnumeratorCancellation] CancellationToken cancellationToken = default
        )
        {
            foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
                yield return update;
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose() { }
    }
}
