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
    /// <exception cref="DossierException">It cannot be written, or not be read back as it was.</exception>
    public (ArtifactDraft Draft, T Kept) Encode(ArtifactWriter writer, string name, string? contentType, T value)
    {
        try
        {
            if (value is null && IsBytes)
                throw new DossierException($"A result of the type {TypeName} cannot be kept: it is null.");
            // By the type that is declared, as it will be read: an object that happens to be text is JSON.
            var draft =
                typeof(T) == typeof(string) ? writer.OfText(name, (string)(object)value!, contentType ?? ContentTypes.Text)
                : typeof(T) == typeof(byte[]) ? ArtifactWriter.OfBytes(name, (byte[])(object)value!, contentType ?? ContentTypes.Binary)
                : writer.OfObject(name, value, (JsonTypeInfo<T>)JsonText.Checked(typeInfo()), contentType ?? ContentTypes.Json);
            var written = ((BytesStream)draft.Content).Rest;
            var kept = Decode(written);
            if (!IsBytes && !IsSame(written, kept))
                throw new DossierException(
                    $"A result of the type {TypeName} cannot be kept: what is read back is not what was written. Give the members that are not set back a setter or a parameter of the constructor, or take them out with JsonIgnore."
                );
            return (draft, kept);
        }
        // Getters, setters and converters of the caller run here, and may throw anything.
        catch (Exception e) when (e is not DossierException and not OutOfMemoryException)
        {
            var why = e is ArgumentException { InnerException: { } inner }
                ? $"it cannot be serialised: {writer.ReasonOf(inner)}"
                : writer.MessageOf(e);
            throw new DossierException($"A result of the type {TypeName} cannot be kept: {why}", e);
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

    private static bool IsBytes => typeof(T) == typeof(string) || typeof(T) == typeof(byte[]);

    /// <summary>Whether a value that was read would be written as what it was read from; the order of members may be another one.</summary>
    private bool IsSame(ReadOnlyMemory<byte> written, T read)
    {
        var again = JsonSerializer.SerializeToUtf8Bytes(read, typeInfo());
        return again.AsSpan().SequenceEqual(written.Span)
            || CanonicalJson.Write(JsonElement.Parse(again)).Span.SequenceEqual(CanonicalJson.Write(JsonElement.Parse(written.Span)).Span);
    }

    private T Decode(ReadOnlyMemory<byte> bytes) =>
        typeof(T) == typeof(string) ? (T)(object)Encoding.UTF8.GetString(bytes.Span)
        : typeof(T) == typeof(byte[]) ? (T)(object)bytes.ToArray()
        : JsonSerializer.Deserialize(bytes.Span, typeInfo())!;
}
