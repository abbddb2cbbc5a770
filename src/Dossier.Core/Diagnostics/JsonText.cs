using System.Diagnostics.CodeAnalysis;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

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

    [RequiresUnreferencedCode(ReflectionMessage)]
    [RequiresDynamicCode(ReflectionMessage)]
    private static class Reflective
    {
        public static readonly JsonSerializerOptions Options = new(JsonText.Options)
        {
            TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        };
    }
}
