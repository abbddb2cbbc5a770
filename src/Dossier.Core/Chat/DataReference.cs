using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>How a stored message refers to an image or a file: by its digest, never by its bytes.</summary>
internal static class DataReference
{
    private const string Scheme = "dossier-content:";
    private const string NameProperty = "dossier.name";

    public static UriContent To(DataContent data)
    {
        var reference = new UriContent(Scheme + ContentDigest.Of(data.Data.Span), data.MediaType)
        {
            AdditionalProperties = data.AdditionalProperties?.Clone(),
        };
        if (data.Name is { } name)
            (reference.AdditionalProperties ??= [])[NameProperty] = name;
        return reference;
    }

    /// <summary>Puts the images and files of a stored message back in their places.</summary>
    public static async Task RestoreAsync(ChatMessage message, IStorage storage, CancellationToken cancellationToken)
    {
        for (var i = 0; i < message.Contents.Count; i++)
        {
            if (
                message.Contents[i] is not UriContent reference
                || !reference.Uri.OriginalString.StartsWith(Scheme, StringComparison.Ordinal)
                || !ContentDigest.TryParse(reference.Uri.OriginalString[Scheme.Length..], null, out var digest)
            )
            {
                continue;
            }
            var bytes = await storage.ReadAsync(digest, cancellationToken).ConfigureAwait(false);
            var properties = reference.AdditionalProperties;
            object? name = null;
            properties?.Remove(NameProperty, out name);
            message.Contents[i] = new DataContent(bytes, reference.MediaType)
            {
                Name = name?.ToString(),
                AdditionalProperties = properties is { Count: > 0 } ? properties : null,
            };
        }
    }
}
