using Microsoft.Extensions.AI;
using OpenAI.Chat;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace Dossier;

/// <summary>
/// Sends <see cref="ChatOptions.MaxOutputTokens"/> as <c>max_tokens</c>, its former name, to the servers that know no other: Mistral
/// rejects <c>max_completion_tokens</c> with 422, DeepSeek documents only <c>max_tokens</c>. OpenAI's reasoning models in turn
/// reject the former name, so everybody else gets the one of today.
/// </summary>
/// <param name="innerClient">The SDK's client.</param>
internal sealed class MaxTokensChatClient(IChatClient innerClient) : DelegatingChatClient(innerClient)
{
    /// <summary>Whether the server at that host needs it.</summary>
    public static bool IsNeededBy(Uri endpoint) => endpoint.Host is "api.mistral.ai" or "api.deepseek.com";

    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => base.GetResponseAsync(messages, Rename(options), cancellationToken);

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => base.GetStreamingResponseAsync(messages, Rename(options), cancellationToken);

    private static ChatOptions? Rename(ChatOptions? options)
    {
        if (options?.MaxOutputTokens is not { } limit)
            return options;
        var renamed = options.Clone();
        var create = options.RawRepresentationFactory;
        renamed.MaxOutputTokens = null;
        renamed.RawRepresentationFactory = client =>
        {
            var raw = create?.Invoke(client) as ChatCompletionOptions ?? new ChatCompletionOptions();
#pragma warning disable SCME0001 // the SDK's only way to a member that it has no property for
            raw.Patch.Set("$.max_tokens"u8, limit);
#pragma warning restore SCME0001
            return raw;
        };
        return renamed;
    }
}
