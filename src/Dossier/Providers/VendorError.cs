using System.Globalization;
using System.Text.Json;

namespace Dossier;

/// <summary>An error as a vendor words it in the body of an answer, whichever of the usual shapes it has.</summary>
/// <param name="Status">The status that the body itself names, as several do inside of a stream or of a 200.</param>
/// <param name="Codes">Its codes and types in lower case, each between spaces.</param>
/// <param name="Message">What it says to a person.</param>
/// <param name="RetryDelay">How long it asks to wait (Google's RetryInfo).</param>
internal sealed record VendorError(int? Status, string Codes, string Message, TimeSpan? RetryDelay)
{
    private static readonly VendorError s_silent = new(null, " ", "", null);

    /// <summary>
    /// Reads <c>{"error":{…}}</c> (OpenAI, Anthropic, Google, llama.cpp), the same in a list (Google), <c>{"error":"…"}</c>
    /// (Ollama, xAI), and a bare <c>{"message":…}</c> (Mistral, older vLLM). Anything else is its own message.
    /// </summary>
    public static VendorError Parse(string? body)
    {
        if (string.IsNullOrWhiteSpace(body))
            return s_silent;
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Array && root.GetArrayLength() > 0)
                root = root[0];
            if (root.ValueKind != JsonValueKind.Object)
                return s_silent with { Message = body };
            var error = Member(root, "error");
            return error.ValueKind switch
            {
                JsonValueKind.Object => Read(error),
                JsonValueKind.String => Read(root) with { Message = error.GetString()! },
                _ => Read(root),
            };
        }
        catch (JsonException)
        {
            return s_silent with { Message = body };
        }
    }

    private static VendorError Read(JsonElement error)
    {
        var code = Member(error, "code");
        JsonElement[] codes =
        [
            code,
            Member(error, "type"),
            Member(error, "status"),
            Member(Member(error, "innererror"), "code"),
            Member(Member(error, "metadata"), "error_type"),
        ];
        var isModerated = Member(Member(error, "metadata"), "reasons").ValueKind == JsonValueKind.Array;
        var words = codes.Where(value => value.ValueKind is JsonValueKind.String or JsonValueKind.Number).Select(value => value.ToString());
#pragma warning disable CA1308 // codes are lower case by custom
        var text = $" {string.Join(' ', words)}{(isModerated ? " moderated" : "")} ".ToLowerInvariant();
#pragma warning restore CA1308
        var message = Member(error, "message");
        return new(
            StatusOf(code),
            text,
            message.ValueKind == JsonValueKind.Undefined ? error.ToString() : message.ToString(),
            DelayOf(error)
        );
    }

    private static int? StatusOf(JsonElement code) =>
        int.TryParse(code.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 400 and <= 599
            ? status
            : null;

    // https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto: "retryDelay": "34.07s"
    private static TimeSpan? DelayOf(JsonElement error)
    {
        if (Member(error, "details") is not { ValueKind: JsonValueKind.Array } details)
            return null;
        foreach (var detail in details.EnumerateArray())
        {
            var delay = Member(detail, "retryDelay").ToString();
            if (
                delay.EndsWith('s')
                && double.TryParse(delay[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
                && seconds < TimeSpan.MaxValue.TotalSeconds
            )
                return TimeSpan.FromSeconds(seconds);
        }
        return null;
    }

    private static JsonElement Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : default;
}
