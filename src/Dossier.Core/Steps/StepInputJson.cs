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
    [RequiresUnreferencedCode(JsonText.ReflectionMessage)]
    private static object? Opened(object? value)
    {
        if (
            value is not IEnumerable all
            || HasOwnForm(value.GetType())
            || ElementOf(value.GetType()) is not { } element
            || !IsOpen(element)
        )
            return value;
        if (!IsEntry(element))
            return all.Cast<object?>().Select(Opened).ToArray();
        return all is IDictionary entries && element.GenericTypeArguments[0] == typeof(string)
            ? entries.Keys.Cast<string>().ToDictionary(name => name, name => Opened(entries[name]))
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
    private static bool IsOpen(Type type) =>
        IsEntry(type) ? IsOpen(type.GenericTypeArguments[1])
        : type == typeof(string) || HasOwnForm(type) ? false
        : ElementOf(type) is { } element && element != type ? IsOpen(element)
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
