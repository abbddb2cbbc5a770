using Microsoft.Extensions.AI;
using OllamaSharp;
using OllamaSharp.Models;
using OllamaSharp.Models.Exceptions;

namespace Dossier;

/// <summary>Ollama, by its own protocol. Its SDK knows no retries. A key, for a server behind a gateway, goes as a bearer token.</summary>
/// <param name="timeProvider">The clock that an HTTP date in <c>Retry-After</c> is compared with; the system's by default.</param>
internal sealed class OllamaProvider(TimeProvider? timeProvider = null) : IModelProvider
{
    private static readonly (string, string) KeyHeader = ("Authorization", "Bearer ");

    private readonly TimeProvider _timeProvider = timeProvider ?? TimeProvider.System;

    public IChatClient CreateChatClient(string model, ProviderConnection connection)
    {
        var timeout = (connection ?? throw new ArgumentNullException(nameof(connection))).Options.Timeout ?? ProviderOptions.DefaultTimeout;
        return new AnswerGuardChatClient(new OllamaOptionsChatClient(Open(model, connection)), timeout, connection.TimeProvider);
    }

    public IReadOnlyList<string> GetUnsentOptions(string model, ProviderConnection connection, ChatOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return OllamaOptionsChatClient.Unsent(options);
    }

    public IEmbeddingGenerator<string, Embedding<float>> CreateEmbeddingGenerator(string model, ProviderConnection connection) =>
        Open(model, connection);

    public async Task<ModelList?> ListModelsAsync(ProviderConnection connection, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        using var client = new ModelListClient(
            connection,
            ProviderEndpoint.Of(connection),
            KeyHeader,
            cancellationToken,
            maxQuestions: 2000
        );
        return await OllamaModelList.ReadAsync(client, connection.Name, Detected.Source(connection)).ConfigureAwait(false);
    }

    public ProviderFailure? Classify(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return VendorFailures.At(exception) ?? (exception is OllamaException ? VendorFailures.Of(400, exception.Message, null) : null);
    }

    private Client Open(string model, ProviderConnection connection)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(model);
        ArgumentNullException.ThrowIfNull(connection);
        var endpoint = new Uri(ProviderEndpoint.Of(connection).AbsoluteUri.TrimEnd('/') + "/");
        var http = VendorHandler.Client(
            connection,
            endpoint,
            KeyHeader,
            _timeProvider,
            static (status, body) => new HttpRequestException(VendorError.Parse(body).Message, null, status)
        );
        return new Client(http, model);
    }

    /// <summary>The SDK's client, which sees errors inside of a stream.</summary>
    private sealed class Client(HttpClient http, string model) : OllamaApiClient(http, model)
    {
        protected override async Task<HttpResponseMessage> SendToOllamaAsync(
            HttpRequestMessage requestMessage,
            OllamaRequest? ollamaRequest,
            HttpCompletionOption completionOption,
            CancellationToken cancellationToken
        )
        {
            var response = await base.SendToOllamaAsync(requestMessage, ollamaRequest, completionOption, cancellationToken)
                .ConfigureAwait(false);
            if (completionOption == HttpCompletionOption.ResponseHeadersRead)
                response.Content = new StreamContent(
                    new OllamaErrorLines(
                        await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false),
                        cancellationToken
                    )
                );
            return response;
        }
    }
}
