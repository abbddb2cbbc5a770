using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using OpenAI.Chat;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace Dossier;

/// <summary>
/// Levels out what servers of OpenAI's protocol do differently: names in the request, the meaning of the usage, reasoning under
/// another name. Throws when a stream reports an error after it has begun, as vLLM, OpenRouter and others do with an event that
/// has an <c>error</c>: the SDK reads over it, and a broken answer would pass for a whole one.
/// </summary>
/// <param name="innerClient">The SDK's client.</param>
/// <param name="dialect">What the server does differently.</param>
internal sealed class DialectChatClient(IChatClient innerClient, OpenAIDialect dialect) : DelegatingChatClient(innerClient)
{
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ChatResponse response;
        try
        {
            response = await base.GetResponseAsync(messages, Adapt(options, streams: false), cancellationToken).ConfigureAwait(false);
        }
        catch (ArgumentOutOfRangeException exception) when (IsFinishReason(exception))
        {
            throw Ended(exception);
        }
        if (response.RawRepresentation is not ChatCompletion raw)
            return response;
        if (response.Usage is { } usage && raw.Usage is { } rawUsage)
            OpenAIUsage.Complete(usage, rawUsage, dialect);
#pragma warning disable SCME0001 // the SDK's only way to a member that it has no property for
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

    /// <exception cref="HttpIOException">The stream reported an error; the message is what it said. Or it ended without saying why.</exception>
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        // Google and xAI report the usage so far with every piece, and consumers add up what they get: the last one is the whole.
        ChatResponseUpdate? usage = null;
        var isEnded = false;
        var updates = base.GetStreamingResponseAsync(messages, Adapt(options, streams: true), cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        await using var _ = updates.ConfigureAwait(false);
        while (await MoveNextAsync(updates).ConfigureAwait(false))
        {
            var update = updates.Current;
            isEnded |= update.FinishReason is not null;
            if (update.RawRepresentation is StreamingChatCompletionUpdate raw)
            {
                ThrowIfError(raw);
                AddReasoning(update, raw);
                usage = TakeUsage(update, raw) is { } details ? UsageUpdate(update, details) : usage;
            }
            if (update.Contents.Count > 0 || update.FinishReason is not null || usage is null)
                yield return update;
        }
        if (usage is not null)
            yield return usage;
        if (!isEnded)
            throw new HttpIOException(HttpRequestError.ResponseEnded, "The stream ended before the answer did.");
    }

    private static async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<ChatResponseUpdate> updates)
    {
        try
        {
            return await updates.MoveNextAsync().ConfigureAwait(false);
        }
        catch (ArgumentOutOfRangeException exception) when (IsFinishReason(exception))
        {
            throw Ended(exception);
        }
    }

    // The SDK reads OpenAI's five reasons and no other. Those that others have say that the answer failed: DeepSeek's
    // insufficient_system_resource (https://api-docs.deepseek.com/api/create-chat-completion), error of OpenRouter and Mistral.
    private static bool IsFinishReason(ArgumentOutOfRangeException exception) =>
        exception is { ActualValue: string } && exception.Message.StartsWith("Unknown ChatFinishReason", StringComparison.Ordinal);

    private static HttpIOException Ended(ArgumentOutOfRangeException exception)
    {
        var failure = exception.ActualValue switch
        {
            "insufficient_system_resource" => new ProviderFailure(ProviderErrorKind.Overloaded, IsTransient: true),
            "error" => new(ProviderErrorKind.StreamInterrupted, IsTransient: true),
            _ => new(ProviderErrorKind.Unknown),
        };
        return new HttpIOException(
            HttpRequestError.InvalidResponse,
            $"The answer ended with the reason '{exception.ActualValue}'.",
            exception
        ).With(failure);
    }

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
