using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Dossier;

/// <summary>How objects are written that are inputs of steps, by reflection: what tells two of them apart must not be left out.</summary>
internal static class StepInputJson
{
    // As deep as JSON is written. A type of list may also be one of itself.
    private const int MostLevels = 64;

    /// <summary>
    /// What is written of an object, and how: all that it holds as what it is, and not only as what is declared for it, which may have fewer members. A type
    /// that says itself how its derived types are written decides that, and so does one that has a converter.
    /// </summary>
    [RequiresUnreferencedCode(JsonText.ReflectionMessage)]
    [RequiresDynamicCode(JsonText.ReflectionMessage)]
    public static (object? Value, JsonTypeInfo Type) Of<T>(T value)
    {
        var declared = Reflective.Options.GetTypeInfo(typeof(T) == typeof(object) && value is not null ? value.GetType() : typeof(T));
        if (value is null || declared is { Kind: JsonTypeInfoKind.None } or { PolymorphismOptions: not null })
            return (value, declared);
        var opened = Opened(value)!;
        return ReferenceEquals(opened, value) && declared.Kind is not JsonTypeInfoKind.Object
            ? (value, declared)
            : (opened, Reflective.Options.GetTypeInfo(opened.GetType()));
    }

    /// <summary>A list, or a dictionary of names, whose elements may be more than it says, as one of objects; anything else as it is.</summary>
    /// <exception cref="JsonException">It is nested too deep to be written; it may hold itself.</exception>
    [RequiresUnreferencedCode(JsonText.ReflectionMessage)]
    private static object? Opened(object? value, int depth = 0)
    {
        if (
            value is not IEnumerable all
            || HasOwnForm(value.GetType())
            || ElementOf(value.GetType()) is not { } element
            || !IsOpen(element)
        )
            return value;
        if (depth == MostLevels)
            throw new JsonException($"Its lists are nested deeper than {MostLevels} levels, or one holds itself.");
        if (!IsEntry(element))
            return all.Cast<object?>().Select(it => Opened(it, depth + 1)).ToArray();
        return all is IDictionary entries && element.GenericTypeArguments[0] == typeof(string)
            ? entries.Keys.Cast<string>().ToDictionary(name => name, name => Opened(entries[name], depth + 1))
            : value;
    }

    /// <summary>Has what the members of an object hold written as what it is.</summary>
    [RequiresUnreferencedCode(JsonText.ReflectionMessage)]
    [RequiresDynamicCode(JsonText.ReflectionMessage)]
    private static void OpenMembers(JsonTypeInfo type)
    {
        if (type.Kind is not JsonTypeInfoKind.Object)
            return;
        for (var i = 0; i < type.Properties.Count; i++)
        {
            var member = type.Properties[i];
            if (member is not { Get: { } get, CustomConverter: null, IsExtensionData: false } || !IsOpen(member.PropertyType))
                continue;
            var open = type.CreateJsonPropertyInfo(typeof(object), member.Name);
            (open.Get, open.ShouldSerialize) = (it => Opened(get(it)), member.ShouldSerialize);
            type.Properties[i] = open;
        }
    }

    /// <summary>Whether what a type is declared for may be more than the type says.</summary>
    [RequiresUnreferencedCode(JsonText.ReflectionMessage)]
    private static bool IsOpen(Type type, int depth = 0) =>
        IsEntry(type) ? IsOpen(type.GenericTypeArguments[1], depth + 1)
        : type == typeof(string) || HasOwnForm(type) ? false
        : depth < MostLevels && ElementOf(type) is { } element ? IsOpen(element, depth + 1)
        : type is { IsValueType: false, IsSealed: false };

    private static bool IsEntry(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>);

    [RequiresUnreferencedCode(JsonText.ReflectionMessage)]
    private static Type? ElementOf(Type type) =>
        type.GetInterfaces()
            .Append(type)
            .FirstOrDefault(it => it.IsGenericType && it.GetGenericTypeDefinition() == typeof(IEnumerable<>))
            ?.GenericTypeArguments[0];

    private static bool HasOwnForm(Type type) =>
        type.IsDefined(typeof(JsonConverterAttribute), inherit: false)
        || type.IsDefined(typeof(JsonPolymorphicAttribute), inherit: false)
        || type.IsDefined(typeof(JsonDerivedTypeAttribute), inherit: false)
        || type.IsAssignableTo(typeof(JsonNode));

    /// <summary>An artifact among the members of an object counts by its content, as it does by itself.</summary>
    [RequiresUnreferencedCode(JsonText.ReflectionMessage)]
    [RequiresDynamicCode(JsonText.ReflectionMessage)]
    private static void CountByContent(JsonTypeInfo type)
    {
        if (type.Type == typeof(Artifact))
            SetProperties(type, ("artifact", it => ((Artifact)it).Digest.ToString()));
        else if (type.Type == typeof(StepInput))
            SetProperties(
                type,
                ("artifact", it => ((StepInput)it).Artifact?.Digest.ToString()),
                ("value", it => JsonElement.Parse(((StepInput)it).Json.Span))
            );
    }

    [RequiresUnreferencedCode(JsonText.ReflectionMessage)]
    [RequiresDynamicCode(JsonText.ReflectionMessage)]
    private static void SetProperties(JsonTypeInfo type, params ReadOnlySpan<(string Name, Func<object, object?> Get)> properties)
    {
        type.Properties.Clear();
        foreach (var (name, get) in properties)
        {
            var property = type.CreateJsonPropertyInfo(typeof(object), name);
            property.Get = get;
            type.Properties.Add(property);
        }
    }

    [RequiresUnreferencedCode(JsonText.ReflectionMessage)]
    [RequiresDynamicCode(JsonText.ReflectionMessage)]
    private static class Reflective
    {
        public static readonly JsonSerializerOptions Options = JsonText.NewReflective(CountByContent, OpenMembers);
    }
}
