using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// How a stored message refers to an image or a file, also to one that a function or a vendor's tool returned: by its digest, never by its bytes.
/// </summary>
internal static class DataReference
{
    private const string Scheme = "dossier-content:";

    // What a URI of somebody else's that begins with the scheme has behind it where it is stored, so that it refers to nothing.
    private const string Foreign = ":";
    private const string NameProperty = "dossier.name";

    // Tells the contents that were put into a result from JSON that a function returned, in which a reference is somebody else's text.
    private const string ResultProperty = "dossier.result";
    private const string OneContent = "content";
    private const string ListOfContents = "contents";

    public static UriContent To(DataContent data, ContentDigest digest)
    {
        var reference = new UriContent(Scheme + digest, data.MediaType)
        {
            Annotations = data.Annotations,
            AdditionalProperties = Without(data.AdditionalProperties, NameProperty),
        };
        if (data.Name is { } name)
            (reference.AdditionalProperties ??= [])[NameProperty] = name;
        return reference;
    }

    /// <summary>
    /// A content of somebody else's as it is stored: whoever writes a reference into it, or says that there is one, must not be given
    /// content that others have stored. The same content when it does neither.
    /// </summary>
    public static AIContent Foreigner(AIContent content) =>
        content switch
        {
            UriContent { Uri.OriginalString: var uri } given when uri.StartsWith(Scheme, StringComparison.Ordinal) => At(
                given,
                uri.Insert(Scheme.Length, Foreign)
            ),
            FunctionResultContent { AdditionalProperties: { } properties } function when properties.ContainsKey(ResultProperty) =>
                new FunctionResultContent(function.CallId, function.Result)
                {
                    Annotations = function.Annotations,
                    AdditionalProperties = Without(properties, ResultProperty),
                },
            _ => content,
        };

    /// <summary>A function's result with a content that holds references.</summary>
    public static FunctionResultContent InResult(FunctionResultContent function, AIContent content) =>
        InResult(function, JsonSerializer.SerializeToElement(content, TypeInfo<AIContent>()), OneContent);

    /// <summary>A function's result with contents that hold references.</summary>
    public static FunctionResultContent InResult(FunctionResultContent function, IList<AIContent> contents) =>
        InResult(function, JsonSerializer.SerializeToElement(contents, TypeInfo<IList<AIContent>>()), ListOfContents);

    /// <summary>Puts the images and files of a stored message back in their places.</summary>
    public static Task RestoreAsync(ChatMessage message, IStorage storage, CancellationToken cancellationToken) =>
        RestoreAsync(message.Contents, storage, cancellationToken);

    /// <summary>Whether encoded messages can refer to content at all.</summary>
    public static bool MayBeIn(ReadOnlySpan<byte> json) => json.IndexOf("dossier-content:"u8) >= 0;

    /// <summary>The contents that a stored message refers to.</summary>
    public static IEnumerable<ContentDigest> DigestsIn(IList<AIContent> contents)
    {
        foreach (var content in contents)
        {
            if (content is UriContent reference && DigestOf(reference) is { } digest)
                yield return digest;
            else if (
                content is FunctionResultContent { AdditionalProperties: { } properties } function
                && properties.GetValueOrDefault(ResultProperty)?.ToString() is { } kind
            )
                foreach (var inResult in DigestsIn(Read(function.Result, kind) ?? []))
                    yield return inResult;
            else if (NestedContents.In(content) is { } nested)
                foreach (var within in DigestsIn(nested))
                    yield return within;
        }
    }

    private static async Task RestoreAsync(IList<AIContent> contents, IStorage storage, CancellationToken cancellationToken)
    {
        for (var i = 0; i < contents.Count; i++)
        {
            if (contents[i] is UriContent reference && DigestOf(reference) is { } digest)
                contents[i] = From(reference, await storage.ReadAsync(digest, cancellationToken).ConfigureAwait(false));
            else if (contents[i] is UriContent given && given.Uri.OriginalString.StartsWith(Scheme + Foreign, StringComparison.Ordinal))
                contents[i] = At(given, given.Uri.OriginalString.Remove(Scheme.Length, Foreign.Length));
            else if (contents[i] is FunctionResultContent function && Take(function, ResultProperty) is { } kind)
                await RestoreResultAsync(function, kind, storage, cancellationToken).ConfigureAwait(false);
            else if (NestedContents.In(contents[i]) is { } nested)
                await RestoreAsync(nested, storage, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task RestoreResultAsync(
        FunctionResultContent function,
        string kind,
        IStorage storage,
        CancellationToken cancellationToken
    )
    {
        if (Read(function.Result, kind) is not { } contents)
            return;
        await RestoreAsync(contents, storage, cancellationToken).ConfigureAwait(false);
        function.Result = kind == OneContent ? contents[0] : contents;
    }

    // A result that masking made unreadable stays as it was stored.
    private static IList<AIContent>? Read(object? result, string kind)
    {
        try
        {
            return result is not JsonElement json ? null
                : kind == OneContent ? [json.Deserialize(TypeInfo<AIContent>())!]
                : json.Deserialize(TypeInfo<IList<AIContent>>());
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or FormatException or ArgumentException)
        {
            return null;
        }
    }

    private static DataContent From(UriContent reference, ReadOnlyMemory<byte> bytes) =>
        new(bytes, reference.MediaType)
        {
            Name = Take(reference, NameProperty),
            Annotations = reference.Annotations,
            AdditionalProperties = reference.AdditionalProperties,
        };

    private static ContentDigest? DigestOf(UriContent reference) =>
        reference.Uri.OriginalString.StartsWith(Scheme, StringComparison.Ordinal)
        && ContentDigest.TryParse(reference.Uri.OriginalString[Scheme.Length..], null, out var digest)
            ? digest
            : null;

    private static UriContent At(UriContent given, string uri) =>
        new(uri, given.MediaType) { Annotations = given.Annotations, AdditionalProperties = given.AdditionalProperties };

    private static AdditionalPropertiesDictionary? Without(AdditionalPropertiesDictionary? properties, string property)
    {
        if (properties?.ContainsKey(property) != true)
            return properties?.Clone();
        var others = properties.Clone();
        others.Remove(property);
        return others.Count == 0 ? null : others;
    }

    private static FunctionResultContent InResult(FunctionResultContent function, JsonElement result, string kind)
    {
        var properties = function.AdditionalProperties?.Clone() ?? [];
        properties[ResultProperty] = kind;
        return new(function.CallId, result) { Annotations = function.Annotations, AdditionalProperties = properties };
    }

    /// <summary>Takes a note of this class out of the properties of a content.</summary>
    private static string? Take(AIContent content, string property)
    {
        if (content.AdditionalProperties is not { } properties || !properties.Remove(property, out var value))
            return null;
        if (properties.Count == 0)
            content.AdditionalProperties = null;
        return value?.ToString();
    }

    private static JsonTypeInfo<T> TypeInfo<T>() => (JsonTypeInfo<T>)AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(T));
}
