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
                writer.WriteNumberValue(Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture));
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
