using System.Runtime.CompilerServices;
using Anthropic.Models.Messages;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// Adds to Anthropic's usage how many of the cache writes are kept for an hour, under the name of the API's own field: they cost
/// more than those kept for five minutes, and the SDK's adapter reports only their sum.
/// https://platform.claude.com/docs/en/build-with-claude/prompt-caching
/// </summary>
/// <param name="innerClient">The SDK's client.</param>
internal sealed class CacheWriteChatClient(IChatClient innerClient) : DelegatingChatClient(innerClient)
{
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        var response = await base.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        if (response.RawRepresentation is Message raw && response.Usage is { } usage)
            Add(usage, raw.Usage);
        return response;
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        Usage? atStart = null;
        var updates = base.GetStreamingResponseAsync(messages, options, cancellationToken);
        await foreach (var update in updates.ConfigureAwait(false))
        {
            if (update.RawRepresentation is RawMessageStreamEvent raw && raw.TryPickStart(out var start))
                atStart = start.Message.Usage;
            foreach (var content in update.Contents.OfType<UsageContent>())
                Add(content.Details, atStart);
            yield return update;
        }
    }

    private static void Add(UsageDetails details, Usage? raw)
    {
        if (raw?.CacheCreation is { Ephemeral1hInputTokens: > 0 } written)
            (details.AdditionalCounts ??= [])[TokenUsage.CacheWrite1hName] = written.Ephemeral1hInputTokens;
    }
}
