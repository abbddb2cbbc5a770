namespace Dossier.Tests.Wire;

/// <summary>What Anthropic's messages API answers: https://platform.claude.com/docs/en/api/messages.</summary>
internal static class AnthropicWire
{
    /// <summary>20 in, of which none is cached, beside them 300 read from the cache and 100 written to it (40 for an hour); 30 out.</summary>
    public const string Usage =
        """{"input_tokens":20,"cache_creation_input_tokens":100,"cache_read_input_tokens":300,"cache_creation":{"ephemeral_5m_input_tokens":60,"ephemeral_1h_input_tokens":40},"output_tokens":30,"service_tier":"standard"}""";

    private const string Sse = "text/event-stream";

    public static string Answer(string text = "Hello.", string stopReason = "end_turn") =>
        $$"""{"id":"msg_1","type":"message","role":"assistant","model":"claude-test-20260101","content":[{"type":"text","text":"{{text}}"}],"stop_reason":"{{stopReason}}","stop_sequence":null,"usage":{{Usage}}}""";

    public static WireReply Error(int status, string type, string message, params (string Name, string Value)[] headers) =>
        WireReply.Json(ErrorBody(type, message), status, headers);

    public static WireReply Stream(params string[] texts) => WireReply.Text(Beginning(texts) + Ending, Sse);

    public static WireReply CutStream(params string[] texts) => WireReply.CutText(Beginning(texts), Sse);

    public static WireReply StalledStream(params string[] texts) => WireReply.StalledText(Beginning(texts), Sse);

    /// <summary>A stream that is closed properly, and too early.</summary>
    public static WireReply ShortStream(params string[] texts) => WireReply.Text(Beginning(texts), Sse);

    public static WireReply FailingStream(string type, string message, params string[] texts) =>
        WireReply.Text(Beginning(texts) + Event("error", ErrorBody(type, message)), Sse);

    private static string Ending =>
        Event("content_block_stop", """{"type":"content_block_stop","index":0}""")
        + Event(
            "message_delta",
            """{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":30}}"""
        )
        + Event("message_stop", """{"type":"message_stop"}""");

    private static string Beginning(string[] texts) =>
        Event(
            "message_start",
            $$$"""{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-test-20260101","content":[],"stop_reason":null,"stop_sequence":null,"usage":{{{Usage.Replace("\"output_tokens\":30", "\"output_tokens\":1", StringComparison.Ordinal)}}}}}"""
        )
        + Event("content_block_start", """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""")
        + string.Concat(
            texts.Select(text =>
                Event(
                    "content_block_delta",
                    $$$"""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{{{text}}}"}}"""
                )
            )
        );

    private static string ErrorBody(string type, string message) =>
        $$$"""{"type":"error","error":{"type":"{{{type}}}","message":"{{{message}}}"},"request_id":"req_1"}""";

    private static string Event(string name, string data) => $"event: {name}\ndata: {data}\n\n";
}
