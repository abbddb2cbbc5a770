using System.Text;
using System.Text.Json;

namespace Dossier;

/// <summary>
/// Asks an endpoint for its models. All answers together are bounded in size (64 MB) and in time (<see cref="ProviderOptions.Timeout"/>),
/// and an answer that is no JSON is refused by name.
/// </summary>
internal sealed class ModelListClient : IDisposable
{
    private const long MaxBytes = 64 * 1024 * 1024;
    private const int MaxQuestions = 200;

    private readonly string _provider;
    private readonly HttpClient _http;
    private readonly TimeSpan _timeout;
    private readonly CancellationToken _cancellationToken;
    private readonly CancellationTokenSource _late;
    private readonly CancellationTokenSource _either;
    private long _bytesLeft;
    private int _questionsLeft;

    /// <param name="connection">How to reach it.</param>
    /// <param name="endpoint">What paths are relative to; the key goes nowhere else.</param>
    /// <param name="keyHeader">The header that carries the key, and its value without the key.</param>
    /// <param name="cancellationToken">Stops the question.</param>
    /// <param name="maxBytes">The bound on the size.</param>
    /// <param name="maxQuestions">The bound on the number of requests: pages that never end are an error.</param>
    public ModelListClient(
        ProviderConnection connection,
        Uri endpoint,
        (string Name, string Scheme) keyHeader,
        CancellationToken cancellationToken,
        long maxBytes = MaxBytes,
        int maxQuestions = MaxQuestions
    )
    {
        _provider = connection.Name;
        (_bytesLeft, _questionsLeft) = (maxBytes, maxQuestions);
        _cancellationToken = cancellationToken;
        _timeout = connection.Options.Timeout ?? ProviderOptions.DefaultTimeout;
        _late = new(_timeout, connection.TimeProvider);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_late.Token, cancellationToken);
        _http = VendorHandler.Client(
            connection,
            new Uri(endpoint.AbsoluteUri.TrimEnd('/') + "/"),
            keyHeader,
            connection.TimeProvider,
            static (status, body) => new HttpRequestException(VendorError.Parse(body).Message, null, status)
        );
    }

    /// <summary>Sends a header with every request.</summary>
    public void Add(string header, string value) => _http.DefaultRequestHeaders.Add(header, value);

    /// <summary>What a path answers.</summary>
    /// <param name="path">The path, relative to the endpoint, with its query.</param>
    /// <param name="body">The JSON to send; null to get.</param>
    /// <exception cref="ModelDetectionException">It is no JSON, broke off, or is too long.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached, or refuses.</exception>
    /// <exception cref="TimeoutException">It is not there in time.</exception>
    public async Task<JsonDocument> AskAsync(string path, string? body = null)
    {
        if (--_questionsLeft < 0)
            throw Unusable(path, "does not come to an end");
        using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        try
        {
            using var response = await _http
                .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _either.Token)
                .ConfigureAwait(false);
            var bytes = await ReadAsync(response.Content, path).ConfigureAwait(false);
            return JsonDocument.Parse(bytes);
        }
        catch (JsonException exception)
        {
            throw Unusable(path, "is no JSON", exception);
        }
        catch (IOException exception)
        {
            throw Unusable(path, "broke off in the middle", exception);
        }
        catch (OperationCanceledException exception) when (!_cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The models of provider '{_provider}' did not arrive within {_timeout}.", exception);
        }
    }

    /// <summary>The same, or null where the server does not know the path.</summary>
    public async Task<JsonDocument?> TryAskAsync(string path)
    {
        try
        {
            return await AskAsync(path).ConfigureAwait(false);
        }
        catch (HttpRequestException exception) when (exception.StatusCode is { } status && (int)status is 404 or 405 or 501)
        {
            return null;
        }
    }

    /// <summary>The list in an answer: the member of that name, or the answer itself.</summary>
    public JsonElement ListIn(JsonElement answer, string path, params ReadOnlySpan<string> names)
    {
        if (answer.ValueKind == JsonValueKind.Array)
            return answer;
        foreach (var name in names)
        {
            if (
                answer.ValueKind == JsonValueKind.Object
                && answer.TryGetProperty(name, out var list)
                && list.ValueKind == JsonValueKind.Array
            )
                return list;
        }
        throw Unusable(path, "is JSON, but no list of models");
    }

    public void Dispose()
    {
        _http.Dispose();
        _either.Dispose();
        _late.Dispose();
    }

    private ModelDetectionException Unusable(string path, string what, Exception? inner = null) =>
        new(
            _provider,
            $"Provider '{_provider}' was asked for its models, and what {new Uri(_http.BaseAddress!, path).GetLeftPart(UriPartial.Path)} answered {what}. Check Dossier:Providers:{_provider}:Endpoint. What was known before is kept.",
            inner
        );

    private async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContent content, string path)
    {
        var stream = await content.ReadAsStreamAsync(_either.Token).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            using var bytes = new MemoryStream();
            var piece = new byte[64 * 1024];
            int length;
            while ((length = await stream.ReadAsync(piece, _either.Token).ConfigureAwait(false)) > 0)
            {
                if ((_bytesLeft -= length) < 0)
                    throw Unusable(path, "is too long");
                bytes.Write(piece, 0, length);
            }
            return bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
        }
    }
}
