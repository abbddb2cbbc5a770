using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Dossier.Storage;

/// <summary>
/// Records as compact JSON (RFC 8259) in UTF-8, for storages that keep them as bytes. What has its default value is left
/// out; what was encoded by an older version decodes. A round trip is exact: money keeps its digits, times their ticks.
/// Values of a response's metadata come back as <see cref="JsonElement"/>. All members are safe to call from several threads at once.
/// </summary>
public static class RecordJson
{
    // Not for HTML: text of any language stays readable and short.
    internal static readonly RecordJsonContext Shapes = new(
        new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            Converters =
            {
                new MetadataValueConverter(),
                new DigestConverter(),
                new MessageIdConverter(),
                new TimeSpanConverter(),
                new JsonStringEnumConverter<ResponseOperation>(JsonNamingPolicy.CamelCase),
                new JsonStringEnumConverter<ResponseOutcome>(JsonNamingPolicy.CamelCase),
                new JsonStringEnumConverter<ProviderErrorKind>(JsonNamingPolicy.CamelCase),
                new JsonStringEnumConverter<AttemptReason>(JsonNamingPolicy.CamelCase),
                new JsonStringEnumConverter<AttemptOutcome>(JsonNamingPolicy.CamelCase),
                new JsonStringEnumConverter<ToolCallOutcome>(JsonNamingPolicy.CamelCase),
                new JsonStringEnumConverter<ArtifactRole>(JsonNamingPolicy.CamelCase),
                new JsonStringEnumConverter<SessionStatus>(JsonNamingPolicy.CamelCase),
                new JsonStringEnumConverter<Capture>(JsonNamingPolicy.CamelCase),
                new JsonStringEnumConverter<BudgetExhaustion>(JsonNamingPolicy.CamelCase),
                new JsonStringEnumConverter<StepStatus>(JsonNamingPolicy.CamelCase),
                new JsonStringEnumConverter<StepReason>(JsonNamingPolicy.CamelCase),
                new JsonStringEnumConverter<StepOutcome>(JsonNamingPolicy.CamelCase),
                new JsonStringEnumConverter<RedactedPart>(JsonNamingPolicy.CamelCase),
            },
        }
    );

    /// <summary>Encodes a response.</summary>
    /// <exception cref="ArgumentException">A metadata value is none that JSON has: text, number, true, false, null, a time, an id or a <see cref="JsonElement"/>.</exception>
    public static byte[] Encode(TrackedResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        return Encode(response, isBody: false, out _);
    }

    /// <summary>Encodes an artifact's record.</summary>
    public static byte[] Encode(ArtifactRecord artifact)
    {
        ArgumentNullException.ThrowIfNull(artifact);
        return JsonSerializer.SerializeToUtf8Bytes(ArtifactShape.Of(artifact), Shapes.ArtifactShape);
    }

    /// <summary>Encodes a session's record.</summary>
    public static byte[] Encode(SessionInfo session)
    {
        ArgumentNullException.ThrowIfNull(session);
        return JsonSerializer.SerializeToUtf8Bytes(SessionShape.Of(session), Shapes.SessionShape);
    }

    /// <summary>Encodes what is set aside for a call.</summary>
    public static byte[] Encode(BudgetHold hold)
    {
        ArgumentNullException.ThrowIfNull(hold);
        return JsonSerializer.SerializeToUtf8Bytes(HoldShape.Of(hold), Shapes.HoldShape);
    }

    /// <summary>Encodes a step.</summary>
    public static byte[] Encode(StepRecord step)
    {
        ArgumentNullException.ThrowIfNull(step);
        return JsonSerializer.SerializeToUtf8Bytes(StepShape.Of(step), Shapes.StepShape);
    }

    /// <summary>Encodes metadata; nothing at all becomes an empty array.</summary>
    public static byte[] Encode(IReadOnlyDictionary<string, JsonElement> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return metadata.Count == 0 ? [] : JsonSerializer.SerializeToUtf8Bytes(metadata, Shapes.IReadOnlyDictionaryStringJsonElement);
    }

    /// <summary>Encodes what was taken out of a record.</summary>
    internal static byte[] Encode(IReadOnlyList<Redaction> redactions) =>
        JsonSerializer.SerializeToUtf8Bytes(redactions, Shapes.IReadOnlyListRedaction);

    /// <summary>Decodes a response.</summary>
    /// <exception cref="JsonException">The bytes are not an encoded response.</exception>
    public static TrackedResponse DecodeResponse(ReadOnlySpan<byte> json) => Decode(json, Shapes.ResponseShape).ToRecord();

    /// <summary>Decodes an artifact's record.</summary>
    /// <exception cref="JsonException">The bytes are not an encoded artifact.</exception>
    public static ArtifactRecord DecodeArtifact(ReadOnlySpan<byte> json) => Decode(json, Shapes.ArtifactShape).ToRecord();

    /// <summary>Decodes a session's record.</summary>
    /// <exception cref="JsonException">The bytes are not an encoded session.</exception>
    public static SessionInfo DecodeSession(ReadOnlySpan<byte> json) => Decode(json, Shapes.SessionShape).ToRecord();

    /// <summary>Decodes what is set aside for a call.</summary>
    /// <exception cref="JsonException">The bytes are not an encoded hold.</exception>
    public static BudgetHold DecodeHold(ReadOnlySpan<byte> json) => Decode(json, Shapes.HoldShape).ToRecord();

    /// <summary>Decodes a step.</summary>
    /// <exception cref="JsonException">The bytes are not an encoded step.</exception>
    public static StepRecord DecodeStep(ReadOnlySpan<byte> json) => Decode(json, Shapes.StepShape).ToRecord();

    /// <summary>Decodes metadata; an empty span is no metadata.</summary>
    /// <exception cref="JsonException">The bytes are not encoded metadata.</exception>
    public static IReadOnlyDictionary<string, JsonElement> DecodeMetadata(ReadOnlySpan<byte> json) =>
        json.IsEmpty ? ArtifactRecord.EmptyMetadata : Decode(json, Shapes.IReadOnlyDictionaryStringJsonElement);

    /// <summary>Decodes what was taken out of a record.</summary>
    /// <exception cref="JsonException">The bytes are not that.</exception>
    internal static IReadOnlyList<Redaction> DecodeRedactions(ReadOnlySpan<byte> json) => Decode(json, Shapes.IReadOnlyListRedaction);

    /// <summary>Decodes what a step has read.</summary>
    /// <exception cref="JsonException">The bytes are not that.</exception>
    internal static IReadOnlyList<StepRead> DecodeReads(ReadOnlySpan<byte> json) =>
        [.. Decode(json, Shapes.StepReadShapeArray).Select(read => read.ToRecord())];

    /// <summary>Encodes what a table keeps of a response beside its columns.</summary>
    internal static byte[] EncodeBody(TrackedResponse response) => EncodeBody(response, out _);

    /// <summary>The same, and says how many bytes at its beginning other calls to the same model have as well.</summary>
    internal static byte[] EncodeBody(TrackedResponse response, out int common) => Encode(response, isBody: true, out common);

    /// <summary>Encodes what a step has read.</summary>
    internal static byte[] Encode(IReadOnlyList<StepRead> reads) =>
        JsonSerializer.SerializeToUtf8Bytes([.. reads.Select(StepReadShape.Of)], Shapes.StepReadShapeArray);

    /// <summary>Decodes what <see cref="EncodeBody(TrackedResponse)"/> encoded.</summary>
    internal static TrackedResponse DecodeBody(ReadOnlySpan<byte> json, in ResponseColumns columns)
    {
        var shape = Decode(json, Shapes.ResponseShape);
        shape.Set(columns);
        return shape.ToRecord();
    }

    private static byte[] Encode(TrackedResponse response, bool isBody, out int common)
    {
        using var buffer = JsonBuffer.Rent();
        common = new ResponseWriter(buffer.Writer).Write(response, isBody);
        return buffer.ToArray();
    }

    private static T Decode<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> shape) =>
        JsonSerializer.Deserialize(json, shape) ?? throw new JsonException("A record was expected, not null.");
}
