using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>Lets attempts leave as the provider's limits allow. A stream counts as one call until its end.</summary>
/// <param name="innerClient">The model's client, with its ledger.</param>
/// <param name="limits">The limits.</param>
internal sealed class LimitChatClient(IChatClient innerClient, ProviderLimits limits) : DelegatingChatClient(innerClient)
{
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        await EnterAsync(options, cancellationToken).ConfigureAwait(false);
        try
        {
            return await base.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            limits.Leave();
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        await EnterAsync(options, cancellationToken).ConfigureAwait(false);
        try
        {
            await foreach (var update in base.GetStreamingResponseAsync(messages, options, cancellationToken).ConfigureAwait(false))
                yield return update;
        }
        finally
        {
            limits.Leave();
        }
    }

    private async ValueTask EnterAsync(ChatOptions? options, CancellationToken cancellationToken) =>
        CallOptions.CallOf(options).Ledger.AddWait(await limits.EnterAsync(cancellationToken).ConfigureAwait(false));
}
