using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using OpenAI.Chat;
using ChatFinishReason = Microsoft.Extensions.AI.ChatFinishReason;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace Dossier;

/// <summary>
/// Levels out what servers of OpenAI's protocol do differently: names in the request, the meaning of the usage, reasoning under
/// another name, reasons for the end of an answer that OpenAI does not have. Throws when a stream reports an error after it has begun, as vLLM,
/// OpenRouter and others do with an event that has an <c>error</c>: the SDK reads over it, and a broken answer would pass for a whole one.
/// </summary>
/// <param name="innerClient">The SDK's client.</param>
/// <param name="dialect">What the server does differently.</param>
/// <param name="model">What is called.</param>
/// <param name="logger">Where reasons are warned of that are not known.</param>
internal sealed class DialectChatClient(IChatClient innerClient, OpenAIDialect dialect, ModelReference model, ILogger logger)
    : DelegatingChatClient(innerClient)
{
    private const int LongestReason = 40;

    private readonly ConcurrentDictionary<string, bool> _warned = new(StringComparer.Ordinal);

    /// <exception cref="HttpIOException">The answer says that it failed; what it took is in the failure.</exception>
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        var response = await base.GetResponseAsync(messages, Adapt(options, streams: false), cancellationToken).ConfigureAwait(false);
        if (response.RawRepresentation is not ChatCompletion raw)
            return response;
        if (response.Usage is { } usage && raw.Usage is { } rawUsage)
            OpenAIUsage.Complete(usage, rawUsage, dialect);
#pragma warning disable SCME0001 // the SDK's only way to members that it has no property for
        if (raw.Patch.TryGetValue(FinishReasons.Path, out string? reason))
        {
            if (FinishReasons.FailureOf(reason!) is { } failure)
                throw Ended(reason!, failure with { Usage = response.Usage });
            response.FinishReason = Unknown(reason!);
        }
        if (
            raw.Patch.TryGetValue("$.choices[0].message.reasoning"u8, out string? reasoning)
            && !string.IsNullOrEmpty(reasoning)
            && response.Messages is [var message, ..]
            && !message.Contents.OfType<TextReasoningContent>().Any()
        )
            message.Contents.Insert(0, new TextReasoningContent(reasoning));
#pragma warning restore SCME0001
        return response;
    }

    /// <exception cref="HttpIOException">The stream reported an error; the message is what it said. Or it broke off before the answer ended.</exception>
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        // Google and xAI report the usage so far with every piece, and consumers add up what they get: the last one is the whole.
        ChatResponseUpdate? usage = null;
        string? reason = null; // what it ended with, where that is none of OpenAI's
        var isEnded = false;
        var updates = base.GetStreamingResponseAsync(messages, Adapt(options, streams: true), cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        await using var _ = updates.ConfigureAwait(false);
        while (await updates.MoveNextAsync().ConfigureAwait(false))
        {
            var update = updates.Current;
            isEnded |= update.FinishReason is not null;
            if (update.RawRepresentation is StreamingChatCompletionUpdate raw)
            {
                ThrowIfError(raw);
                reason ??= ReasonOf(raw);
                AddReasoning(update, raw);
                usage = TakeUsage(update, raw) is { } details ? UsageUpdate(update, details) : usage;
            }
            // The SDK's adapter says the reason again with all that follows.
            if (reason is not null && update.FinishReason is not null)
                update.FinishReason = FinishReasons.FailureOf(reason) is null ? Unknown(reason) : null;
            if (update.Contents.Count > 0 || update.FinishReason is not null || usage is null)
                yield return update;
        }
        if (usage is not null)
            yield return usage;
        if (reason is not null && FinishReasons.FailureOf(reason) is { } failure)
            throw Ended(reason, failure);
        if (!isEnded)
            throw new HttpIOException(HttpRequestError.ResponseEnded, "The stream ended before the answer did.");
    }

    private static HttpIOException Ended(string reason, ProviderFailure failure) =>
        new HttpIOException(HttpRequestError.InvalidResponse, $"The answer ended with the reason '{reason}'.").With(failure);

    /// <summary>What an answer that is whole ended with. Where nobody knows what that means, it is kept as the server said it.</summary>
    private ChatFinishReason Unknown(string reason)
    {
        var shown = IsWord(reason) ? reason : "";
        if (_warned.TryAdd(shown, true))
            Log.FinishReasonUnknown(logger, SecretMasker.ApplyShapes(model.ToString()), shown);
        return reason.Length == 0 ? ChatFinishReason.Stop : new(reason);
    }

    /// <summary>What is no word may be a secret.</summary>
    private static bool IsWord(string reason) =>
        reason.Length <= LongestReason && reason.All(static it => it is '_' || char.IsAsciiLetter(it));

    private UsageDetails? TakeUsage(ChatResponseUpdate update, StreamingChatCompletionUpdate raw)
    {
        UsageDetails? found = null;
        for (var i = update.Contents.Count - 1; i >= 0; i--)
        {
            if (update.Contents[i] is not UsageContent content)
                continue;
            if (content.RawRepresentation is ChatTokenUsage rawUsage)
                OpenAIUsage.Complete(content.Details, rawUsage, dialect);
            found = content.Details;
            update.Contents.RemoveAt(i);
        }
        return found ?? OpenAIUsage.OfGroq(raw);
    }

    private static ChatResponseUpdate UsageUpdate(ChatResponseUpdate update, UsageDetails details) =>
        new()
        {
            Role = update.Role,
            ResponseId = update.ResponseId,
            MessageId = update.MessageId,
            ModelId = update.ModelId,
            CreatedAt = update.CreatedAt,
            RawRepresentation = update.RawRepresentation,
            Contents = [new UsageContent(details)],
        };

#pragma warning disable SCME0001 // the SDK's only way to members that it has no property for
    private static string? ReasonOf(StreamingChatCompletionUpdate raw) =>
        raw.Patch.TryGetValue(FinishReasons.Path, out string? reason) ? reason : null;

    private static void ThrowIfError(StreamingChatCompletionUpdate raw)
    {
        if (!raw.Patch.Contains("$.error"u8))
            return;
        var error = raw.Patch.GetJson("$.error"u8).ToString();
        throw new HttpIOException(HttpRequestError.InvalidResponse, error).With(VendorFailures.OfStream(error));
    }

    // OpenRouter, Groq, Together and newer versions of vLLM say "reasoning" where DeepSeek says "reasoning_content".
    private static void AddReasoning(ChatResponseUpdate update, StreamingChatCompletionUpdate raw)
    {
        if (
            raw.Patch.TryGetValue("$.choices[0].delta.reasoning"u8, out string? reasoning)
            && !string.IsNullOrEmpty(reasoning)
            && !update.Contents.OfType<TextReasoningContent>().Any()
        )
            update.Contents.Insert(0, new TextReasoningContent(reasoning));
    }

    private ChatOptions? Adapt(ChatOptions? options, bool streams)
    {
        var limit = dialect.HasFlag(OpenAIDialect.MaxTokens) ? options?.MaxOutputTokens : null;
        var seed = dialect.HasFlag(OpenAIDialect.RandomSeed) ? options?.Seed : null;
        var topK = dialect.HasFlag(OpenAIDialect.TopK) ? options?.TopK : null;
        var dropsStreamOptions = streams && dialect.HasFlag(OpenAIDialect.NoStreamOptions);
        // What raw parameters say counts for the SDK's adapter; a bound on the output may have come from a budget.
        var bound = options?.RawRepresentationFactory is null ? null : options.MaxOutputTokens;
        if (limit is null && seed is null && topK is null && bound is null && !dropsStreamOptions)
            return options;
        var adapted = options?.Clone() ?? new();
        var create = adapted.RawRepresentationFactory;
        if (limit is not null)
            adapted.MaxOutputTokens = null;
        if (seed is not null)
            adapted.Seed = null;
        adapted.RawRepresentationFactory = client =>
        {
            var raw = create?.Invoke(client) as ChatCompletionOptions ?? new ChatCompletionOptions();
            if (bound < raw.MaxOutputTokenCount)
                raw.MaxOutputTokenCount = bound;
            if (limit is { } tokens)
                raw.Patch.Set("$.max_tokens"u8, tokens);
            if (seed is { } number)
                raw.Patch.Set("$.random_seed"u8, number);
            if (topK is { } most)
                raw.Patch.Set("$.top_k"u8, most);
            if (dropsStreamOptions)
                raw.Patch.Remove("$.stream_options"u8);
            return raw;
        };
        return adapted;
    }
#pragma warning restore SCME0001
}
