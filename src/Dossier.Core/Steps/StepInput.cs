using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Dossier.Storage;

namespace Dossier;

/// <summary>
/// Something that a step's result depends on. An artifact counts by its content, everything else by its JSON, in which the order of an object's members and
/// zeros at the end of a fraction do not matter. Artifacts, text, numbers, bools, times and ids become inputs by themselves:
/// <c>[document, "short", 40]</c>; other objects by <see cref="Of{T}(T)"/>. Keys and tokens in values are masked before they count.
/// </summary>
public readonly struct StepInput : IEquatable<StepInput>
{
    private readonly Artifact? _artifact;
    private readonly ReadOnlyMemory<byte> _json;
    private readonly object? _value;

    private StepInput(Artifact artifact)
    {
        ArgumentNullException.ThrowIfNull(artifact);
        _artifact = artifact;
    }

    private StepInput(ReadOnlyMemory<byte> json, object? value = null) => (_json, _value) = (json, value);

    /// <summary>The artifact, where it is one.</summary>
    internal Artifact? Artifact => _artifact;

    /// <summary>The object that was given, where it may be one that a step returned.</summary>
    internal object? Value => _value;

    /// <summary>The value in canonical JSON; a default input is null.</summary>
    internal ReadOnlyMemory<byte> Json => _json.IsEmpty ? "null"u8.ToArray() : _json;

    /// <summary>
    /// Makes an input of any object, its public properties and fields found by reflection and named in camel case. An artifact among them counts by
    /// its content. All that it holds counts as what it is, whatever type is declared for it, unless that type has a converter or says itself how its derived
    /// types are written; the values of a dictionary count so when its keys are text.
    /// </summary>
    /// <exception cref="ArgumentException">The object cannot be serialised.</exception>
    [RequiresUnreferencedCode(JsonText.ReflectionMessage)]
    [RequiresDynamicCode(JsonText.ReflectionMessage)]
    public static StepInput Of<T>(T value) => Known(value) ?? Written(value, StepInputJson.Of);

    /// <summary>Makes an input of any object.</summary>
    /// <param name="value">The object.</param>
    /// <param name="typeInfo">How it is written, from a source-generated context; what it leaves out does not count.</param>
    /// <exception cref="ArgumentException">The object cannot be serialised.</exception>
    public static StepInput Of<T>(T value, JsonTypeInfo<T> typeInfo)
    {
        ArgumentNullException.ThrowIfNull(typeInfo);
        return Known(value) ?? Written(value, value => (value, typeInfo));
    }

    /// <summary>An artifact, by its content.</summary>
    public static implicit operator StepInput(Artifact artifact) => new(artifact);

    /// <summary>Text.</summary>
    public static implicit operator StepInput(string? text) => text is null ? default : new(CanonicalJson.Write(text), text);

    /// <summary>True or false.</summary>
    public static implicit operator StepInput(bool value) => new(value ? "true"u8.ToArray() : "false"u8.ToArray());

    /// <summary>A whole number.</summary>
    public static implicit operator StepInput(long number) => new(CanonicalJson.WriteNumber(number.ToString(CultureInfo.InvariantCulture)));

    /// <summary>A number.</summary>
    /// <exception cref="ArgumentException">It is not finite, and JSON has no such number.</exception>
    public static implicit operator StepInput(double number) =>
        double.IsFinite(number)
            ? new(CanonicalJson.WriteNumber(number.ToString("R", CultureInfo.InvariantCulture)))
            : throw new ArgumentException($"{number} cannot be an input of a step: JSON has no such number.", nameof(number));

    /// <summary>A number.</summary>
    public static implicit operator StepInput(decimal number) =>
        new(CanonicalJson.WriteNumber(number.ToString(CultureInfo.InvariantCulture)));

    /// <summary>A time, by its instant.</summary>
    public static implicit operator StepInput(DateTimeOffset time) =>
        new(CanonicalJson.Write(time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)));

    /// <summary>An id.</summary>
    public static implicit operator StepInput(Guid id) => new(CanonicalJson.Write(id.ToString()));

    /// <summary>The address of content.</summary>
    public static implicit operator StepInput(ContentDigest digest) => new(CanonicalJson.Write(digest.ToString()));

    /// <inheritdoc/>
    public bool Equals(StepInput other) =>
        _artifact is null
            ? other._artifact is null && Json.Span.SequenceEqual(other.Json.Span)
            : other._artifact is { } artifact && artifact.Digest == _artifact.Digest;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is StepInput other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        if (_artifact is not null)
            return _artifact.Digest.GetHashCode();
        var hash = new HashCode();
        hash.AddBytes(Json.Span);
        return hash.ToHashCode();
    }

    /// <summary>Whether both count as the same.</summary>
    public static bool operator ==(StepInput left, StepInput right) => left.Equals(right);

    /// <summary>Whether they count as different.</summary>
    public static bool operator !=(StepInput left, StepInput right) => !left.Equals(right);

    private static StepInput Written<T>(T value, Func<T, (object? Value, JsonTypeInfo Type)> how)
    {
        try
        {
            var (written, type) = how(value);
            var json = JsonSerializer.SerializeToElement(written, JsonText.Checked(type));
            return new(CanonicalJson.Write(json), typeof(T).IsValueType ? null : value);
        }
        // Getters and converters of the caller run here, and may throw anything.
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new ArgumentException(
                $"{value?.GetType() ?? typeof(T)} cannot be an input of a step, because it cannot be serialised: {SecretMasker.ApplyShapes(e.Message, null, default)} Use its properties that matter, or store it as an artifact.",
                nameof(value),
                e
            );
        }
    }

    /// <summary>What has a conversion of its own, whatever the type of the variable that holds it.</summary>
    private static StepInput? Known<T>(T value) =>
        value switch
        {
            null => default(StepInput),
            StepInput input => (StepInput?)input,
            Artifact artifact => artifact,
            string text => text,
            bool yes => yes,
            int number => number,
            long number => number,
            double number => number,
            decimal number => number,
            DateTimeOffset time => time,
            Guid id => id,
            ContentDigest digest => digest,
            _ => null,
        };
}
