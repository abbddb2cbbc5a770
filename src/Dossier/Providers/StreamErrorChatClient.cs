using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using OpenAI.Chat;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace Dossier;

/// <summary>
/// Throws when a stream reports an error after it has begun, as vLLM, OpenRouter and others do with an event that has an
/// <c>error</c> and no choices. The SDK reads over it, and a broken answer would pass for a whole one.
/// </summary>
/// <param name="innerClient">The SDK's client.</param>
internal sealed class StreamErrorChatClient(IChatClient innerClient) : DelegatingChatClient(innerClient)
{
    /// <exception cref="HttpIOException">The stream reported an error; the message is what it said.</exception>
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        await foreach (var update in base.GetStreamingResponseAsync(messages, options, cancellationToken).ConfigureAwait(false))
        {
#pragma warning disable SCME0001 // the SDK's only way to a member that it has no property for
            if (update.RawRepresentation is StreamingChatCompletionUpdate raw && raw.Patch.Contains("$.error"u8))
                throw new HttpIOException(HttpRequestError.InvalidResponse, raw.Patch.GetJson("$.error"u8).ToString());
#pragma warning restore SCME0001
            yield return update;
        }
    }
}
