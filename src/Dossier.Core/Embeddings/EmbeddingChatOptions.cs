using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>What texts are embedded with, on its way through the pipeline of a call: what can be recorded, and what the generator is given.</summary>
internal sealed class EmbeddingChatOptions : ChatOptions
{
    public EmbeddingChatOptions(EmbeddingGenerationOptions? given)
    {
        Given = given;
        ModelId = given?.ModelId;
        if (given?.AdditionalProperties is { Count: > 0 } properties)
            AdditionalProperties = new(properties);
        if (given?.Dimensions is { } dimensions)
            (AdditionalProperties ??= [])["dimensions"] = dimensions;
    }

    /// <summary>The caller's options, as they are.</summary>
    public EmbeddingGenerationOptions? Given { get; }

    public override ChatOptions Clone() => new EmbeddingChatOptions(Given);
}
