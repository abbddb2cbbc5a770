using System.Globalization;
using System.Text.Json;

namespace Dossier.Storage;

/// <summary>What conditions on metadata mean, entry by entry. Every storage of this library checks them here, so that they mean the same.</summary>
internal static class MetadataMatch
{
    /// <exception cref="ArgumentException">A value of the query is not a scalar JSON element.</exception>
    public static bool Matches(ArtifactQuery query, IReadOnlyDictionary<string, JsonElement> metadata)
    {
        foreach (var (name, value) in query.Metadata ?? EmptyMetadata)
            if (!metadata.TryGetValue(name, out var actual) || !AreEqual(Element(name, value), actual))
                return false;
        foreach (var condition in query.Where ?? [])
            if (!Matches(condition, metadata))
                return false;
        return true;
    }

    /// <summary>A value of a query, which a record store is given as a <see cref="JsonElement"/>.</summary>
    /// <exception cref="ArgumentException">It is something else, or an object or array, which are never compared.</exception>
    public static JsonElement Element(string name, object? query) =>
        query switch
        {
            null => Null,
            JsonElement { ValueKind: JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.Undefined } element =>
                throw new ArgumentException(
                    $"The metadata value '{name}' of a query is text, a number, true, false or null, not {element.ValueKind}.",
                    nameof(query)
                ),
            JsonElement element => element,
            _ => throw new ArgumentException($"The metadata value '{name}' of a query is given as a JsonElement.", nameof(query)),
        };

    public static bool TryGetDate(JsonElement element, out DateTimeOffset date)
    {
        date = default;
        // The first accepts ISO 8601 only; the second takes what has no offset for UTC and not for local time.
        return element.ValueKind is JsonValueKind.String
            && element.TryGetDateTime(out _)
            && DateTimeOffset.TryParse(
                element.GetString(),
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                out date
            );
    }

    private static readonly Dictionary<string, object?> EmptyMetadata = [];
    private static readonly JsonElement Null = JsonElement.Parse("null");

    private static bool Matches(MetadataCondition condition, IReadOnlyDictionary<string, JsonElement> metadata)
    {
        var exists = metadata.TryGetValue(condition.Name, out var actual);
        return condition.Comparison switch
        {
            MetadataComparison.Exists => exists,
            MetadataComparison.NotExists => !exists,
            MetadataComparison.Equal => exists && AreEqual(Value(condition), actual),
            MetadataComparison.NotEqual => !(exists && AreEqual(Value(condition), actual)),
            MetadataComparison.In => exists && condition.Values.Any(value => AreEqual(Element(condition.Name, value), actual)),
            MetadataComparison.Less => exists && Compare(actual, Value(condition)) < 0,
            MetadataComparison.AtMost => exists && Compare(actual, Value(condition)) <= 0,
            MetadataComparison.Greater => exists && Compare(actual, Value(condition)) > 0,
            _ => exists && Compare(actual, Value(condition)) >= 0,
        };
    }

    private static JsonElement Value(MetadataCondition condition) => Element(condition.Name, condition.Values[0]);

    private static bool AreEqual(JsonElement wanted, JsonElement actual) =>
        wanted.ValueKind == actual.ValueKind
        && wanted.ValueKind switch
        {
            JsonValueKind.String => actual.ValueEquals(wanted.GetString()),
            JsonValueKind.Number => Compare(actual, wanted) == 0,
            _ => true,
        };

    /// <summary>Null when the two cannot be compared, for which no comparison holds.</summary>
    private static int? Compare(JsonElement actual, JsonElement wanted)
    {
        if (wanted.ValueKind is JsonValueKind.Number)
        {
            if (actual.ValueKind is not JsonValueKind.Number)
                return null;
            return actual.TryGetInt64(out var left) && wanted.TryGetInt64(out var right)
                ? left.CompareTo(right)
                : actual.GetDouble().CompareTo(wanted.GetDouble());
        }
        return TryGetDate(actual, out var date) && TryGetDate(wanted, out var limit) ? date.CompareTo(limit) : null;
    }
}
