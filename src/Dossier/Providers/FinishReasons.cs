using System.Text.Json;

namespace Dossier;

/// <summary>
/// Puts reasons for which an answer ended into words that the OpenAI SDK can read. It knows OpenAI's five and throws at any other one, and the
/// answer with its usage would be lost. What has no equal among the five is kept beside it, under <see cref="Member"/>.
/// </summary>
internal static class FinishReasons
{
    /// <summary>The member of a choice that has the reason as the server said it, where it is none of the protocol's; empty when it said none.</summary>
    public const string Member = "dossier_finish_reason";

    /// <summary>Where that is in an answer.</summary>
    public static ReadOnlySpan<byte> Path => "$.choices[0].dossier_finish_reason"u8;

    private const string Stop = "stop";

    /// <summary>Rewrites the reasons in an answer, or in a piece of one.</summary>
    /// <param name="json">The answer.</param>
    /// <param name="isPiece">Whether it is a piece of a stream; those before the last have no reason.</param>
    /// <returns>What it is to be read as, null when as it is; and whether it has choices, and a reason.</returns>
    public static (byte[]? Rewritten, bool HasChoices, bool HasReason) Read(ReadOnlySpan<byte> json, bool isPiece)
    {
        var (hasChoices, hasReason) = (false, false);
        MemoryStream? rewritten = null;
        var copied = 0;
        var reader = new Utf8JsonReader(json);
        try
        {
            var isInChoices = false;
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName)
                    continue;
                if (reader.CurrentDepth == 1)
                {
                    isInChoices = reader.ValueTextEquals("choices"u8);
                    continue;
                }
                // {"choices":[{"finish_reason":…}]}
                if (!isInChoices || reader.CurrentDepth != 3)
                    continue;
                hasChoices = true;
                if (!reader.ValueTextEquals("finish_reason"u8))
                    continue;
                reader.Read();
                var said = reader.TokenType == JsonTokenType.String ? reader.GetString()! : "";
                hasReason |= said.Length > 0;
                var isNotYet = isPiece && reader.TokenType == JsonTokenType.Null;
                if (isNotYet || Readable(said, isPiece) is not { } written)
                    continue;
                rewritten ??= new();
                rewritten.Write(json[copied..(int)reader.TokenStartIndex]);
                rewritten.Write(System.Text.Encoding.UTF8.GetBytes(written));
                reader.Skip();
                copied = (int)reader.BytesConsumed;
            }
        }
        catch (JsonException)
        {
            return default; // the SDK says better what is wrong with it
        }
        rewritten?.Write(json[copied..]);
        return (rewritten?.ToArray(), hasChoices, hasReason);
    }

    /// <summary>What a reason means that has no equal among OpenAI's; null when it is no failure.</summary>
    public static ProviderFailure? FailureOf(string reason) =>
        reason switch
        {
            // https://api-docs.deepseek.com/api/create-chat-completion
            "insufficient_system_resource" => new(ProviderErrorKind.Overloaded, IsTransient: true),
            // OpenRouter, Mistral
            "error" => new(ProviderErrorKind.StreamInterrupted, IsTransient: true),
            _ => null,
        };

    /// <summary>A reason and what follows it, as JSON; null where nothing has to be done to it.</summary>
    private static string? Readable(string said, bool isPiece) =>
        said switch
        {
            "" when isPiece => "null",
            Stop or "length" or "tool_calls" or "content_filter" or "function_call" => null,
            // Together: https://docs.together.ai/reference/chat-completions-1; Text Generation Inference says it in two ways.
            "eos" or "eos_token" or "stop_sequence" => $"\"{Stop}\"",
            // Mistral: https://docs.mistral.ai/api
            "model_length" => "\"length\"",
            _ => $"\"{Stop}\",\"{Member}\":\"{JsonEncodedText.Encode(said)}\"",
        };
}
