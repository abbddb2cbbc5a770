using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Dossier;

/// <summary>How objects are written that are inputs of steps, by reflection: what tells two of them apart must not be left out.</summary>
internal static class StepInputJson
{
    /// <summary>
    /// How an object is written: as what it is, and not only as what the variable is that holds it, of which it may have more members. A type that
    /// says itself how its derived types are written decides that, and so does one that has a converter.
    /// </summary>
    [RequiresUnreferencedCode(JsonText.ReflectionMessage)]
    [RequiresDynamicCode(JsonText.ReflectionMessage)]
    public static JsonTypeInfo TypeInfo<T>(T value)
    {
        var declared = Reflective.Options.GetTypeInfo(typeof(T));
        return declared is { Kind: JsonTypeInfoKind.Object, PolymorphismOptions: null } && value is not null
            ? Reflective.Options.GetTypeInfo(value.GetType())
            : declared;
    }

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
        public static readonly JsonSerializerOptions Options = JsonText.NewReflective(CountByContent);
    }
}
