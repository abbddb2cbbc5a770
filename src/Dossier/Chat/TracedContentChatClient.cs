using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// The GenAI conventions with content. What they see is a copy in which keys and tokens are masked and files are referred to by digest; the model
/// and the caller get what was sent and what was answered.
/// </summary>
internal sealed class TracedContentChatClient : DelegatingChatClient
{
    private readonly OpenTelemetryChatClient _telemetry;
    private readonly SecretMasker _masker;

    /// <param name="innerClient">The vendor's client.</param>
    /// <param name="masker">What is masked.</param>
    public TracedContentChatClient(IChatClient innerClient, SecretMasker masker)
        : base(innerClient) => (_masker, _telemetry) = (masker, new(new Behind(innerClient, masker)) { EnableSensitiveData = true });

    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        var exchange = new Exchange([.. messages], options, _masker);
        await _telemetry.GetResponseAsync(Masked(exchange.Messages, _masker), exchange, cancellationToken).ConfigureAwait(false);
        return exchange.Response!;
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        var exchange = new Exchange([.. messages], options, _masker);
        var shadows = _telemetry.GetStreamingResponseAsync(Masked(exchange.Messages, _masker), exchange, cancellationToken);
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

    private static List<ChatMessage> Masked(IEnumerable<ChatMessage> messages, SecretMasker masker)
    {
        var encoder = new MessageEncoder(masker);
        return [.. messages.Select(message => MessageEncoder.DecodeMessage(encoder.Encode(message)))];
    }

    /// <summary>One call on both sides of the telemetry, which passes its options on as they are.</summary>
    private sealed class Exchange : ChatOptions
    {
        public Exchange(IReadOnlyList<ChatMessage> messages, ChatOptions? options, SecretMasker masker)
            : base(options)
        {
            (Messages, Options) = (messages, options);
            Instructions = masker.ApplyTo(Instructions);
            AdditionalProperties = null;
        }

        public IReadOnlyList<ChatMessage> Messages { get; }

        public ChatOptions? Options { get; }

        public ChatResponse? Response { get; set; }

        /// <summary>What the caller is to get instead of the update that the telemetry has seen; null for none.</summary>
        public ChatResponseUpdate? Update { get; set; }
    }

    /// <summary>Behind the telemetry: calls the model with what it is to get, and shows the telemetry what it may see.</summary>
    private sealed class Behind(IChatClient innerClient, SecretMasker masker) : DelegatingChatClient(innerClient)
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
            return new(Masked(response.Messages, masker))
            {
                ModelId = response.ModelId,
                ResponseId = response.ResponseId,
                FinishReason = response.FinishReason,
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
                updates.Add(update);
                exchange.Update = update;
                // Without its text: a key may come in pieces, and is masked only in the whole.
                yield return new(update.Role, [.. update.Contents.OfType<UsageContent>()])
                {
                    ModelId = update.ModelId,
                    ResponseId = update.ResponseId,
                    FinishReason = update.FinishReason,
                };
            }
            exchange.Update = null;
            var contents = Masked(updates.ToChatResponse().Messages, masker).SelectMany(message => message.Contents);
            yield return new(ChatRole.Assistant, [.. contents]);
        }

        // The one in front of the telemetry owns the vendor's client.
        protected override void Dispose(bool disposing) => base.Dispose(disposing: false);
    }
}
