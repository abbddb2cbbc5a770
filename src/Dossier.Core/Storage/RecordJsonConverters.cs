using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dossier.Storage;

/// <summary>A digest as the text that people know it by.</summary>
internal sealed class DigestConverter : JsonConverter<ContentDigest>
{
    public override ContentDigest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        ContentDigest.TryParse(reader.GetString(), null, out var digest) ? digest : throw new JsonException("Not a digest.");

    public override void Write(Utf8JsonWriter writer, ContentDigest value, JsonSerializerOptions options) => Write(writer, value);

    public static void Write(Utf8JsonWriter writer, ContentDigest value)
    {
        Span<byte> utf8 = stackalloc byte[ContentDigest.TextLength];
        value.CopyTextTo(utf8);
        writer.WriteStringValue(utf8);
    }
}

/// <summary>The id of a message as the text that people know it by.</summary>
internal sealed class MessageIdConverter : JsonConverter<MessageId>
{
    public override MessageId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        MessageId.TryParse(reader.GetString(), null, out var id) ? id : throw new JsonException("Not the id of a message.");

    public override void Write(Utf8JsonWriter writer, MessageId value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}

/// <summary>Digests as a list; a single one without it.</summary>
internal sealed class DigestsConverter : JsonConverter<IReadOnlyList<ContentDigest>>
{
    private static readonly DigestConverter One = new();

    public override IReadOnlyList<ContentDigest> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType is not JsonTokenType.StartArray)
            return [One.Read(ref reader, typeof(ContentDigest), options)];
        var digests = new List<ContentDigest>();
        while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
            digests.Add(One.Read(ref reader, typeof(ContentDigest), options));
        return digests;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<ContentDigest> value, JsonSerializerOptions options) =>
        Write(writer, value);

    public static void Write(Utf8JsonWriter writer, IReadOnlyList<ContentDigest> value)
    {
        if (value is [var only])
        {
            DigestConverter.Write(writer, only);
            return;
        }
        writer.WriteStartArray();
        for (var i = 0; i < value.Count; i++)
            DigestConverter.Write(writer, value[i]);
        writer.WriteEndArray();
    }
}

/// <summary>A time span as its ticks of 100 nanoseconds; earlier versions wrote it as text.</summary>
internal sealed class TimeSpanConverter : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType is JsonTokenType.Number ? new(reader.GetInt64())
        : TimeSpan.TryParseExact(reader.GetString(), "c", CultureInfo.InvariantCulture, out var span) ? span
        : throw new JsonException("Not a time span.");

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.Ticks);
}

/// <summary>Tokens as a list of counts, zeros at its end left out; earlier versions wrote them by name.</summary>
internal sealed class UsageConverter : JsonConverter<TokenUsage>
{
    private const int Classes = 9;

    public override TokenUsage? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType is not JsonTokenType.StartArray)
            return JsonSerializer.Deserialize(ref reader, RecordJson.Shapes.TokenUsage);
        Span<long> counts = stackalloc long[Classes];
        counts.Clear();
        for (var i = 0; reader.Read() && reader.TokenType is not JsonTokenType.EndArray; i++)
            counts[i < Classes ? i : throw new JsonException("There are more counts than kinds of tokens.")] = reader.GetInt64();
        return new()
        {
            Input = counts[0],
            Output = counts[1],
            CachedInput = counts[2],
            Reasoning = counts[3],
            CacheWrite = counts[4],
            CacheWrite1h = counts[5],
            AudioInput = counts[6],
            CachedAudioInput = counts[7],
            AudioOutput = counts[8],
        };
    }

    public override void Write(Utf8JsonWriter writer, TokenUsage value, JsonSerializerOptions options) => WriteCounts(writer, value);

    public static void WriteCounts(Utf8JsonWriter writer, TokenUsage usage)
    {
        ReadOnlySpan<long> counts =
        [
            usage.Input,
            usage.Output,
            usage.CachedInput,
            usage.Reasoning,
            usage.CacheWrite,
            usage.CacheWrite1h,
            usage.AudioInput,
            usage.CachedAudioInput,
            usage.AudioOutput,
        ];
        writer.WriteStartArray();
        foreach (var count in counts.TrimEnd(0))
            writer.WriteNumberValue(count);
        writer.WriteEndArray();
    }
}

/// <summary>A cost as its amount where the response says what it came from, and as an object where it does not.</summary>
internal sealed class CostConverter : JsonConverter<CostShape>
{
    public override CostShape? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType is JsonTokenType.Number
            ? new() { Amount = reader.GetDecimal() }
            : JsonSerializer.Deserialize(ref reader, RecordJson.Shapes.CostShape);

    public override void Write(Utf8JsonWriter writer, CostShape value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, value, RecordJson.Shapes.CostShape);
}

/// <summary>A value of a response's metadata: whatever JSON has a form for, and a <see cref="JsonElement"/> on the way back.</summary>
internal sealed class MetadataValueConverter : JsonConverter<object>
{
    public override object? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JsonElement.ParseValue(ref reader);

    public override void Write(Utf8JsonWriter writer, object value, JsonSerializerOptions options)
    {
        switch (value)
        {
            case JsonElement element:
                element.WriteTo(writer);
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            case bool flag:
                writer.WriteBooleanValue(flag);
                break;
            case int number:
                writer.WriteNumberValue(number);
                break;
            case long number:
                writer.WriteNumberValue(number);
                break;
            case double number:
                writer.WriteNumberValue(number);
                break;
            case decimal number:
                writer.WriteNumberValue(number);
                break;
            case float number:
                writer.WriteNumberValue(number);
                break;
            case short or ushort or byte or sbyte or uint:
                writer.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case ulong number:
                writer.WriteNumberValue(number);
                break;
            case DateTimeOffset time:
                writer.WriteStringValue(time);
                break;
            case Guid id:
                writer.WriteStringValue(id);
                break;
            default:
                throw new ArgumentException(
                    $"A metadata value of type '{value.GetType()}' cannot be stored. Use text, a number, true or false, null, or a JsonElement.",
                    nameof(value)
                );
        }
    }
}
