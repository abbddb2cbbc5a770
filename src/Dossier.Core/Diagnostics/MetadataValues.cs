using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dossier;

/// <summary>The caller's metadata as JSON: scalars of .NET, and whatever already is JSON.</summary>
internal static class MetadataValues
{
    /// <summary>The values as JSON, secrets masked and counted.</summary>
    /// <exception cref="RedactionException">A redactor of the user's failed.</exception>
    /// <exception cref="ArgumentException">A name is empty, or a value is of a type that has no plain JSON form.</exception>
    public static IReadOnlyDictionary<string, JsonElement> ToJson(
        IReadOnlyDictionary<string, object?>? metadata,
        SecretMasker masker,
        RedactionTally? tally = null
    )
    {
        if (metadata is null or { Count: 0 })
            return ArtifactRecord.EmptyMetadata;
        var result = new Dictionary<string, JsonElement>(metadata.Count);
        foreach (var (name, value) in metadata)
        {
            if (string.IsNullOrWhiteSpace(name))
                throw new ArgumentException("A metadata name is empty; give every value a name.", nameof(metadata));
            var given = value is string text ? masker.ApplyToMember(name, text, tally, RedactedPart.Metadata) : value;
            var json = masker.ApplyJson(ToJson(name, given), tally, RedactedPart.Metadata);
            result[masker.Apply(name, tally, RedactedPart.Metadata)] = JsonElement.Parse(json.Span);
        }
        return result;
    }

    /// <summary>One value as JSON, nothing masked.</summary>
    /// <exception cref="ArgumentException">It is of a type that has no plain JSON form.</exception>
    public static JsonElement ToElement(string name, object? metadata) => JsonElement.Parse(ToJson(name, metadata));

    private static byte[] ToJson(string name, object? metadata)
    {
        JsonNode? node = metadata switch
        {
            null => null,
            JsonElement { ValueKind: JsonValueKind.Undefined } => null,
            JsonElement element => JsonValue.Create(element),
            JsonNode given => given,
            string v => JsonValue.Create(v),
            bool v => JsonValue.Create(v),
            byte or sbyte or short or ushort or int or uint or long => JsonValue.Create(
                Convert.ToInt64(metadata, System.Globalization.CultureInfo.InvariantCulture)
            ),
            ulong v => JsonValue.Create(v),
            decimal v => JsonValue.Create(v),
            float or double => Finite(name, Convert.ToDouble(metadata, System.Globalization.CultureInfo.InvariantCulture)),
            DateTimeOffset v => JsonValue.Create(v),
            DateTime v => JsonValue.Create(v),
            DateOnly v => JsonValue.Create(v.ToString("O", System.Globalization.CultureInfo.InvariantCulture)),
            TimeSpan v => JsonValue.Create(v.ToString("c", System.Globalization.CultureInfo.InvariantCulture)),
            Guid v => JsonValue.Create(v),
            Uri v => JsonValue.Create(v.ToString()),
            Enum v => JsonValue.Create(v.ToString()),
            _ => throw new ArgumentException(
                $"Metadata '{SecretMasker.ApplyShapes(name)}' is a {metadata.GetType()}, which has no plain JSON form; pass text, a number, a bool, a date, a Guid, or a JsonNode.",
                nameof(metadata)
            ),
        };
        return Encoding.UTF8.GetBytes(node?.ToJsonString(JsonText.Options) ?? "null");
    }

    private static JsonValue Finite(string name, double metadata) =>
        double.IsFinite(metadata)
            ? JsonValue.Create(metadata)
            : throw new ArgumentException(
                $"Metadata '{SecretMasker.ApplyShapes(name)}' is {metadata}, which JSON cannot express; pass a finite number or text.",
                nameof(metadata)
            );
}
