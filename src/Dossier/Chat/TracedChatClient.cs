using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// The GenAI conventions. What they see is a copy in which keys and tokens are masked and files are referred to by digest, and without content
/// unless it is wanted; the model and the caller get what was sent and what was answered. What cannot be masked, because a redactor fails, is
/// not seen, and nothing else comes of it here.
/// </summary>
internal sealed class TracedChatClient : DelegatingChatClient
{
    private readonly OpenTelemetryChatClient _telemetry;
    private readonly StoreServices _services;

    /// <param name="innerClient">The vendor's client.</param>
    /// <param name="services">What is masked, and whether spans carry what is sent and what is answered.</param>
    public TracedChatClient(IChatClient innerClient, StoreServices services)
        : base(innerClient)
    {
        _services = services;
        var hasContent = HasContent(services);
        _telemetry = new(new Behind(innerClient, services.Masker, hasContent)) { EnableSensitiveData = hasContent };
    }

    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        var exchange = new Exchange([.. messages], options, _services);
        try
        {
            await _telemetry.GetResponseAsync(Shown(exchange.Messages), exchange, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (exchange.Failure.IsHidden)
        {
            exchange.Failure.Throw();
        }
        return exchange.Response!;
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        var exchange = new Exchange([.. messages], options, _services);
        var shadows = _telemetry
            .GetStreamingResponseAsync(Shown(exchange.Messages), exchange, cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        await using (shadows.ConfigureAwait(false))
        {
            while (await MoveNextAsync(shadows, exchange.Failure).ConfigureAwait(false))
            {
                if (exchange.Update is { } update)
                    yield return update;
            }
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

    private static bool HasContent(StoreServices services) => services is { Options.TraceContent: true, Capture: Capture.Full };

    private List<ChatMessage> Shown(IReadOnlyList<ChatMessage> messages) => HasContent(_services) ? Masked(messages, _services.Masker) : [];

    private static List<ChatMessage> Masked(IEnumerable<ChatMessage> messages, SecretMasker masker)
    {
        var encoder = new MessageEncoder(masker);
        try
        {
            return [.. messages.Select(message => MessageEncoder.DecodeMessage(encoder.Encode(message)))];
        }
        catch (RedactionException)
        {
            return [];
        }
    }

    private static async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<ChatResponseUpdate> shadows, TracedFailure failure)
    {
        try
        {
            return await shadows.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception) when (failure.IsHidden)
        {
            failure.Throw();
            throw;
        }
    }

    /// <summary>One call on both sides of the telemetry, which passes its options on as they are.</summary>
    private sealed class Exchange : ChatOptions
    {
        public Exchange(IReadOnlyList<ChatMessage> messages, ChatOptions? options, StoreServices services)
            : base(options)
        {
            var masker = services.Masker;
            (Messages, Options, Failure) = (messages, options, new(services));
            Instructions = masker.ApplyOrNote(Instructions);
            ModelId = masker.ApplyOrNote(ModelId);
            ConversationId = masker.ApplyOrNote(ConversationId);
            // They are text that is sent; the conventions have them without content as well.
            StopSequences =
                !HasContent(services) || StopSequences is null ? null : [.. StopSequences.Select(text => masker.ApplyOrNote(text))];
            Tools = Tools is null ? null : [.. Tools.Select(tool => Described(tool, masker))];
            AdditionalProperties = null;
        }

        private static AITool Described(AITool tool, SecretMasker masker) =>
            tool is AIFunctionDeclaration function
                ? AIFunctionFactory.CreateDeclaration(
                    masker.ApplyOrNote(function.Name),
                    masker.ApplyOrNote(function.Description),
                    Schema(function, masker)
                )
                : tool;

        private static JsonElement Schema(AIFunctionDeclaration function, SecretMasker masker)
        {
            try
            {
                return JsonElement.Parse(masker.ApplyJson(Encoding.UTF8.GetBytes(function.JsonSchema.GetRawText())).Span);
            }
            catch (RedactionException)
            {
                return JsonElement.Parse("{}"u8);
            }
        }

        public TracedFailure Failure { get; }

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
            ChatResponse response;
            try
            {
                response = await base.GetResponseAsync(exchange.Messages, exchange.Options, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (exchange.Failure.Hides(e))
            {
                throw exchange.Failure.StandIn;
            }
            exchange.Response = response;
            return new(hasContent ? Masked(response.Messages, masker) : [])
            {
                ModelId = masker.ApplyOrNote(response.ModelId),
                ResponseId = masker.ApplyOrNote(response.ResponseId),
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
            await foreach (var update in ReadAsync(exchange, cancellationToken).ConfigureAwait(false))
            {
                if (hasContent)
                    updates.Add(update);
                exchange.Update = update;
                // Without its text: a key may come in pieces, and is masked only in the whole.
                yield return new(update.Role, [.. update.Contents.OfType<UsageContent>()])
                {
                    ModelId = masker.ApplyOrNote(update.ModelId),
                    ResponseId = masker.ApplyOrNote(update.ResponseId),
                    FinishReason = Reason(update.FinishReason),
                };
            }
            exchange.Update = null;
            if (!hasContent)
                yield break;
            var contents = Masked(updates.ToChatResponse().Messages, masker).SelectMany(message => message.Contents);
            yield return new(ChatRole.Assistant, [.. contents]);
        }

        public override object? GetService(Type serviceType, object? serviceKey = null)
        {
            var service = base.GetService(serviceType, serviceKey);
            return service is ChatClientMetadata given
                ? new ChatClientMetadata(
                    masker.ApplyOrNote(given.ProviderName),
                    given.ProviderUri,
                    masker.ApplyOrNote(given.DefaultModelId)
                )
                : service;
        }

        private async IAsyncEnumerable<ChatResponseUpdate> ReadAsync(
            Exchange exchange,
            [EnumeratorCancellation] CancellationToken cancellationToken
        )
        {
            IAsyncEnumerator<ChatResponseUpdate>? stream = null;
            try
            {
                while (true)
                {
                    try
                    {
                        stream ??= base.GetStreamingResponseAsync(exchange.Messages, exchange.Options, cancellationToken)
                            .GetAsyncEnumerator(cancellationToken);
                        if (!await stream.MoveNextAsync().ConfigureAwait(false))
                            break;
                    }
                    catch (Exception e) when (exchange.Failure.Hides(e))
                    {
                        throw exchange.Failure.StandIn;
                    }
                    yield return stream.Current;
                }
            }
            finally
            {
                if (stream is not null)
                    await stream.DisposeAsync().ConfigureAwait(false);
            }
        }

        private ChatFinishReason? Reason(ChatFinishReason? reason) =>
            reason is { } given ? new ChatFinishReason(masker.ApplyOrNote(given.Value)) : null;

        // The one in front of the telemetry owns the vendor's client.
        protected override void Dispose(bool disposing) => base.Dispose(disposing: false);
    }
}
