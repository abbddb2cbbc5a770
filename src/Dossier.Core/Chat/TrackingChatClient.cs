using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>Records every call as a response of a session: the intent before it leaves, the outcome when it is back.</summary>
internal sealed class TrackingChatClient(
    IChatClient inner,
    StoreServices services,
    ResponseLog responses,
    ModelReference model,
    bool leaveOpen
) : DelegatingChatClient(inner)
{
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(messages);
        var sent = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        var call = await TrackedCall
            .BeginAsync(services, responses, model, sent, options, streaming: false, cancellationToken)
            .ConfigureAwait(false);
        ChatResponse response;
        try
        {
            response = await InnerClient.GetResponseAsync(sent, options, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await call.FailAsync(e, partial: null, cancellationToken).ConfigureAwait(false);
            throw;
        }
        await call.SucceedAsync(response).ConfigureAwait(false);
        return response;
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(messages);
        var sent = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        var call = await TrackedCall
            .BeginAsync(services, responses, model, sent, options, streaming: true, cancellationToken)
            .ConfigureAwait(false);
        var updates = new List<ChatResponseUpdate>();
        IAsyncEnumerator<ChatResponseUpdate>? stream = null;
        var ended = false;
        try
        {
            while (true)
            {
                try
                {
                    stream ??= InnerClient
                        .GetStreamingResponseAsync(sent, options, cancellationToken)
                        .GetAsyncEnumerator(cancellationToken);
                    if (!await stream.MoveNextAsync().ConfigureAwait(false))
                        break;
                }
                catch (Exception e)
                {
                    ended = true;
                    await call.FailAsync(e, updates.ToChatResponse(), cancellationToken).ConfigureAwait(false);
                    throw;
                }
                var update = stream.Current;
                updates.Add(update);
                call.Saw(update);
                yield return update;
            }
            ended = true;
            await call.SucceedAsync(updates.ToChatResponse()).ConfigureAwait(false);
        }
        finally
        {
            try
            {
                // First, because the vendor goes on counting tokens until it is told.
                if (stream is not null)
                    await stream.DisposeAsync().ConfigureAwait(false);
            }
            finally
            {
                // The consumer left before the end.
                if (!ended)
                    await call.LeaveAsync(updates.ToChatResponse()).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Disposes the client, whoever may dispose it otherwise.</summary>
    internal void Close() => InnerClient.Dispose();

    protected override void Dispose(bool disposing)
    {
        if (!leaveOpen)
            base.Dispose(disposing);
    }
}
