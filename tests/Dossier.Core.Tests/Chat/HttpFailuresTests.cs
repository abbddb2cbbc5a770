using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Time.Testing;

namespace Dossier.Core.Tests.Chat;

public sealed class HttpFailuresTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static TheoryData<Exception, ProviderErrorKind, bool> Network =>
        new()
        {
            { new HttpRequestException(HttpRequestError.NameResolutionError), ProviderErrorKind.Connection, true },
            { new HttpRequestException("no", new SocketException((int)SocketError.ConnectionRefused)), ProviderErrorKind.Connection, true },
            { new HttpRequestException("no", new AuthenticationException("untrusted")), ProviderErrorKind.Connection, false },
            { new HttpRequestException(HttpRequestError.ConnectionError), ProviderErrorKind.Connection, true },
            { new HttpRequestException(HttpRequestError.SecureConnectionError), ProviderErrorKind.Connection, true },
            { new HttpRequestException(HttpRequestError.ProxyTunnelError), ProviderErrorKind.Connection, true },
            { new HttpRequestException("no", new IOException("reset")), ProviderErrorKind.StreamInterrupted, true },
            {
                new HttpRequestException("no", new SocketException((int)SocketError.ConnectionReset)),
                ProviderErrorKind.StreamInterrupted,
                true
            },
            { new HttpRequestException("no"), ProviderErrorKind.StreamInterrupted, true },
            { new SocketException((int)SocketError.ConnectionReset), ProviderErrorKind.StreamInterrupted, true },
            { new HttpRequestException("no", new TimeoutException()), ProviderErrorKind.Timeout, true },
            { new SocketException((int)SocketError.HostUnreachable), ProviderErrorKind.Connection, true },
            { new TimeoutException(), ProviderErrorKind.Timeout, true },
            { new TaskCanceledException("", new TimeoutException()), ProviderErrorKind.Timeout, true },
            { new OperationCanceledException(), ProviderErrorKind.Timeout, true },
            { new HttpIOException(HttpRequestError.ResponseEnded), ProviderErrorKind.StreamInterrupted, true },
            { new IOException("reset", new SocketException((int)SocketError.ConnectionReset)), ProviderErrorKind.StreamInterrupted, true },
            { new EndOfStreamException(), ProviderErrorKind.StreamInterrupted, true },
            {
                new InvalidOperationException("outer", new HttpIOException(HttpRequestError.ResponseEnded)),
                ProviderErrorKind.StreamInterrupted,
                true
            },
        };

    public static TheoryData<Exception> NotOfTheNetwork =>
        [new InvalidOperationException(), new FileNotFoundException(), new ArgumentException("x"), new DirectoryNotFoundException()];

    [Theory]
    [MemberData(nameof(Network))]
    public void NetworkException_IsClassified(Exception exception, ProviderErrorKind kind, bool isTransient)
    {
        HttpFailures.Classify(exception).Should().Be(new ProviderFailure(kind, IsTransient: isTransient));
    }

    [Theory]
    [MemberData(nameof(NotOfTheNetwork))]
    public void OtherException_IsNotClassified(Exception exception)
    {
        HttpFailures.Classify(exception).Should().BeNull();
    }

    [Fact]
    public void ExceptionWithAStatus_IsClassifiedByIt()
    {
        var exception = new HttpRequestException("no", null, HttpStatusCode.ServiceUnavailable);

        HttpFailures.Classify(exception).Should().Be(new ProviderFailure(ProviderErrorKind.ServerError, 503, IsTransient: true));
    }

    [Theory]
    [InlineData(400, ProviderErrorKind.InvalidRequest, false)]
    [InlineData(401, ProviderErrorKind.Authentication, false)]
    [InlineData(402, ProviderErrorKind.QuotaExceeded, false)]
    [InlineData(403, ProviderErrorKind.PermissionDenied, false)]
    [InlineData(404, ProviderErrorKind.NotFound, false)]
    [InlineData(408, ProviderErrorKind.Timeout, true)]
    [InlineData(413, ProviderErrorKind.InvalidRequest, false)]
    [InlineData(418, ProviderErrorKind.Unknown, false)]
    [InlineData(422, ProviderErrorKind.InvalidRequest, false)]
    [InlineData(429, ProviderErrorKind.RateLimited, true)]
    [InlineData(500, ProviderErrorKind.ServerError, true)]
    [InlineData(503, ProviderErrorKind.ServerError, true)]
    [InlineData(529, ProviderErrorKind.Overloaded, true)]
    public void Status_HasItsKind(int status, ProviderErrorKind kind, bool isTransient)
    {
        HttpFailures.FromStatus(status).Should().Be(new ProviderFailure(kind, status, isTransient));
    }

    [Theory]
    [InlineData("20", 20)]
    [InlineData("0", 0)]
    [InlineData("Thu, 01 Jan 2026 12:01:30 GMT", 90)]
    [InlineData("Thu, 01 Jan 2026 11:00:00 GMT", 0)]
    public void RetryAfter_IsSecondsOrADate(string value, int seconds)
    {
        HttpFailures.ParseRetryAfter(value, new FakeTimeProvider(Now)).Should().Be(TimeSpan.FromSeconds(seconds));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("soon")]
    [InlineData("-1")]
    public void RetryAfterThatIsNeither_IsNone(string? value)
    {
        HttpFailures.ParseRetryAfter(value, new FakeTimeProvider(Now)).Should().BeNull();
    }

    [Fact]
    public void RetryAfterMilliseconds_IsANumber()
    {
        HttpFailures.ParseRetryAfterMilliseconds("250").Should().Be(TimeSpan.FromMilliseconds(250));
        HttpFailures.ParseRetryAfterMilliseconds("soon").Should().BeNull();
    }
}
