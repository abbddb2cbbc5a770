using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// Answers model calls from a recorded session. Inside of function invocation, so that tools run, and outside of everything that a call which leaves
/// the machine needs: no budget, no limits, no vendor.
/// </summary>
/// <param name="innerClient">What answers requests that are not recorded.</param>
/// <param name="model">The model.</param>
/// <param name="source">The recorded session.</param>
/// <param name="services">What the store's sessions share.</param>
/// <param name="isWhole">Whether the client is one of the caller's own, whose call is answered as a whole.</param>
internal sealed class ReplayChatClient(
    IChatClient innerClient,
    ModelReference model,
    ReplaySource source,
    StoreServices services,
    bool isWhole
) : DelegatingChatClient(innerClient)
{
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        var (sent, own) = (messages as IReadOnlyList<ChatMessage> ?? [.. messages], (CallOptions)options!);
        if (await FindAsync(sent, own, cancellationToken).ConfigureAwait(false) is not { } answer)
            return await base.GetResponseAsync(sent, options, cancellationToken).ConfigureAwait(false);
        own.Call.KeepIfToolsFollow(answer.Response);
        return answer.Response;
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        var (sent, own) = (messages as IReadOnlyList<ChatMessage> ?? [.. messages], (CallOptions)options!);
        if (await FindAsync(sent, own, cancellationToken).ConfigureAwait(false) is { } answer)
        {
            foreach (var update in answer.ToUpdates())
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return update;
            }
            yield break;
        }
        await foreach (var update in base.GetStreamingResponseAsync(sent, options, cancellationToken).ConfigureAwait(false))
            yield return update;
    }

    /// <exception cref="ReplayMissException">There is none, and no model is to be called.</exception>
    private async ValueTask<ReplayedAnswer?> FindAsync(
        IReadOnlyList<ChatMessage> messages,
        CallOptions options,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        var (startedAt, start) = (services.Time.GetRecordTime(), services.Time.GetTimestamp());
        var request = new LiveRequest(messages, options, model, services.Masker, isWhole);
        if (await source.TakeAsync(request, cancellationToken).ConfigureAwait(false) is { } answer)
        {
            options.Call.Ledger.AddReplayed(answer, startedAt, services.Time.GetElapsedTime(start));
            return answer;
        }
        return source.Mode is ReplayMode.Only
            ? throw await new ReplayMiss(source, services, request).ExplainAsync(cancellationToken).ConfigureAwait(false)
            : null;
    }
}
