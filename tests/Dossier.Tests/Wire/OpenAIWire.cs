using System.Text.Json.Nodes;

namespace Dossier.Tests.Wire;

/// <summary>What servers of OpenAI's chat-completions protocol answer.</summary>
internal static class OpenAIWire
{
    /// <summary>The usage that the canned answers report: 100 in, of them 40 cached; 30 out, of them 10 reasoning.</summary>
    public const string Usage =
        """{"prompt_tokens":100,"completion_tokens":30,"total_tokens":130,"prompt_tokens_details":{"cached_tokens":40},"completion_tokens_details":{"reasoning_tokens":10}}""";

    /// <summary>A complete answer.</summary>
    public static string Completion(string text = "Hello.", string model = "gpt-test-2026-01-01", string finishReason = "stop") =>
        $$"""{"id":"chatcmpl-1","object":"chat.completion","created":1767225600,"model":"{{model}}","choices":[{"index":0,"message":{"role":"assistant","content":"{{text}}"},"finish_reason":"{{finishReason}}"}],"usage":{{Usage}}}""";

    /// <summary>An answer that asks for a tool.</summary>
    public static string ToolCall(string name, string argumentsJson, string model = "gpt-test-2026-01-01") =>
        $$$"""{"id":"chatcmpl-1","object":"chat.completion","created":1767225600,"model":"{{{model}}}","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"{{{name}}}","arguments":{{{JsonValue.Create(argumentsJson).ToJsonString()}}}}}]},"finish_reason":"tool_calls"}],"usage":{{{Usage}}}}""";

    /// <summary>A piece of a streamed answer; the text must need no escaping in JSON.</summary>
    public static string Chunk(string text, string model = "gpt-test-2026-01-01") =>
        $$"""{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1767225600,"model":"{{model}}","choices":[{"index":0,"delta":{"role":"assistant","content":"{{text}}"},"finish_reason":null}]}""";

    /// <summary>The piece that says why the answer ends.</summary>
    public static string LastChunk(string finishReason = "stop", string model = "gpt-test-2026-01-01") =>
        $$"""{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1767225600,"model":"{{model}}","choices":[{"index":0,"delta":{},"finish_reason":"{{finishReason}}"}]}""";

    /// <summary>The piece that reports the usage, after the last one of the answer.</summary>
    public static string UsageChunk(string model = "gpt-test-2026-01-01") =>
        $$"""{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1767225600,"model":"{{model}}","choices":[],"usage":{{Usage}}}""";

    /// <summary>A whole streamed answer of these texts.</summary>
    public static WireReply Stream(params string[] texts) =>
        WireReply.Stream([.. texts.Select(text => Chunk(text)), LastChunk(), UsageChunk()]);

    /// <summary>An answer that breaks off after these texts.</summary>
    public static WireReply CutStream(params string[] texts) => WireReply.CutStream([.. texts.Select(text => Chunk(text))]);

    /// <summary>A stream that is closed properly after these texts, and too early.</summary>
    public static WireReply ShortStream(params string[] texts) =>
        WireReply.Text(string.Concat(texts.Select(text => $"data: {Chunk(text)}\n\n")), "text/event-stream");

    /// <summary>An error as OpenAI words it.</summary>
    public static WireReply Error(int status, string message, string type, string? code, params (string Name, string Value)[] headers) =>
        WireReply.Json(
            $$$"""{"error":{"message":"{{{message}}}","type":"{{{type}}}","param":null,"code":{{{(code is null ? "null" : $"\"{code}\"")}}}}}""",
            status,
            headers
        );

    /// <summary>401, and the message echoes the key.</summary>
    public static WireReply WrongKey(string key) =>
        Error(401, $"Incorrect API key provided: {key}.", "invalid_request_error", "invalid_api_key");

    /// <summary>404.</summary>
    public static WireReply NoModel(string model) =>
        Error(404, $"The model `{model}` does not exist or you do not have access to it.", "invalid_request_error", "model_not_found");

    /// <summary>429 with a <c>Retry-After</c>.</summary>
    public static WireReply TooManyRequests(string retryAfter) =>
        Error(429, "Rate limit reached for requests.", "requests", "rate_limit_exceeded", ("Retry-After", retryAfter));

    /// <summary>429 for a quota that is used up.</summary>
    public static WireReply QuotaUsedUp() =>
        Error(429, "You exceeded your current quota.", "insufficient_quota", "insufficient_quota", ("Retry-After", "1"));

    /// <summary>500.</summary>
    public static WireReply ServerError() => Error(500, "The server had an error.", "server_error", null);
}
