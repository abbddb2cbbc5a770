using System.Collections.Frozen;
using System.Net.Http.Headers;

namespace Dossier;

/// <summary>MIME types (RFC 6838) and the short names that stand for them.</summary>
internal static class ContentTypes
{
    public const string Json = "application/json";
    public const string Text = "text/plain";
    public const string Binary = "application/octet-stream";

    private static readonly FrozenDictionary<string, string> ByShortName = new Dictionary<string, string>
    {
        ["json"] = Json,
        ["jsonl"] = "application/jsonl",
        ["text"] = Text,
        ["txt"] = Text,
        ["markdown"] = "text/markdown",
        ["md"] = "text/markdown",
        ["html"] = "text/html",
        ["csv"] = "text/csv",
        ["css"] = "text/css",
        ["xml"] = "application/xml",
        ["yaml"] = "application/yaml",
        ["javascript"] = "text/javascript",
        ["png"] = "image/png",
        ["jpeg"] = "image/jpeg",
        ["jpg"] = "image/jpeg",
        ["gif"] = "image/gif",
        ["webp"] = "image/webp",
        ["svg"] = "image/svg+xml",
        ["pdf"] = "application/pdf",
        ["zip"] = "application/zip",
        ["mp3"] = "audio/mpeg",
        ["wav"] = "audio/wav",
        ["mp4"] = "video/mp4",
        ["binary"] = Binary,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>The MIME type that a caller's content type means.</summary>
    /// <exception cref="ArgumentException">It is neither a MIME type nor a known short name.</exception>
    public static string Resolve(string contentType, string parameter)
    {
        if (ByShortName.TryGetValue(contentType, out var known))
            return known;
        if (
            MediaTypeHeaderValue.TryParse(contentType, out var parsed)
            && parsed.MediaType is { } type
            && !type.Contains('*', StringComparison.Ordinal)
            && ReferenceEquals(SecretMasker.ApplyShapes(type), type)
        )
        {
            // Parameters such as charset keep their case; the type itself has none (RFC 6838, section 4.2).
            return parsed.Parameters.Count == 0
                ? type.ToLowerInvariant()
                : $"{type.ToLowerInvariant()}; {string.Join("; ", parsed.Parameters)}";
        }
        throw new ArgumentException(
            $"Content type '{SecretMasker.ApplyShapes(contentType)}' is neither a MIME type such as 'text/plain' nor one of the short names {string.Join(", ", ByShortName.Keys.Order())}.",
            parameter
        );
    }

    /// <summary>The same for a query, which may also ask for all of a kind: <c>image/*</c>.</summary>
    public static string ResolveQuery(string contentType, string parameter) =>
        contentType.EndsWith("/*", StringComparison.Ordinal) && contentType.Length > 2
            ? contentType.ToLowerInvariant()
            : Resolve(contentType, parameter);

    /// <summary>The content type without its parameters where one of them must not be kept: masked, they would make it unreadable.</summary>
    public static string Masked(string contentType, SecretMasker masker, RedactionTally tally)
    {
        var type = TypeOf(contentType);
        var parameters = contentType[type.Length..];
        return parameters.Length == 0 || ReferenceEquals(masker.Apply(parameters, tally, RedactedPart.Name), parameters)
            ? contentType
            : type;
    }

    /// <summary>Whether content of that type is one JSON document.</summary>
    public static bool IsJson(string contentType) =>
        TypeOf(contentType) is var type && (type is Json || type.EndsWith("+json", StringComparison.Ordinal));

    /// <summary>Whether content of that type is text that a model can be sent as text.</summary>
    public static bool IsText(string contentType)
    {
        var type = TypeOf(contentType);
        return type.StartsWith("text/", StringComparison.Ordinal)
            || type.EndsWith("+json", StringComparison.Ordinal)
            || type.EndsWith("+xml", StringComparison.Ordinal)
            || type is Json or "application/jsonl" or "application/xml" or "application/yaml";
    }

    private static string TypeOf(string contentType)
    {
        var end = contentType.IndexOf(';', StringComparison.Ordinal);
        return end < 0 ? contentType : contentType[..end];
    }
}
