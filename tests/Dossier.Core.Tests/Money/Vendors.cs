using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Money;

/// <summary>A vendor that many call at once.</summary>
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

/// <summary>A vendor that answers when it is told to.</summary>
internal sealed class GatedVendor
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public GatedVendor() => Client = new((_, _, token) => AnswerAsync(token));

    public ScriptedChatClient Client { get; }

    public Task Entered => _entered.Task;

    public void Open() => _open.TrySetResult();

    private async IAsyncEnumerable<ChatResponseUpdate> AnswerAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken token
    )
    {
        _entered.TrySetResult();
        await _open.Task.WaitAsync(token);
        await foreach (var update in ScriptedChatClient.UpdatesAsync(["Hello"], null, token))
            yield return update;
    }
}
