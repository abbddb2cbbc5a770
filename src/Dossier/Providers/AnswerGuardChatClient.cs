using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// Bounds a whole answer, and of a stream each wait for the next piece, for SDKs that bound at most the wait for the first. A
/// stream that ends without saying why is one that was cut, which SDKs let pass for a whole one.
/// </summary>
/// <param name="innerClient">The SDK's client.</param>
/// <param name="timeout">The bound.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class AnswerGuardChatClient(IChatClient innerClient, TimeSpan timeout, TimeProvider timeProvider)
    : DelegatingChatClient(innerClient)
{
    /// <exception cref="TimeoutException">No answer in time.</exception>
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        using var late = new CancellationTokenSource(timeout, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return await base.GetResponseAsync(messages, options, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (IsLate(late, cancellationToken))
        {
            throw TooLate(exception);
        }
    }

    /// <exception cref="TimeoutException">No next piece in time.</exception>
    /// <exception cref="HttpIOException">The stream ended before the answer did.</exception>
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        using var late = new CancellationTokenSource(timeout, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        var updates = base.GetStreamingResponseAsync(messages, options, either.Token).GetAsyncEnumerator(either.Token);
        await using (updates.ConfigureAwait(false))
        {
            var isEnded = false;
            while (await MoveNextAsync(updates, late, cancellationToken).ConfigureAwait(false))
            {
                isEnded |= updates.Current.FinishReason is not null;
                yield return updates.Current;
            }
            if (!isEnded)
                throw new HttpIOException(HttpRequestError.ResponseEnded, "The stream ended before the answer did.");
        }
    }

    private async ValueTask<bool> MoveNextAsync(
        IAsyncEnumerator<ChatResponseUpdate> updates,
        CancellationTokenSource late,
        CancellationToken cancellationToken
    )
    {
        late.CancelAfter(timeout);
        try
        {
            return await updates.MoveNextAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (IsLate(late, cancellationToken))
        {
            throw TooLate(exception);
        }
        finally
        {
            late.CancelAfter(Timeout.InfiniteTimeSpan); // how long the caller takes with a piece is its own affair
        }
    }

    private static bool IsLate(CancellationTokenSource late, CancellationToken cancellationToken) =>
        late.IsCancellationRequested && !cancellationToken.IsCancellationRequested;

    private TimeoutException TooLate(Exception exception) => new($"Nothing arrived within {timeout}.", exception);
}
