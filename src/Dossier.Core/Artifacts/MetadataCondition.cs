using System.Text.Json;
using Dossier.Storage;

namespace Dossier;

/// <summary>One condition on an artifact's metadata, for <see cref="ArtifactQuery.Where"/>. Immutable.</summary>
public sealed record MetadataCondition
{
    internal MetadataCondition(string name, MetadataComparison comparison, IReadOnlyList<object?> values) =>
        (Name, Comparison, Values) = (name, comparison, values);

    /// <summary>The name of the metadata.</summary>
    public string Name { get; }

    /// <summary>What has to hold.</summary>
    public MetadataComparison Comparison { get; }

    /// <summary>
    /// What it is compared with: several for <see cref="MetadataComparison.In"/>, none for <see cref="MetadataComparison.Exists"/>
    /// and <see cref="MetadataComparison.NotExists"/>, one otherwise. A record store is given them as <see cref="JsonElement"/>.
    /// </summary>
    public IReadOnlyList<object?> Values { get; }

    /// <summary>It has the name with an equal value: text with text (case-sensitive), numbers by value, true, false, or null for null.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">Text, a number, a bool, a date, a Guid, or null. A date is equal when it is written alike, offset included.</param>
    public static MetadataCondition EqualTo(string name, object? value) => Make(name, MetadataComparison.Equal, [value]);

    /// <summary>The opposite of <see cref="EqualTo"/>: it has another value, or not the name at all.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">As for <see cref="EqualTo"/>.</param>
    public static MetadataCondition NotEqualTo(string name, object? value) => Make(name, MetadataComparison.NotEqual, [value]);

    /// <summary>It has the name with one of the values.</summary>
    /// <param name="name">The name.</param>
    /// <param name="values">As for <see cref="EqualTo"/>; none at all finds nothing.</param>
    public static MetadataCondition In(string name, params IEnumerable<object?> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return Make(name, MetadataComparison.In, [.. values]);
    }

    /// <summary>It has the name, with any value, null included.</summary>
    /// <param name="name">The name.</param>
    public static MetadataCondition Exists(string name) => Make(name, MetadataComparison.Exists, []);

    /// <summary>It does not have the name.</summary>
    /// <param name="name">The name.</param>
    public static MetadataCondition NotExists(string name) => Make(name, MetadataComparison.NotExists, []);

    /// <summary>It has the name with a lesser number, or an earlier date.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">
    /// A number, or a date as <see cref="DateTimeOffset"/>, <see cref="DateTime"/>, <see cref="DateOnly"/> or ISO 8601 text. A number is compared with
    /// numbers only, a date with text that is an ISO 8601 date; one without an offset is taken for UTC.
    /// </param>
    /// <exception cref="ArgumentException">The value is neither a number nor a date.</exception>
    public static MetadataCondition LessThan(string name, object value) => MakeRange(name, MetadataComparison.Less, value);

    /// <summary>It has the name with that number or a lesser one, or that date or an earlier one.</summary>
    /// <inheritdoc cref="LessThan"/>
    public static MetadataCondition AtMost(string name, object value) => MakeRange(name, MetadataComparison.AtMost, value);

    /// <summary>It has the name with a greater number, or a later date.</summary>
    /// <inheritdoc cref="LessThan"/>
    public static MetadataCondition GreaterThan(string name, object value) => MakeRange(name, MetadataComparison.Greater, value);

    /// <summary>It has the name with that number or a greater one, or that date or a later one.</summary>
    /// <inheritdoc cref="LessThan"/>
    public static MetadataCondition AtLeast(string name, object value) => MakeRange(name, MetadataComparison.AtLeast, value);

    private static MetadataCondition Make(string name, MetadataComparison comparison, IReadOnlyList<object?> values)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return new(name, comparison, values);
    }

    private static MetadataCondition MakeRange(string name, MetadataComparison comparison, object value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var element = MetadataValues.ToElement(name, value);
        if (element.ValueKind is not JsonValueKind.Number && !MetadataMatch.TryGetDate(element, out _))
            throw new ArgumentException(
                $"The metadata '{SecretMasker.ApplyShapes(name)}' is compared with '{SecretMasker.ApplyShapes(value.ToString() ?? "")}', which is neither a number nor a date; text is only equal or not.",
                nameof(value)
            );
        return Make(name, comparison, [element]);
    }
}

/// <summary>How a <see cref="MetadataCondition"/> compares.</summary>
public enum MetadataComparison
{
    /// <summary>An equal value.</summary>
    Equal,

    /// <summary>Another value, or none.</summary>
    NotEqual,

    /// <summary>One of several values.</summary>
    In,

    /// <summary>Any value.</summary>
    Exists,

    /// <summary>No value.</summary>
    NotExists,

    /// <summary>A lesser number or an earlier date.</summary>
    Less,

    /// <summary>The number or a lesser one, the date or an earlier one.</summary>
    AtMost,

    /// <summary>A greater number or a later date.</summary>
    Greater,

    /// <summary>The number or a greater one, the date or a later one.</summary>
    AtLeast,
}
