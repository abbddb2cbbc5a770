using System.Globalization;
using System.Text.Json;

namespace Dossier;

/// <summary>
/// Reads facts out of what a provider says of one model. A fact of the wrong type stays unknown and is reported; the model and its
/// other facts are kept.
/// </summary>
/// <param name="json">What the provider says of the model.</param>
/// <param name="model">The model's id, for the report.</param>
/// <param name="skipped">The report.</param>
internal sealed class DetectedFacts(JsonElement json, string? model, List<UnreadableModel> skipped)
{
    /// <summary>The member of that name; undefined where there is none.</summary>
    public JsonElement this[string name] => Member(json, name);

    /// <summary>The same of a member that is an object itself.</summary>
    public DetectedFacts Below(string name) => new(Member(json, name), model, skipped);

    /// <summary>A number of tokens; 0 and less stand for unknown.</summary>
    public long? Tokens(string name) => Tokens(name, Member(json, name));

    /// <summary>The first of several that is there.</summary>
    public long? Tokens(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Tokens(name) is { } tokens)
                return tokens;
        }
        return null;
    }

    /// <summary>A number of tokens in an element.</summary>
    public long? Tokens(string name, JsonElement value)
    {
        if (value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number) && number is > -1e15m and < 1e15m)
            return number >= 1 ? (long)number : null;
        return Report<long?>(name, value, "a number of tokens");
    }

    public string? Text(string name)
    {
        var value = Member(json, name);
        return value.ValueKind switch
        {
            JsonValueKind.Undefined or JsonValueKind.Null => null,
            JsonValueKind.String => value.GetString() is { Length: > 0 } text ? text.Trim() : null,
            _ => Report<string?>(name, value, "a text"),
        };
    }

    /// <summary>Texts; null where there is no list.</summary>
    public IReadOnlyList<string>? Texts(string name)
    {
        var value = Member(json, name);
        if (value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
            return null;
        if (value.ValueKind != JsonValueKind.Array)
            return Report<IReadOnlyList<string>?>(name, value, "a list");
        return [.. value.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)];
    }

    public Support Flag(string name)
    {
        var value = Member(json, name);
        return value.ValueKind switch
        {
            JsonValueKind.Undefined or JsonValueKind.Null => Support.Unknown,
            JsonValueKind.True => Support.Yes,
            JsonValueKind.False => Support.No,
            // Anthropic: {"supported": true}
            JsonValueKind.Object => Below(name).Flag("supported"),
            _ => Report<Support>(name, value, "yes or no"),
        };
    }

    /// <summary>A price per million tokens, from one per so many.</summary>
    public decimal? Price(string name, decimal perMillion)
    {
        var value = Member(json, name);
        if (value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
            return null;
        var text = value.ValueKind is JsonValueKind.String or JsonValueKind.Number ? value.ToString() : "";
        if (decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var price) && price is >= -1 and < 1_000_000)
            return price < 0 ? null : price * perMillion; // OpenRouter says -1 where the price depends on the model that it chooses
        return Report<decimal?>(name, value, "a price");
    }

    public DateOnly? Date(string name)
    {
        var text = Text(name);
        if (text is null)
            return null;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date))
            return date.Year > 1970 ? DateOnly.FromDateTime(date.UtcDateTime) : null; // the epoch stands for unknown
        return Report<DateOnly?>(name, Member(json, name), "a date");
    }

    public void Skip(string reason) => skipped.Add(new(model, reason));

    private T? Report<T>(string name, JsonElement value, string expected)
    {
        var raw = value.GetRawText();
        Skip($"{name} is {(raw.Length > 60 ? string.Concat(raw.AsSpan(0, 60), "…") : raw)}, which is not {expected}; it stays unknown.");
        return default;
    }

    private static JsonElement Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : default;
}
