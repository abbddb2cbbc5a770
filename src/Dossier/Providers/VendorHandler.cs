using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Dossier;

/// <summary>
/// Sits in the HTTP client of an SDK: sets the key and then the configured headers last, so that they win over the SDK's, and
/// throws what an answer means that is no success, while its headers and its body are still at hand.
/// </summary>
/// <param name="inner">The connection; shared, and left open.</param>
/// <param name="headers">The headers to set, in this order.</param>
/// <param name="timeProvider">The clock that an HTTP date in <c>Retry-After</c> is compared with.</param>
/// <param name="exception">Makes the vendor's exception of status and body.</param>
/// <param name="prepare">Puts right what the SDK made of a request's headers; null where nothing is wrong with them.</param>
internal sealed class VendorHandler(
    HttpMessageHandler inner,
    IEnumerable<KeyValuePair<string, string>> headers,
    TimeProvider timeProvider,
    Func<HttpStatusCode, string, Exception> exception,
    Action<HttpRequestHeaders>? prepare
) : DelegatingHandler(inner)
{
    private const int MaxErrorBytes = 64 * 1024;

    private readonly KeyValuePair<string, string>[] _headers = [.. headers];

    /// <summary>A client over it.</summary>
    /// <param name="connection">The key, the headers, the proxy and the timeout.</param>
    /// <param name="endpoint">What the addresses of requests are relative to.</param>
    /// <param name="keyHeader">The header that carries the key, and its value without the key.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="exception">Makes the vendor's exception.</param>
    /// <param name="prepare">Puts right what the SDK made of a request's headers.</param>
    public static HttpClient Client(
        ProviderConnection connection,
        Uri endpoint,
        (string Name, string Scheme) keyHeader,
        TimeProvider timeProvider,
        Func<HttpStatusCode, string, Exception> exception,
        Action<HttpRequestHeaders>? prepare = null
    )
    {
        var options = connection.Options;
        IEnumerable<KeyValuePair<string, string>> headers = options.Headers;
        if (!string.IsNullOrEmpty(options.ApiKey))
            headers = headers.Prepend(new(keyHeader.Name, keyHeader.Scheme + options.ApiKey));
        var handler = new VendorHandler(HttpClients.Handler(options.Proxy), headers, timeProvider, exception, prepare);
        // Disposing the handler would close the connections, which are shared.
        return new(handler, disposeHandler: false) { BaseAddress = endpoint, Timeout = options.Timeout ?? ProviderOptions.DefaultTimeout };
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        prepare?.Invoke(request.Headers);
        foreach (var (name, value) in _headers)
        {
            request.Headers.Remove(name);
            if (request.Headers.TryAddWithoutValidation(name, value))
                continue;
            request.Content?.Headers.Remove(name); // Content-Type and the like
            request.Content?.Headers.TryAddWithoutValidation(name, value);
        }
        var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
        {
            var body = await ReadAsync(response.Content, cancellationToken).ConfigureAwait(false);
            throw exception(response.StatusCode, body).With(VendorFailures.Of((int)response.StatusCode, body, RetryAfter(response)));
        }
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) =>
        HttpFailures.ParseRetryAfterMilliseconds(Header(response, "retry-after-ms"))
        ?? HttpFailures.ParseRetryAfter(Header(response, "Retry-After"), timeProvider);

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    private static async Task<string> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var bytes = new byte[MaxErrorBytes];
        var length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return Encoding.UTF8.GetString(bytes, 0, length);
    }
}
