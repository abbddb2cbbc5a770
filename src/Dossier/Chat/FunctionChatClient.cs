using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// Invokes the functions that a model calls, when a call brings any: the model calls of one question and answer are then one response. The
/// invoking client is to be had by <c>GetService&lt;FunctionInvokingChatClient&gt;()</c>, to set it up, and so that whoever looks for one
/// adds no second.
/// </summary>
/// <param name="innerClient">What makes one model call.</param>
internal sealed class FunctionChatClient(IChatClient innerClient) : DelegatingChatClient(innerClient)
{
    // Without loggers: it writes arguments and results, which are content.
    private readonly FunctionInvokingChatClient _functions = new(innerClient);

    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => For(options).GetResponseAsync(messages, options, cancellationToken);

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => For(options).GetStreamingResponseAsync(messages, options, cancellationToken);

    public override object? GetService(Type serviceType, object? serviceKey = null) => _functions.GetService(serviceType, serviceKey);

    private IChatClient For(ChatOptions? options) =>
        options?.Tools?.Any(tool => tool.GetService<AIFunction>() is not null) is true || _functions.AdditionalTools is { Count: > 0 }
            ? _functions
            : InnerClient;
}
