using Microsoft.Extensions.AI;
using OllamaSharp.Models;
using OllamaSharp.Models.Chat;

namespace Dossier;

/// <summary>Makes up for what the SDK's adapter passes over: that no tool is to be called, and a bound on the output beside raw parameters.</summary>
/// <param name="innerClient">The SDK's client.</param>
internal sealed class OllamaOptionsChatClient(IChatClient innerClient) : DelegatingChatClient(innerClient)
{
    private static readonly string[] s_bounds = [OllamaOption.NumPredict.Name, OllamaOption.MaxOutputTokens.Name];

    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => base.GetResponseAsync(messages, Adapt(options), cancellationToken);

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => base.GetStreamingResponseAsync(messages, Adapt(options), cancellationToken);

    /// <summary>The options of a call that are not sent. Ollama has no choice of tools, and lets a model call several.</summary>
    public static IReadOnlyList<string> Unsent(ChatOptions options)
    {
        var hasTools = options.Tools is { Count: > 0 };
        return
        [
            .. UnsentOptions.In(
                options,
                (nameof(ChatOptions.ToolMode), hasTools && options.ToolMode is RequiredChatToolMode),
                (nameof(ChatOptions.AllowMultipleToolCalls), hasTools && options.AllowMultipleToolCalls is false),
                (nameof(ChatOptions.Tools), UnsentOptions.HasOther(options, static _ => false)),
                // The SDK has 32 bits for it.
                (nameof(ChatOptions.Seed), options.Seed is < int.MinValue or > int.MaxValue)
            ),
        ];
    }

    private static ChatOptions? Adapt(ChatOptions? options)
    {
        var callsNoTool = options is { ToolMode: NoneChatToolMode, Tools.Count: > 0 };
        // What is written below the options counts for the SDK's adapter; a bound on the output may have come from a budget.
        var bound = (options?.RawRepresentationFactory ?? (object?)options?.AdditionalProperties) is null ? null : options!.MaxOutputTokens;
        if (!callsNoTool && bound is null)
            return options;
        var adapted = options!.Clone();
        if (callsNoTool)
            adapted.Tools = null;
        if (bound is not { } most)
            return adapted;
        foreach (var name in s_bounds)
        {
            if (adapted.AdditionalProperties?.GetValueOrDefault(name) is IConvertible given && Exceeds(given.ToInt64(null), most))
                adapted.AdditionalProperties.Remove(name);
        }
        if (options.RawRepresentationFactory is { } create)
            adapted.RawRepresentationFactory = client =>
            {
                var raw = create(client);
                if (raw is ChatRequest { Options: { NumPredict: { } given } own } && Exceeds(given, most))
                    own.NumPredict = most;
                return raw;
            };
        return adapted;
    }

    // Below 0 it means without bound: https://github.com/ollama/ollama/blob/main/docs/modelfile.md
    private static bool Exceeds(long given, int bound) => given < 0 || given > bound;
}
