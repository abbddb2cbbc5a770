namespace Dossier;

/// <summary>
/// What vendors' answers mean that are no success. The status says the most; where vendors use one status for several things, the
/// codes and then the wording of the body decide.
/// </summary>
internal static class VendorFailures
{
    private const string Key = "Dossier.Failure";

    // Codes stand between spaces in VendorError.Codes. Each list: OpenAI's, then what others use for the same.
    private static readonly string[] s_quotaCodes =
    [
        "insufficient_quota",
        "billing_not_active",
        "billing_hard_limit_reached",
        "billing_error",
    ];
    private static readonly string[] s_quotaTexts =
    [
        "credit balance is too low",
        "insufficient balance",
        "insufficient credits",
        "run out of credits",
    ];
    private static readonly string[] s_contextCodes =
    [
        "context_length_exceeded",
        "exceed_context_size_error", // llama.cpp
        "model_context_window_exceeded",
    ];
    private static readonly string[] s_contextTexts =
    [
        "maximum context length", // OpenAI, Mistral, vLLM, DeepSeek
        "context length exceeded",
        "prompt is too long", // Anthropic
        "exceed context limit", // Anthropic, input and max_tokens together
        "available context size", // llama.cpp
        "input token count", // Google
        "maximum prompt length", // xAI
        "exceeds the context window",
        "input length exceeds the context length", // Ollama's embeddings
        "reduce the length of the messages", // Groq
        "max_new_tokens` must be", // Together
    ];
    private static readonly string[] s_contentCodes =
    [
        "content_filter",
        "content_policy_violation",
        "responsibleaipolicyviolation", // Azure's inner error
        "moderated", // OpenRouter's reasons
        "data_inspection_failed", // DashScope
    ];
    private static readonly string[] s_contentTexts =
    [
        "content management policy", // Azure
        "content exists risk", // DeepSeek
        "violates usage guidelines", // xAI
        "content filtering policy", // Anthropic
    ];
    private static readonly string[] s_overloadCodes =
    [
        "overloaded_error",
        "engine_overloaded",
        "capacity_exceeded",
        "unavailable",
        "3505",
    ];
    private static readonly string[] s_overloadTexts = ["overloaded", "capacity exceeded", "server busy", "maximum pending requests"];
    private static readonly string[] s_keyTexts = ["api key not valid", "incorrect api key", "invalid api key"];
    private static readonly string[] s_modelCodes = ["model_not_found", "model_not_available", "1500"];
    private static readonly string[] s_modelTexts = ["model not exist", "is not a valid model", "invalid model:"];

    /// <summary>What an answer means.</summary>
    /// <param name="status">Its status; of a 200 that holds an error the body's own counts.</param>
    /// <param name="body">Its body.</param>
    /// <param name="retryAfter">What its headers ask to wait.</param>
    public static ProviderFailure Of(int status, string? body, TimeSpan? retryAfter)
    {
        var error = VendorError.Parse(body);
        var said = status is >= 200 and <= 299 ? error.Status ?? status : status;
        var wait = retryAfter ?? error.RetryDelay;
        return KindOf(said, error) is { } kind ? Failure(kind, said, wait) : HttpFailures.FromStatus(said, wait);
    }

    /// <summary>What an error means that a stream reports after it has begun: that it broke off, unless the error says more.</summary>
    public static ProviderFailure OfStream(string? body)
    {
        var error = VendorError.Parse(body);
        var kind =
            KindOf(error.Status ?? 0, error)
            ?? error.Status switch
            {
                402 => ProviderErrorKind.QuotaExceeded,
                429 => ProviderErrorKind.RateLimited,
                529 => ProviderErrorKind.Overloaded,
                _ => error.Codes.Contains(" rate_limit_error ", StringComparison.Ordinal)
                    ? ProviderErrorKind.RateLimited
                    : ProviderErrorKind.StreamInterrupted,
            };
        return Failure(kind, kind == ProviderErrorKind.StreamInterrupted ? null : error.Status, error.RetryDelay);
    }

    /// <summary>Writes down at an exception what it means, for the provider that is asked for it later.</summary>
    public static T With<T>(this T exception, ProviderFailure failure)
        where T : Exception
    {
        exception.Data[Key] = failure;
        return exception;
    }

    /// <summary>What was written down at the exception or at one that caused it.</summary>
    public static ProviderFailure? At(Exception exception)
    {
        for (var current = exception; current is not null; current = current.InnerException)
        {
            if (current.Data[Key] is ProviderFailure failure)
                return failure;
        }
        return null;
    }

    private static ProviderFailure Failure(ProviderErrorKind kind, int? status, TimeSpan? wait)
    {
        var isTransient =
            kind
            is ProviderErrorKind.Overloaded
                or ProviderErrorKind.RateLimited
                or ProviderErrorKind.ServerError
                or ProviderErrorKind.StreamInterrupted;
        return new(kind, status, isTransient, isTransient ? wait : null);
    }

    /// <summary>The kind, where the body says more than the status.</summary>
    private static ProviderErrorKind? KindOf(int status, VendorError error)
    {
        if (Says(error, s_quotaCodes, s_quotaTexts))
            return ProviderErrorKind.QuotaExceeded;
        if (Says(error, s_contextCodes, status is 0 or 400 or 413 or 422 or 500 ? s_contextTexts : []))
            return ProviderErrorKind.ContextTooLong;
        if (Says(error, s_contentCodes, s_contentTexts))
            return ProviderErrorKind.ContentFiltered;
        if (status is 0 or 200 or 429 or 498 or 500 or 503 && Says(error, s_overloadCodes, s_overloadTexts))
            return ProviderErrorKind.Overloaded;
        if (status == 498) // Groq: flex capacity exceeded
            return ProviderErrorKind.Overloaded;
        if (status is 400 or 403 && Says(error, ["api_key_invalid"], s_keyTexts)) // Google and xAI say 400 to a wrong key
            return ProviderErrorKind.Authentication;
        if (status is 400 or 422 && Says(error, s_modelCodes, s_modelTexts))
            return ProviderErrorKind.NotFound;
        // One request above the limit for a minute: no minute will have room for it.
        return status == 429 && error.Message.StartsWith("Request too large", StringComparison.OrdinalIgnoreCase)
            ? ProviderErrorKind.InvalidRequest
            : null;
    }

    private static bool Says(VendorError error, string[] codes, string[] texts) =>
        codes.Any(code => error.Codes.Contains($" {code} ", StringComparison.Ordinal))
        || texts.Any(text => error.Message.Contains(text, StringComparison.OrdinalIgnoreCase));
}
