namespace Dossier.Tests.Wire;

/// <summary>What Ollama answers: https://github.com/ollama/ollama/blob/main/docs/api.md.</summary>
internal static class OllamaWire
{
    private const string Lines = "application/x-ndjson";

    /// <summary>26 in, 30 out, among the members of an answer.</summary>
    public const string Usage = "\"prompt_eval_count\":26,\"prompt_eval_duration\":10,\"eval_count\":30";

    public static string Answer(string text = "Hello.", string doneReason = "stop") =>
        $$$"""{"model":"llama3.2","created_at":"2026-01-01T12:00:00Z","message":{"role":"assistant","content":"{{{text}}}"},"done_reason":"{{{doneReason}}}","done":true,"total_duration":100,"load_duration":1,{{{Usage}}},"eval_duration":20}""";

    public static WireReply Stream(params string[] texts) => WireReply.Text(Pieces(texts) + Answer("") + "\n", Lines);

    public static WireReply CutStream(params string[] texts) => WireReply.CutText(Pieces(texts), Lines);

    public static WireReply StalledStream(params string[] texts) => WireReply.StalledText(Pieces(texts), Lines);

    /// <summary>A stream that is closed properly, and too early.</summary>
    public static WireReply ShortStream(params string[] texts) => WireReply.Text(Pieces(texts), Lines);

    public static WireReply FailingStream(string message, params string[] texts) =>
        WireReply.Text(Pieces(texts) + Error(message) + "\n", Lines);

    public static string Error(string message) => $$"""{"error":"{{message}}"}""";

    private static string Pieces(string[] texts) =>
        string.Concat(
            texts.Select(text =>
                $$$"""{"model":"llama3.2","created_at":"2026-01-01T12:00:00Z","message":{"role":"assistant","content":"{{{text}}}"},"done":false}"""
                + "\n"
            )
        );
}
