using System.Diagnostics;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>A call whose intent is recorded, and what it goes on with. Who began it disposes its spans.</summary>
/// <param name="Call">Its record.</param>
/// <param name="Span">The span of its response; null when nobody listens.</param>
/// <param name="Attempt">The span of its only attempt; null when there may be others, or nobody listens.</param>
/// <param name="Client">What answers it.</param>
/// <param name="Messages">What is sent.</param>
/// <param name="Options">What it is sent with.</param>
/// <param name="Conversation">The name of the conversation that it continues.</param>
internal readonly record struct BegunCall(
    TrackedCall Call,
    Activity? Span,
    Activity? Attempt,
    IChatClient Client,
    IReadOnlyList<ChatMessage> Messages,
    ChatOptions? Options,
    string? Conversation
)
{
    public Task<ChatResponse> AskAsync(CancellationToken cancellationToken) =>
        Client.GetResponseAsync(Messages, Options, cancellationToken);

    public IAsyncEnumerator<ChatResponseUpdate> Open(CancellationToken cancellationToken) =>
        Client.GetStreamingResponseAsync(Messages, Options, cancellationToken).GetAsyncEnumerator(cancellationToken);
}
