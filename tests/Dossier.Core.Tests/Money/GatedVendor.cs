using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Money;

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
