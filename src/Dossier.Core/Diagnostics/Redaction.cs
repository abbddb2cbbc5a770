using System.Text.Json.Serialization;

namespace Dossier;

/// <summary>Says that something was taken out of what a record keeps.</summary>
/// <param name="Kind">
/// What kind of thing: one of the kinds of keys and tokens that docs/redaction.md lists, or what an <see cref="IRedactor"/> calls it. Records
/// of earlier versions, which did not tell, have <c>secret</c>.
/// </param>
/// <param name="Part">Where it stood.</param>
/// <param name="Count">How often, 1 or more.</param>
public sealed record Redaction(string Kind, RedactedPart Part, int Count)
{
    internal const string UnknownKind = "secret";

    /// <summary>What, where and how often.</summary>
    public override string ToString() => $"{Count} × {Kind} in {Part.ToString().ToLowerInvariant()}";

    /// <summary>What a count of an earlier version says.</summary>
    internal static IReadOnlyList<Redaction> OfCount(int count) => count > 0 ? [new(UnknownKind, RedactedPart.Unspecified, count)] : [];
}

/// <summary>Where something was taken out.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RedactedPart>))]
public enum RedactedPart
{
    /// <summary>Somewhere: the record is of an earlier version, which did not tell.</summary>
    Unspecified,

    /// <summary>A name, a key, a tag, or the reason of a status.</summary>
    Name,

    /// <summary>The content of an artifact.</summary>
    Content,

    /// <summary>The caller's own metadata.</summary>
    Metadata,

    /// <summary>What was sent: messages, or the values that a step was given.</summary>
    Request,

    /// <summary>The options that a call was made with.</summary>
    Options,

    /// <summary>What came back.</summary>
    Answer,

    /// <summary>The text of an error.</summary>
    Error,
}
