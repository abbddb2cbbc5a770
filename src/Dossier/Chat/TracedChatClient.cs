using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// The GenAI conventions. What they see is a copy in which keys and tokens are masked and files are referred to by digest, and without content
/// unless it is wanted; the model and the caller get what was sent and what was answered.
/// </summary>
internal sealed class TracedChatClient : DelegatingChatClient
{
    private readonly OpenTelemetryChatClient _telemetry;
    private readonly SecretMasker _masker;
    private readonly bool _hasContent;

    /// <param name="innerClient">The vendor's client.</param>
    /// <param name="masker">What is masked.</param>
    /// <param name="hasContent">Whether spans carry what is sent and what is answered.</param>
    public TracedChatClient(IChatClient innerClient, SecretMasker masker, bool hasContent)
        : base(innerClient)
    {
        (_masker, _hasContent) = (masker, hasContent);
        _telemetry = new(new Behind(innerClient, masker, hasContent)) { EnableSensitiveData = hasContent };
    }

    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        var exchange = new Exchange([.. messages], options, _masker, _hasContent);
        await _telemetry.GetResponseAsync(Shown(exchange.Messages), exchange, cancellationToken).ConfigureAwait(false);
        return exchange.Response!;
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        var exchange = new Exchange([.. messages], options, _masker, _hasContent);
        var shadows = _telemetry.GetStreamingResponseAsync(Shown(exchange.Messages), exchange, cancellationToken);
        await foreach (var _ in shadows.ConfigureAwait(false))
        {
            if (exchange.Update is { } update)
                yield return update;
        }
    }

    // Whoever finds the telemetry of the conventions would add content that is not masked: arguments of functions and what they return.
    public override object? GetService(Type serviceType, object? serviceKey = null) => InnerClient.GetService(serviceType, serviceKey);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _telemetry.Dispose();
        base.Dispose(disposing);
    }

    private List<ChatMessage> Shown(IReadOnlyList<ChatMessage> messages) => _hasContent ? Masked(messages, _masker) : [];

    private static List<ChatMessage> Masked(IEnumerable<ChatMessage> messages, SecretMasker masker)
    {
        var encoder = new MessageEncoder(masker);
        return [.. messages.Select(message => MessageEncoder.DecodeMessage(encoder.Encode(message)))];
    }

    /// <summary>One call on both sides of the telemetry, which passes its options on as they are.</summary>
    private sealed class Exchange : ChatOptions
    {
        public Exchange(IReadOnlyList<ChatMessage> messages, ChatOptions? options, SecretMasker masker, bool hasContent)
            : base(options)
        {
            (Messages, Options) = (messages, options);
            Instructions = masker.ApplyTo(Instructions);
            ModelId = masker.ApplyTo(ModelId);
            // They are text that is sent; the conventions have them without content as well.
            StopSequences = !hasContent || StopSequences is null ? null : [.. StopSequences.Select(masker.Apply)];
            Tools = Tools is null ? null : [.. Tools.Select(tool => Described(tool, masker))];
            AdditionalProperties = null;
        }

        private static AITool Described(AITool tool, SecretMasker masker) =>
            tool is AIFunctionDeclaration function
                ? AIFunctionFactory.CreateDeclaration(
                    masker.Apply(function.Name),
                    masker.Apply(function.Description),
                    JsonElement.Parse(masker.ApplyJson(Encoding.UTF8.GetBytes(function.JsonSchema.GetRawText())).Span)
                )
                : tool;

        public IReadOnlyList<ChatMessage> Messages { get; }

        public ChatOptions? Options { get; }

        public ChatResponse? Response { get; set; }

        /// <summary>What the caller is to get instead of the update that the telemetry has seen; null for none.</summary>
        public ChatResponseUpdate? Update { get; set; }
    }

    /// <summary>Behind the telemetry: calls the model with what it is to get, and shows the telemetry what it may see.</summary>
    private sealed class Behind(IChatClient innerClient, SecretMasker masker, bool hasContent) : DelegatingChatClient(innerClient)
    {
        public override async Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            CancellationToken cancellationToken = default
        )
        {
            var exchange = (Exchange)options!;
            var response = await base.GetResponseAsync(exchange.Messages, exchange.Options, cancellationToken).ConfigureAwait(false);
            exchange.Response = response;
            return new(hasContent ? Masked(response.Messages, masker) : [])
            {
                ModelId = masker.ApplyTo(response.ModelId),
                ResponseId = masker.ApplyTo(response.ResponseId),
                FinishReason = Reason(response.FinishReason),
                Usage = response.Usage,
            };
        }

        public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            [EnumeratorCancellation] CancellationToken cancellationToken = default
        )
        {
            var exchange = (Exchange)options!;
            var updates = new List<ChatResponseUpdate>();
            var stream = base.GetStreamingResponseAsync(exchange.Messages, exchange.Options, cancellationToken);
            await foreach (var update in stream.ConfigureAwait(false))
            {
                if (hasContent)
                    updates.Add(update);
                exchange.Update = update;
                // Without its text: a key may come in pieces, and is masked only in the whole.
                yield return new(update.Role, [.. update.Contents.OfType<UsageContent>()])
                {
                    ModelId = masker.ApplyTo(update.ModelId),
                    ResponseId = masker.ApplyTo(update.ResponseId),
                    FinishReason = Reason(update.FinishReason),
                };
            }
            exchange.Update = null;
            if (!hasContent)
                yield break;
            var contents = Masked(updates.ToChatResponse().Messages, masker).SelectMany(message => message.Contents);
            yield return new(ChatRole.Assistant, [.. contents]);
        }

        private ChatFinishReason? Reason(ChatFinishReason? reason) =>
            reason is { } given ? new ChatFinishReason(masker.Apply(given.Value)) : null;

        // The one in front of the telemetry owns the vendor's client.
        protected override void Dispose(bool disposing) => base.Dispose(disposing: false);
    }
}
