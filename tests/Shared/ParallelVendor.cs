using Microsoft.Extensions.AI;

namespace Dossier.Tests;

/// <summary>A vendor that many call at once: 10 tokens of input, 4 of output.</summary>
internal sealed class ParallelVendor : IChatClient
{
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        await Task.Yield();
        return new(new ChatMessage(ChatRole.Assistant, "Hello"))
        {
            Usage = new() { InputTokenCount = 10, OutputTokenCount = 4 },
        };
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => throw new InvalidOperationException("Nothing streams here.");

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose() { }
}
