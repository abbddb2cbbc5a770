using System.ClientModel;
using System.ClientModel.Primitives;
using System.Collections.Concurrent;
using Azure.Identity;
using Microsoft.Extensions.AI;
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

    // One for all models of a scope: they cache the tokens.
    private readonly ConcurrentDictionary<string, AuthenticationPolicy> _azure = new(StringComparer.Ordinal);
    private readonly Lazy<AuthenticationTokenProvider> _azureCredential = new(
        azureCredential ?? (static () => new DefaultAzureCredential())
    );

    public IChatClient CreateChatClient(string model, ProviderConnection connection)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(model);
        ArgumentNullException.ThrowIfNull(connection);
        var endpoint = ProviderEndpoint.Of(connection);
        return new DialectChatClient(
            Open(connection, endpoint).GetChatClient(model).AsIChatClient(),
            DialectOf(connection),
            new(connection.Name, model),
            connection.LoggerFactory.CreateLogger("Dossier")
        );
    }

    public IReadOnlyList<string> GetUnsentOptions(string model, ProviderConnection connection, ChatOptions options)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(options);
        return
        [
            .. UnsentOptions.In(
                options,
                (nameof(ChatOptions.TopK), options.TopK is not null && !DialectOf(connection).HasFlag(OpenAIDialect.TopK)),
                (nameof(ChatOptions.Tools), UnsentOptions.HasOther(options, static tool => tool is HostedWebSearchTool)),
                (
                    nameof(ChatOptions.AdditionalProperties),
                    options.AdditionalProperties?.Any(property => property.Key is not "strict") is true
                )
            ),
        ];
    }

    public IEmbeddingGenerator<string, Embedding<float>> CreateEmbeddingGenerator(string model, ProviderConnection connection)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(model);
        ArgumentNullException.ThrowIfNull(connection);
        return Open(connection, ProviderEndpoint.Of(connection)).GetEmbeddingClient(model).AsIEmbeddingGenerator();
    }

    public async Task<ModelList?> ListModelsAsync(ProviderConnection connection, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        if (!string.IsNullOrEmpty(connection.Options.Credential))
            return null; // what an Azure resource lists are the models that could be deployed, not those that are
        var endpoint = ProviderEndpoint.Of(connection);
        var source = Detected.Source(connection);
        var shape = ProviderPresets.Find(connection.Name, endpoint)?.Models ?? ModelListShape.OpenAI;
        if (shape == ModelListShape.Gemini && endpoint.AbsolutePath.TrimEnd('/').EndsWith("/openai", StringComparison.Ordinal))
        {
            var own = new Uri(endpoint.AbsoluteUri.TrimEnd('/') + "/..");
            using var google = new ModelListClient(connection, own, ("x-goog-api-key", ""), cancellationToken);
            return await GeminiModelList.ReadAsync(google, connection.Name, source).ConfigureAwait(false);
        }
        using var client = new ModelListClient(connection, endpoint, ("Authorization", "Bearer "), cancellationToken);
        return shape switch
        {
            ModelListShape.LlamaCpp => await LlamaCppModelList.ReadAsync(client, connection.Name, source).ConfigureAwait(false),
            ModelListShape.LMStudio => await LMStudioAsync(client, connection.Name, source).ConfigureAwait(false),
            _ => await OpenAIModelList.ReadAsync(client, connection.Name, source).ConfigureAwait(false),
        };
    }

    public ProviderFailure? Classify(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception switch
        {
            ClientResultException { Status: not 0 } answered => ClassifyAnswer(answered),
            AuthenticationFailedException => new(ProviderErrorKind.Authentication),
            _ => VendorFailures.At(exception),
        };
    }

    private static OpenAIDialect DialectOf(ProviderConnection connection)
    {
        var endpoint = connection.Options.Endpoint;
        var preset = endpoint is null ? ProviderPresets.Find(connection.Name) : ProviderPresets.Find(connection.Name, endpoint);
        return preset?.Dialect ?? OpenAIDialect.None;
    }

    private static async Task<ModelList> LMStudioAsync(ModelListClient client, string provider, FactSource source)
    {
        try
        {
            return await OpenAIModelList.ReadAsync(client, provider, source, "../api/v0/models").ConfigureAwait(false);
        }
        catch (HttpRequestException exception) when (exception.StatusCode == System.Net.HttpStatusCode.NotFound)
        {
            return await OpenAIModelList.ReadAsync(client, provider, source).ConfigureAwait(false); // older than 0.3.6
        }
    }

    private OpenAIClient Open(ProviderConnection connection, Uri endpoint)
    {
        var options = connection.Options;
        var clientOptions = new OpenAIClientOptions
        {
            Endpoint = endpoint,
            NetworkTimeout = options.Timeout ?? ProviderOptions.DefaultTimeout,
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            Transport = new HttpClientPipelineTransport(HttpClients.For(options.Proxy)),
        };
        clientOptions.AddPolicy(new ErrorAnswerPolicy(), PipelinePosition.PerCall);
        clientOptions.AddPolicy(new FinishReasonPolicy(), PipelinePosition.PerCall);
        if (options.Headers.Count > 0)
            clientOptions.AddPolicy(new HeadersPolicy(options.Headers), PipelinePosition.BeforeTransport);
#pragma warning disable OPENAI001 // the documented way to Azure sign-in and to endpoints without a key; keys would do without it
        return new OpenAIClient(Authentication(connection.Name, options, endpoint), clientOptions);
#pragma warning restore OPENAI001
    }

    private ProviderFailure ClassifyAnswer(ClientResultException exception)
    {
        var response = exception.GetRawResponse();
        return VendorFailures.Of(exception.Status, BodyOf(response), RetryAfter(response));
    }

    private static string? BodyOf(PipelineResponse? response)
    {
        try
        {
            return response?.Content.ToString();
        }
        catch (InvalidOperationException)
        {
            return null; // of a client that the program made itself and that did not keep it
        }
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
        if (string.IsNullOrEmpty(options.Credential))
            return new NoAuthentication();
        if (!options.Credential.Is("azure"))
            throw ProviderEndpoint.Invalid(
                $"Provider '{name}' has the unknown credential '{options.Credential}'. Set Dossier:Providers:{name}:Credential to 'azure', or remove it and set a key."
            );
        var isElsewhere = ProviderPresets.All.Any(vendor => vendor.IsAt(endpoint));
        if (isElsewhere || !string.Equals(endpoint.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal))
            throw ProviderEndpoint.Invalid(
                $"Provider '{name}' signs in to Azure, but its endpoint is {endpoint.GetLeftPart(UriPartial.Authority)}. Set Dossier:Providers:{name}:Endpoint to the resource's, such as https://NAME.openai.azure.com/openai/v1/."
            );
        var scope = string.IsNullOrWhiteSpace(options.CredentialScope) ? AzureScope : options.CredentialScope;
        return _azure.GetOrAdd(scope, static (it, credential) => new BearerTokenPolicy(credential.Value, it), _azureCredential);
    }

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
