using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Dossier.Storage;

namespace Dossier;

/// <summary>How a step's result is kept: text and bytes as they are, an artifact as itself, anything else as JSON.</summary>
/// <param name="typeInfo">How JSON is written and read; asked for when it is needed, because it may not be to be had.</param>
internal sealed class StepCodec<T>(Func<JsonTypeInfo<T>> typeInfo)
{
    /// <summary>Whether the result is an artifact that the body has stored.</summary>
    public static bool IsArtifact => typeof(T) == typeof(Artifact);

    /// <summary>What a kept result is compared by.</summary>
    public static string TypeName => typeof(T).ToString();

    /// <summary>The artifact that a result becomes, its secrets masked; and the result as it will be read back.</summary>
    /// <exception cref="DossierException">It cannot be written, or not be read back.</exception>
    public (ArtifactDraft Draft, T Kept) Encode(ArtifactWriter writer, string name, string? contentType, T value)
    {
        try
        {
            var draft = value switch
            {
                string text => writer.OfText(name, text, contentType ?? ContentTypes.Text),
                byte[] bytes => ArtifactWriter.OfBytes(name, bytes, contentType ?? ContentTypes.Binary),
                null when typeof(T) == typeof(string) || typeof(T) == typeof(byte[]) => throw new DossierException(
                    $"A result of the type {TypeName} cannot be kept: it is null."
                ),
                _ => writer.OfObject(name, value, typeInfo(), contentType ?? ContentTypes.Json),
            };
            return (draft, Decode(((BytesStream)draft.Content).Rest));
        }
        // Getters, setters and converters of the caller run here, and may throw anything.
        catch (Exception e) when (e is not DossierException and not OutOfMemoryException)
        {
            throw new DossierException($"A result of the type {TypeName} cannot be kept: {writer.MessageOf(e)}", e);
        }
    }

    /// <exception cref="DossierException">What is kept is not of this type.</exception>
    public async ValueTask<T> ReadAsync(
        ArtifactWriter writer,
        IStorage storage,
        StepCall call,
        KeptStep kept,
        CancellationToken cancellationToken
    )
    {
        if (IsArtifact)
        {
            var record = await storage.Records.GetArtifactAsync(call.SessionId, kept.Artifact, cancellationToken).ConfigureAwait(false);
            return record is { TrashedAt: null }
                ? (T)(object)new Artifact(record, storage)
                : throw new NotFoundException($"The artifact '{kept.Artifact}' of step '{call.Name}' is gone.");
        }
        var bytes = kept.Content ?? await storage.ReadAsync(kept.Digest, cancellationToken).ConfigureAwait(false);
        try
        {
            return Decode(bytes);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new DossierException($"It cannot be read as {TypeName}: {writer.MessageOf(e)}", e);
        }
    }

    private T Decode(ReadOnlyMemory<byte> bytes) =>
        typeof(T) == typeof(string) ? (T)(object)Encoding.UTF8.GetString(bytes.Span)
        : typeof(T) == typeof(byte[]) ? (T)(object)bytes.ToArray()
        : JsonSerializer.Deserialize(bytes.Span, typeInfo())!;
}
