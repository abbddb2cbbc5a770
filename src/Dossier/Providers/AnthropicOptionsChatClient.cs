using System.Globalization;
using System.Text.Json;
using Anthropic.Models.Messages;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// Sends what the SDK's adapter passes over: temperature, top_p and top_k, which the version of the API that the SDK speaks has no more, go with the
/// version before it (https://platform.claude.com/docs/en/api/migration-2026-10-21). And a bound on the output holds also beside raw parameters.
/// </summary>
/// <param name="innerClient">The SDK's client.</param>
/// <param name="model">The model.</param>
internal sealed class AnthropicOptionsChatClient(IChatClient innerClient, string model) : DelegatingChatClient(innerClient)
{
    private static readonly JsonElement s_versionWithSampling = JsonElement.Parse($"\"{AnthropicProvider.FormerVersion}\"");

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

    /// <summary>The options of a call that no client of this kind sends.</summary>
    public static IReadOnlyList<string> Unsent(string model, ChatOptions options) =>
        [
            .. ClaudeModel.UnsentSampling(model, options),
            .. UnsentOptions.In(
                options,
                (nameof(ChatOptions.FrequencyPenalty), options.FrequencyPenalty is not null),
                (nameof(ChatOptions.PresencePenalty), options.PresencePenalty is not null),
                (nameof(ChatOptions.Seed), options.Seed is not null),
                (nameof(ChatOptions.ResponseFormat), options.ResponseFormat is ChatResponseFormatJson json && !IsSent(json)),
                (
                    nameof(ChatOptions.Tools),
                    UnsentOptions.HasOther(options, static tool => tool is HostedWebSearchTool or HostedCodeInterpreterTool || IsRaw(tool))
                ),
                (nameof(ChatOptions.AdditionalProperties), options.AdditionalProperties is { Count: > 0 })
            ),
        ];

    // The API has structured output by a schema of an object, and no free JSON.
    private static bool IsSent(ChatResponseFormatJson json) =>
        json.Schema is { ValueKind: JsonValueKind.Object } schema
        && schema.TryGetProperty("properties", out var properties)
        && properties.ValueKind == JsonValueKind.Object;

    private static bool IsRaw(AITool tool) => tool.GetService<ToolUnion>() is not null;

    private ChatOptions? Adapt(ChatOptions? options)
    {
        if (options is null)
            return null;
        var samples = (options.Temperature ?? options.TopP ?? options.TopK) is not null;
        // The SDK says whether tools may be called in parallel only together with a mode.
        var lacksMode = options is { AllowMultipleToolCalls: not null, ToolMode: null, Tools.Count: > 0 };
        var isBounded = options is { MaxOutputTokens: not null, RawRepresentationFactory: not null };
        if (!samples && !lacksMode && !isBounded)
            return options;
        var adapted = options.Clone();
        if (lacksMode)
            adapted.ToolMode = ChatToolMode.Auto;
        if (samples || isBounded)
            adapted.RawRepresentationFactory = client => Parameters(options, options.RawRepresentationFactory?.Invoke(client));
        return adapted;
    }

    private MessageCreateParams Parameters(ChatOptions options, object? raw)
    {
        var parameters =
            raw as MessageCreateParams
            ?? new MessageCreateParams
            {
                MaxTokens = options.MaxOutputTokens ?? ClaudeModel.DefaultMaxTokensOf(options),
                Messages = [],
                Model = options.ModelId ?? model,
            };
        if (options.MaxOutputTokens < parameters.MaxTokens)
            parameters = parameters with { MaxTokens = options.MaxOutputTokens.Value };
        var headers = parameters.RawHeaderData.ToDictionary();
        var body = parameters.RawBodyData.ToDictionary();
        var isSampled = false;
        Set("temperature", options.Temperature);
        Set("top_p", options.TopP);
        Set("top_k", options.TopK);
        if (isSampled)
            headers[AnthropicProvider.VersionHeader] = s_versionWithSampling;
        return MessageCreateParams.FromRawUnchecked(headers, parameters.RawQueryData, body);

        void Set<T>(string name, T? value)
            where T : struct, IFormattable
        {
            if (value is not { } given)
                return;
            isSampled = true;
            body.TryAdd(name, JsonElement.Parse(given.ToString(null, CultureInfo.InvariantCulture)));
        }
    }
}
