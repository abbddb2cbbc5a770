using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Dossier.Storage;

namespace Dossier;

/// <summary>How Dossier writes JSON: compact, names in camel case, and text as it is, so that a stored key could be found by searching for it.</summary>
internal static class JsonText
{
    public const string ReflectionMessage =
        "Finds the type's members by reflection; pass a JsonTypeInfo from a source-generated context instead.";

    /// <summary>For what is JSON already.</summary>
    public static JsonSerializerOptions Options { get; } =
        new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>For any type, by reflection.</summary>
    [RequiresUnreferencedCode(ReflectionMessage)]
    [RequiresDynamicCode(ReflectionMessage)]
    public static JsonTypeInfo<T> TypeInfo<T>() => (JsonTypeInfo<T>)Reflective.Options.GetTypeInfo(typeof(T));

    /// <summary>The same, unless it would write all tuples of a type as the same empty object.</summary>
    /// <exception cref="NotSupportedException">It leaves out everything that a tuple holds.</exception>
    public static JsonTypeInfo Checked(JsonTypeInfo typeInfo) =>
        typeInfo is { Kind: JsonTypeInfoKind.Object, Properties.Count: 0 }
        && typeof(ITuple).IsAssignableFrom(typeInfo.Type)
        && typeInfo.Type.IsGenericType
            ? throw new NotSupportedException(
                $"Its JsonTypeInfo leaves out what the tuple holds, which are fields. Set IncludeFields in its options, or use a record instead of {typeInfo.Type}."
            )
            : typeInfo;

    /// <summary>Options for any type, by reflection. Fields are written as well: a tuple has nothing else.</summary>
    /// <param name="modify">What is changed of how a type is written.</param>
    [RequiresUnreferencedCode(ReflectionMessage)]
    [RequiresDynamicCode(ReflectionMessage)]
    public static JsonSerializerOptions NewReflective(params IEnumerable<Action<JsonTypeInfo>> modify)
    {
        var resolver = new DefaultJsonTypeInfoResolver();
        foreach (var modifier in modify)
            resolver.Modifiers.Add(modifier);
        return new(Options)
        {
            IncludeFields = true,
            TypeInfoResolver = resolver,
            Converters = { new DigestConverter() },
        };
    }

    [RequiresUnreferencedCode(ReflectionMessage)]
    [RequiresDynamicCode(ReflectionMessage)]
    private static class Reflective
    {
        public static readonly JsonSerializerOptions Options = NewReflective();
    }
}
