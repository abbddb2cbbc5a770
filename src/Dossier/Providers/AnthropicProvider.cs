using System.Net.Http.Headers;
using Anthropic;
using Anthropic.Core;
using Anthropic.Exceptions;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// Anthropic, and what speaks its messages protocol. Retries of the vendor's client are off, so that every try is seen; its
/// environment variables are not read here, so that a key goes only where configuration says.
/// </summary>
/// <param name="timeProvider">The clock that an HTTP date in <c>Retry-After</c> is compared with; the system's by default.</param>
internal sealed class AnthropicProvider(TimeProvider? timeProvider = null) : IModelProvider
{
    internal const string VersionHeader = "anthropic-version";

    /// <summary>The version of the API before the one that the SDK speaks: models are listed with it, and it knows temperature.</summary>
    internal const string FormerVersion = "2023-06-01";

    private static readonly (string, string) KeyHeader = ("x-api-key", "");

    private static readonly Lazy<IReadOnlyList<(string Name, string Value)>> s_environmentHeaders = new(() =>
        [
            .. (Environment.GetEnvironmentVariable("ANTHROPIC_CUSTOM_HEADERS") ?? "")
                .Split('\n')
                .Select(line => line.Split(':', 2))
                .Where(parts => parts.Length == 2 && !parts[0].Trim().Is(VersionHeader))
                .Select(parts => (parts[0].Trim(), parts[1].Trim())),
        ]
    );

    private readonly TimeProvider _timeProvider = timeProvider ?? TimeProvider.System;

    public IChatClient CreateChatClient(string model, ProviderConnection connection)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(model);
        ArgumentNullException.ThrowIfNull(connection);
        var endpoint = BaseUrl(ProviderEndpoint.Of(connection));
        var client = new AnthropicClient(
            new ClientOptions
            {
                HttpClient = VendorHandler.Client(
                    connection,
                    endpoint,
                    KeyHeader,
                    _timeProvider,
                    AnthropicExceptionFactory.CreateApiException,
                    Prepare
                ),
                BaseUrl = endpoint.AbsoluteUri.TrimEnd('/'),
                // Set to nothing, or the SDK takes what it finds in the environment and on the disk. The key goes in the header
                // that the API documents; the SDK would send it as a bearer token.
                ApiKey = null,
                AuthToken = null,
                MaxRetries = 0,
                Timeout = Timeout.InfiniteTimeSpan,
            }
        );
        var timeout = connection.Options.Timeout ?? ProviderOptions.DefaultTimeout;
        var thinking = ClaudeModel.ThinksAdaptively(model) ? AnthropicThinkingMode.Adaptive : AnthropicThinkingMode.Extended;
        var adapter = client.AsIChatClient(model, ClaudeModel.DefaultMaxTokens, thinking);
        return new AnswerGuardChatClient(
            new CacheWriteChatClient(new AnthropicOptionsChatClient(adapter, model)),
            timeout,
            connection.TimeProvider
        );
    }

    public int? GetDefaultMaxOutputTokens(string model, ProviderConnection connection, ChatOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        // Raw parameters bring a bound of their own.
        return options.RawRepresentationFactory is null ? ClaudeModel.DefaultMaxTokensOf(options) : null;
    }

    public IReadOnlyList<string> GetUnsentOptions(string model, ProviderConnection connection, ChatOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        return AnthropicOptionsChatClient.Unsent(model, options);
    }

    public async Task<ModelList?> ListModelsAsync(ProviderConnection connection, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        using var client = new ModelListClient(connection, BaseUrl(ProviderEndpoint.Of(connection)), KeyHeader, cancellationToken);
        client.Add(VersionHeader, FormerVersion);
        return await AnthropicModelList.ReadAsync(client, connection.Name, Detected.Source(connection)).ConfigureAwait(false);
    }

    public ProviderFailure? Classify(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return VendorFailures.At(exception)
            ?? exception switch
            {
                // The message holds the event's data.
                AnthropicSseException broken => VendorFailures.OfStream(broken.Body.ToString()),
                AnthropicApiException answered => VendorFailures.Of((int)answered.StatusCode, answered.ResponseBody, null),
                _ => null,
            };
    }

    /// <summary>
    /// The SDK sends the headers of an environment variable, keys of a gateway among them, to whatever endpoint there is; only configuration says
    /// what goes where. And it adds a header of a call to its own of that name, of which the call's is the last.
    /// </summary>
    private static void Prepare(HttpRequestHeaders headers)
    {
        foreach (var (name, value) in s_environmentHeaders.Value)
            Set(headers, name, Values(headers, name).Where(own => !string.Equals(own, value, StringComparison.Ordinal)));
        Set(headers, VersionHeader, Values(headers, VersionHeader).TakeLast(1));
    }

    private static string[] Values(HttpRequestHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? [.. values] : [];

    private static void Set(HttpRequestHeaders headers, string name, IEnumerable<string> values)
    {
        headers.Remove(name);
        headers.TryAddWithoutValidation(name, values);
    }

    /// <summary>The SDK adds the version to the path; people have it in the endpoint, as with others.</summary>
    private static Uri BaseUrl(Uri endpoint)
    {
        var text = endpoint.AbsoluteUri.TrimEnd('/');
        return new(text.EndsWith("/v1", StringComparison.Ordinal) ? text[..^2] : text + "/");
    }
}
