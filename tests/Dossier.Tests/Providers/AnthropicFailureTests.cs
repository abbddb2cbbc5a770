using Anthropic.Exceptions;
using Dossier.Tests.Wire;

namespace Dossier.Tests.Providers;

/// <summary>Each failure over the wire, as https://platform.claude.com/docs/en/api/errors lists them.</summary>
public sealed class AnthropicFailureTests
{
    private readonly AnthropicProvider _provider = new(VendorClient.Clock);

    public static TheoryData<int, string, string, ProviderErrorKind, bool> Errors =>
        new()
        {
            { 400, "invalid_request_error", "messages: at least one message is required", ProviderErrorKind.InvalidRequest, false },
            { 400, "invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum", ProviderErrorKind.ContextTooLong, false },
            {
                400,
                "invalid_request_error",
                "input length and `max_tokens` exceed context limit: 199759 + 8192 > 200000",
                ProviderErrorKind.ContextTooLong,
                false
            },
            {
                400,
                "invalid_request_error",
                "Your credit balance is too low to access the Anthropic API.",
                ProviderErrorKind.QuotaExceeded,
                false
            },
            { 400, "invalid_request_error", "Output blocked by content filtering policy", ProviderErrorKind.ContentFiltered, false },
            { 401, "authentication_error", "invalid x-api-key", ProviderErrorKind.Authentication, false },
            { 402, "billing_error", "There is an issue with your billing.", ProviderErrorKind.QuotaExceeded, false },
            { 403, "permission_error", "Not allowed.", ProviderErrorKind.PermissionDenied, false },
            { 404, "not_found_error", "model: test", ProviderErrorKind.NotFound, false },
            { 413, "request_too_large", "Request exceeds the maximum size", ProviderErrorKind.InvalidRequest, false },
            { 429, "rate_limit_error", "Number of requests has exceeded your rate limit", ProviderErrorKind.RateLimited, true },
            { 500, "api_error", "Internal server error", ProviderErrorKind.ServerError, true },
            { 529, "overloaded_error", "Overloaded", ProviderErrorKind.Overloaded, true },
        };

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task Error_HasItsKind(int status, string type, string message, ProviderErrorKind kind, bool isTransient)
    {
        var exception = await FailAsync(AnthropicWire.Error(status, type, message));

        exception.Failure.Should().Be(new ProviderFailure(kind, status, isTransient));
        exception.Message.Should().Contain(message);
        exception.InnerException.Should().BeAssignableTo<AnthropicApiException>();
    }

    [Fact]
    public async Task TooManyRequests_SaysHowLongToWait()
    {
        var exception = await FailAsync(AnthropicWire.Error(429, "rate_limit_error", "Slow down", ("Retry-After", "20")));

        exception.InnerException.Should().BeOfType<AnthropicRateLimitException>();
        exception.Failure.RetryAfter.Should().Be(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task EchoedKey_IsMasked()
    {
        var exception = await FailAsync(AnthropicWire.Error(401, "authentication_error", $"invalid x-api-key: {VendorClient.Key}"));

        exception.InnerException.Should().BeNull();
        exception.Message.Should().Contain("invalid x-api-key: [masked]");
    }

    [Fact]
    public void ExceptionsOfAClientThatTheProgramMade_AreKnown()
    {
        var exception = AnthropicExceptionFactory.CreateApiException(
            (System.Net.HttpStatusCode)529,
            """{"error":{"type":"overloaded_error"}}"""
        );

        _provider.Classify(exception).Should().Be(new ProviderFailure(ProviderErrorKind.Overloaded, 529, IsTransient: true));
    }

    [Theory]
    [InlineData("overloaded_error", ProviderErrorKind.Overloaded)]
    [InlineData("rate_limit_error", ProviderErrorKind.RateLimited)]
    [InlineData("api_error", ProviderErrorKind.StreamInterrupted)]
    public async Task ErrorInTheStream_HasItsKind(string type, ProviderErrorKind kind)
    {
        var (exception, texts) = await VendorClient.FailStreamAsync(
            _provider,
            "anthropic",
            AnthropicWire.FailingStream(type, "Try later", "Good")
        );

        exception.Failure.Should().Be(new ProviderFailure(kind, IsTransient: true));
        exception.Message.Should().Contain("Try later");
        texts.Should().Equal("Good");
    }

    private Task<ProviderException> FailAsync(WireReply reply) => VendorClient.FailAsync(_provider, "anthropic", reply);
}
