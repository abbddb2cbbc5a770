using System.ClientModel;
using System.ClientModel.Primitives;
using Azure.Identity;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;
using OpenAI;

namespace Dossier;

/// <summary>
/// OpenAI and everything that speaks its chat-completions protocol. Retries of the vendor's client are off, so that every try is
/// seen. <see cref="ProviderOptions.Timeout"/> bounds a whole answer, and of a stream each wait for the next piece.
/// </summary>
/// <param name="timeProvider">The clock that an HTTP date in <c>Retry-After</c> is compared with; the system's by default.</param>
/// <param name="azureCredential">Makes the sign-in of <c>Credential = "azure"</c>; Azure.Identity's default chain by default.</param>
internal sealed class OpenAIProvider(TimeProvider? timeProvider = null, Func<AuthenticationTokenProvider>? azureCredential = null)
    : IModelProvider
{
    /// <summary>The scope of the v1 API, see README.md of the OpenAI package, "How to work with Azure OpenAI".</summary>
    private const string AzureScope = "https://ai.azure.com/.default";

    private static readonly Uri VendorEndpoint = new("https://api.openai.com/v1");

    // One for all models: it caches the tokens.
    private readonly Lazy<AuthenticationPolicy> _azure = new(() =>
        new BearerTokenPolicy(azureCredential?.Invoke() ?? new DefaultAzureCredential(), AzureScope)
    );

    public IChatClient CreateChatClient(string model, ProviderConnection connection)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(model);
        ArgumentNullException.ThrowIfNull(connection);
        var options = connection.Options;
        if (options.Endpoint is null && ProviderPresets.Find(connection.Name) is { NeedsEndpoint: true } preset)
            throw Invalid(
                $"Provider '{preset.Name}' has no endpoint. Set the environment variable {preset.EndpointVariable}, or the configuration key Dossier:Providers:{preset.Name}:Endpoint."
            );
        var endpoint = options.Endpoint ?? VendorEndpoint;
        var clientOptions = new OpenAIClientOptions
        {
            Endpoint = endpoint,
            NetworkTimeout = options.Timeout ?? ProviderOptions.DefaultTimeout,
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            Transport = new HttpClientPipelineTransport(HttpClients.For(options.Proxy)),
        };
        if (options.Headers.Count > 0)
            clientOptions.AddPolicy(new HeadersPolicy(options.Headers), PipelinePosition.BeforeTransport);
#pragma warning disable OPENAI001 // the documented way to Azure sign-in and to endpoints without a key; keys would do without it
        var client = new OpenAIClient(Authentication(connection.Name, options, endpoint), clientOptions);
#pragma warning restore OPENAI001
        var chat = new StreamErrorChatClient(client.GetChatClient(model).AsIChatClient());
        return MaxTokensChatClient.IsNeededBy(endpoint) ? new MaxTokensChatClient(chat) : chat;
    }

    public ProviderFailure? Classify(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception switch
        {
            ClientResultException { Status: not 0 } answered => ClassifyAnswer(answered),
            AuthenticationFailedException => new(ProviderErrorKind.Authentication),
            _ => null,
        };
    }

    private ProviderFailure ClassifyAnswer(ClientResultException exception)
    {
        var failure = HttpFailures.FromStatus(exception.Status, RetryAfter(exception.GetRawResponse()));
        // Type and code of the answer's error are part of the message. A quota comes back with a payment, not with time.
        // https://platform.openai.com/docs/guides/error-codes
        return failure.Kind == ProviderErrorKind.RateLimited && exception.Message.Contains("insufficient_quota", StringComparison.Ordinal)
            ? failure with
            {
                IsTransient = false,
                RetryAfter = null,
            }
            : failure;
    }

    private TimeSpan? RetryAfter(PipelineResponse? response)
    {
        if (response is null)
            return null;
        if (response.Headers.TryGetValue("retry-after-ms", out var exact) && HttpFailures.ParseRetryAfterMilliseconds(exact) is { } wait)
            return wait;
        return response.Headers.TryGetValue("Retry-After", out var value)
            ? HttpFailures.ParseRetryAfter(value, timeProvider ?? TimeProvider.System)
            : null;
    }

    private AuthenticationPolicy Authentication(string name, ProviderOptions options, Uri endpoint)
    {
        if (!string.IsNullOrEmpty(options.ApiKey))
            return ApiKeyAuthenticationPolicy.CreateBearerAuthorizationPolicy(new ApiKeyCredential(options.ApiKey));
        var isVendors = string.Equals(endpoint.Host, VendorEndpoint.Host, StringComparison.OrdinalIgnoreCase);
        if (string.IsNullOrEmpty(options.Credential))
            return isVendors ? throw MissingKey(name, KeyVariable(name, options)) : new NoAuthentication();
        if (!string.Equals(options.Credential, "azure", StringComparison.OrdinalIgnoreCase))
            throw Invalid(
                $"Provider '{name}' has the unknown credential '{options.Credential}'. Set Dossier:Providers:{name}:Credential to 'azure', or remove it and set a key."
            );
        if (isVendors || !string.Equals(endpoint.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal))
            throw Invalid(
                $"Provider '{name}' signs in to Azure, but its endpoint is {endpoint.GetLeftPart(UriPartial.Authority)}. Set Dossier:Providers:{name}:Endpoint to the resource's, such as https://NAME.openai.azure.com/openai/v1/."
            );
        return _azure.Value;
    }

    private static OptionsValidationException MissingKey(string name, string variable) =>
        Invalid(
            $"Provider '{name}' has no key. Set the environment variable {variable}, the configuration key Dossier:Providers:{name}:ApiKey, or SessionOptions.ApiKey."
        );

    private static string KeyVariable(string name, ProviderOptions options) =>
        options.KeyVariable ?? EnvironmentSettings.VariableOf(name, nameof(ProviderOptions.ApiKey));

    private static OptionsValidationException Invalid(string message) => new("Dossier", typeof(SessionOptions), [message]);

    /// <summary>For servers that want no key; the SDK knows no client without a policy.</summary>
    private sealed class NoAuthentication : AuthenticationPolicy
    {
        public override void Process(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex) =>
            ProcessNext(message, pipeline, currentIndex);

        public override ValueTask ProcessAsync(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex) =>
            ProcessNextAsync(message, pipeline, currentIndex);
    }

    /// <summary>Sets the configured headers last, so that they win over the SDK's.</summary>
    private sealed class HeadersPolicy(IDictionary<string, string> headers) : PipelinePolicy
    {
        private readonly KeyValuePair<string, string>[] _headers = [.. headers];

        public override void Process(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
        {
            Apply(message);
            ProcessNext(message, pipeline, currentIndex);
        }

        public override ValueTask ProcessAsync(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
        {
            Apply(message);
            return ProcessNextAsync(message, pipeline, currentIndex);
        }

        private void Apply(PipelineMessage message)
        {
            foreach (var (name, value) in _headers)
                message.Request.Headers.Set(name, value);
        }
    }
}
