using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Dossier;

/// <summary>What the failures mean that .NET's own HTTP client reports, whichever vendor's client runs over it.</summary>
internal static class HttpFailures
{
    /// <summary>What a status means (RFC 9110, section 15; 529 is "overloaded" at several vendors). 408, 429 and 5xx are transient.</summary>
    public static ProviderFailure FromStatus(int status, TimeSpan? retryAfter = null) =>
        status switch
        {
            400 or 413 or 422 => new(ProviderErrorKind.InvalidRequest, status),
            401 => new(ProviderErrorKind.Authentication, status),
            402 => new(ProviderErrorKind.QuotaExceeded, status),
            403 => new(ProviderErrorKind.PermissionDenied, status),
            404 => new(ProviderErrorKind.NotFound, status),
            408 => new(ProviderErrorKind.Timeout, status, IsTransient: true, retryAfter),
            429 => new(ProviderErrorKind.RateLimited, status, IsTransient: true, retryAfter),
            529 => new(ProviderErrorKind.Overloaded, status, IsTransient: true, retryAfter),
            >= 500 and <= 599 => new(ProviderErrorKind.ServerError, status, IsTransient: true, retryAfter),
            _ => new(ProviderErrorKind.Unknown, status),
        };

    /// <summary>
    /// What an exception means, or null when neither it nor what caused it is a failure of the network. A cancellation counts as
    /// a timeout: the caller rules out its own token first.
    /// </summary>
    public static ProviderFailure? Classify(Exception exception)
    {
        for (var current = exception; current is not null; current = current.InnerException)
        {
            if (ClassifyOne(current) is { } failure)
                return failure;
        }
        return null;
    }

    /// <summary>How long <c>Retry-After</c> asks to wait: seconds or an HTTP date (RFC 9110, section 10.2.3). Null when it is neither.</summary>
    public static TimeSpan? ParseRetryAfter(string? value, TimeProvider timeProvider)
    {
        if (!RetryConditionHeaderValue.TryParse(value, out var header))
            return null;
        if (header.Delta is { } delta)
            return delta;
        var wait = header.Date!.Value - timeProvider.GetUtcNow();
        return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }

    /// <summary>How long the header <c>retry-after-ms</c> asks to wait, which OpenAI and Azure send beside <c>Retry-After</c>.</summary>
    public static TimeSpan? ParseRetryAfterMilliseconds(string? value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            ? TimeSpan.FromMilliseconds(milliseconds)
            : null;

    /// <summary>Whether there was no connection over which anything could have been sent.</summary>
    private static bool IsUnreached(Exception exception) =>
        exception switch
        {
            HttpRequestException
            {
                HttpRequestError: HttpRequestError.NameResolutionError
                    or HttpRequestError.ConnectionError
                    or HttpRequestError.SecureConnectionError
                    or HttpRequestError.ProxyTunnelError
            } => true,
            HttpRequestException { InnerException: SocketException inner } => IsUnreached(inner),
            SocketException socket => socket.SocketErrorCode
                is SocketError.ConnectionRefused
                    or SocketError.HostNotFound
                    or SocketError.NoData
                    or SocketError.TryAgain
                    or SocketError.HostDown
                    or SocketError.HostUnreachable
                    or SocketError.NetworkDown
                    or SocketError.NetworkUnreachable,
            _ => false,
        };

    private static ProviderFailure? ClassifyOne(Exception exception) =>
        exception switch
        {
            HttpRequestException { StatusCode: { } status } => FromStatus((int)status),
            // A certificate that is not trusted now is not trusted a second later either; a handshake that was cut may be repeated.
            HttpRequestException { InnerException: AuthenticationException } => new(ProviderErrorKind.Connection),
            HttpRequestException { InnerException: TimeoutException } => new(ProviderErrorKind.Timeout, IsTransient: true),
            // Unless nobody was there, it may have been sent, and something may have come of it: to a budget that is not the same.
            HttpRequestException or SocketException => new(
                IsUnreached(exception) ? ProviderErrorKind.Connection : ProviderErrorKind.StreamInterrupted,
                IsTransient: true
            ),
            TimeoutException or OperationCanceledException => new(ProviderErrorKind.Timeout, IsTransient: true),
            // Its other subclasses (a file that is not there, a path too long) are not about the network.
            HttpIOException or EndOfStreamException => new(ProviderErrorKind.StreamInterrupted, IsTransient: true),
            IOException when exception.GetType() == typeof(IOException) => new(ProviderErrorKind.StreamInterrupted, IsTransient: true),
            _ => null,
        };
}
