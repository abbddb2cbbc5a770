using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json;

namespace Dossier;

/// <summary>
/// Throws when an answer of 200 holds an error and nothing else, as with OpenRouter when the vendor behind it fails. The SDK takes
/// it for an answer without choices.
/// </summary>
internal sealed class ErrorAnswerPolicy : PipelinePolicy
{
    public override void Process(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
    {
        ProcessNext(message, pipeline, currentIndex);
        ThrowIfError(message);
    }

    public override async ValueTask ProcessAsync(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
    {
        await ProcessNextAsync(message, pipeline, currentIndex).ConfigureAwait(false);
        ThrowIfError(message);
    }

    private static void ThrowIfError(PipelineMessage message)
    {
        if (message is not { BufferResponse: true, Response: { Status: 200 } response } || !IsError(response.Content.ToMemory().Span))
            return;
        var body = response.Content.ToString();
        throw new ClientResultException(VendorError.Parse(body).Message, response);
    }

    private static bool IsError(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("choices"u8) || reader.ValueTextEquals("data"u8))
                    return false;
                var isError = reader.ValueTextEquals("error"u8);
                reader.Read();
                if (isError && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.String)
                    return true;
                reader.Skip();
            }
        }
        catch (JsonException)
        {
            // The SDK says better what is wrong with it.
        }
        return false;
    }
}
