namespace Dossier.Tests.Providers;

/// <summary>Errors as the vendors word them, and what each means.</summary>
public sealed class VendorFailuresTests
{
    public static TheoryData<string, int, string, ProviderErrorKind, bool> Errors =>
        new()
        {
            {
                "OpenAI: context",
                400,
                """{"error":{"message":"This model's maximum context length is 128000 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}""",
                ProviderErrorKind.ContextTooLong,
                false
            },
            {
                "OpenAI: quota",
                429,
                """{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}""",
                ProviderErrorKind.QuotaExceeded,
                false
            },
            {
                "OpenAI: one request above the limit per minute",
                429,
                """{"error":{"message":"Request too large for gpt-test on tokens per min (TPM): Limit 30000, Requested 40000.","type":"tokens","param":null,"code":"rate_limit_exceeded"}}""",
                ProviderErrorKind.InvalidRequest,
                false
            },
            {
                "OpenAI: overloaded",
                503,
                """{"error":{"message":"The engine is currently overloaded, please try again later","type":"server_error","param":null,"code":null}}""",
                ProviderErrorKind.Overloaded,
                true
            },
            {
                "Azure: content filter",
                400,
                """{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}""",
                ProviderErrorKind.ContentFiltered,
                false
            },
            {
                "Google: wrong key",
                400,
                """[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}]""",
                ProviderErrorKind.Authentication,
                false
            },
            {
                "Google: overloaded",
                503,
                """[{"error":{"code":503,"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}}]""",
                ProviderErrorKind.Overloaded,
                true
            },
            {
                "Google: context",
                400,
                """[{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}]""",
                ProviderErrorKind.ContextTooLong,
                false
            },
            {
                "Mistral: context",
                400,
                """{"object":"error","message":"Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length","type":"invalid_request_prompt","param":null,"code":"3051"}""",
                ProviderErrorKind.ContextTooLong,
                false
            },
            {
                "Mistral: capacity",
                429,
                """{"object":"error","message":"Service tier capacity exceeded for this model.","type":"service_tier_capacity_exceeded","param":null,"code":"3505"}""",
                ProviderErrorKind.Overloaded,
                true
            },
            {
                "Mistral: no such model",
                400,
                """{"object":"error","message":"Invalid model: mistral-huge","type":"invalid_model","param":null,"code":"1500"}""",
                ProviderErrorKind.NotFound,
                false
            },
            {
                "Mistral: unknown member, message as an object",
                422,
                """{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","seed"],"msg":"Extra inputs are not permitted"}]},"type":"invalid_request_error","param":null,"code":null}""",
                ProviderErrorKind.InvalidRequest,
                false
            },
            {
                "DeepSeek: balance",
                402,
                """{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}""",
                ProviderErrorKind.QuotaExceeded,
                false
            },
            {
                "DeepSeek: no such model",
                400,
                """{"error":{"message":"Model Not Exist","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}""",
                ProviderErrorKind.NotFound,
                false
            },
            {
                "DeepSeek: content",
                400,
                """{"error":{"message":"Content Exists Risk","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}""",
                ProviderErrorKind.ContentFiltered,
                false
            },
            {
                "xAI: wrong key",
                400,
                """{"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***. You can obtain an API key from https://console.x.ai."}""",
                ProviderErrorKind.Authentication,
                false
            },
            {
                "xAI: context",
                400,
                """{"code":"Client specified an invalid argument","error":"This model's maximum prompt length is 131072 but the request contains 537812 tokens."}""",
                ProviderErrorKind.ContextTooLong,
                false
            },
            {
                "xAI: content",
                403,
                """{"code":"The caller does not have permission to execute the specified operation","error":"Content violates usage guidelines."}""",
                ProviderErrorKind.ContentFiltered,
                false
            },
            {
                "OpenRouter: moderation",
                403,
                """{"error":{"code":403,"message":"Input was flagged","metadata":{"reasons":["violence"],"flagged_input":"…","provider_name":"X"}}}""",
                ProviderErrorKind.ContentFiltered,
                false
            },
            {
                "OpenRouter: credits",
                402,
                """{"error":{"code":402,"message":"Insufficient credits"}}""",
                ProviderErrorKind.QuotaExceeded,
                false
            },
            {
                "OpenRouter: the vendor behind it, in a 200",
                200,
                """{"error":{"code":502,"message":"Provider returned error"}}""",
                ProviderErrorKind.ServerError,
                true
            },
            {
                "Groq: flex capacity",
                498,
                """{"error":{"message":"Flex tier capacity exceeded","type":"capacity","code":"x"}}""",
                ProviderErrorKind.Overloaded,
                true
            },
            {
                "vLLM: context, bare",
                400,
                """{"object":"error","message":"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens","type":"BadRequestError","param":null,"code":400}""",
                ProviderErrorKind.ContextTooLong,
                false
            },
            {
                "llama.cpp: context",
                400,
                """{"error":{"code":400,"message":"the request exceeds the available context size, try increasing it","type":"exceed_context_size_error","n_prompt_tokens":5000,"n_ctx":4096}}""",
                ProviderErrorKind.ContextTooLong,
                false
            },
            {
                "llama.cpp: loading",
                503,
                """{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}""",
                ProviderErrorKind.ServerError,
                true
            },
            { "A gateway's page", 502, "<html><body>Bad gateway</body></html>", ProviderErrorKind.ServerError, true },
            { "A page that mentions a lot", 404, "<html>overloaded</html>", ProviderErrorKind.NotFound, false },
            { "Nothing", 500, "", ProviderErrorKind.ServerError, true },
            { "Nonsense", 400, "[1]", ProviderErrorKind.InvalidRequest, false },
        };

    [Theory]
    [MemberData(nameof(Errors))]
    public void Error_HasItsKind(string name, int status, string body, ProviderErrorKind kind, bool isTransient)
    {
        var failure = VendorFailures.Of(status, body, null);

        failure.Kind.Should().Be(kind, name);
        failure.IsTransient.Should().Be(isTransient, name);
    }

    [Fact]
    public void GooglesRetryInfo_IsTheWait()
    {
        const string body =
            """[{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.5s"}]}}]""";

        VendorFailures
            .Of(429, body, null)
            .Should()
            .Be(new ProviderFailure(ProviderErrorKind.RateLimited, 429, IsTransient: true, TimeSpan.FromSeconds(34.5)));
    }

    [Fact]
    public void RetryAfterOfTheHeaders_ComesFirst()
    {
        VendorFailures.Of(503, "", TimeSpan.FromSeconds(2)).RetryAfter.Should().Be(TimeSpan.FromSeconds(2));
    }
}
