using System.Runtime.CompilerServices;
using Dossier.Storage;

namespace Dossier;

/// <summary>Lists artifacts, of a session or over all.</summary>
internal static class ArtifactReading
{
    public static async IAsyncEnumerable<Artifact> ListArtifactsAsync(
        this StoreServices services,
        string? sessionId,
        ArtifactQuery? query,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var complete = Complete(query ?? new(), services.Masker);
        var pages = RecordPages.ReadAllAsync(next =>
            services.Storage.Records.QueryArtifactsAsync(sessionId, complete, next, cancellationToken)
        );
        await foreach (var record in pages.ConfigureAwait(false))
            yield return new(record, services.Storage);
    }

    /// <summary>The query as a record store expects it.</summary>
    private static ArtifactQuery Complete(ArtifactQuery query, SecretMasker masker)
    {
        RecordPages.CheckPageSize(query.PageSize);
        return query with
        {
            ContentType = query.ContentType is { } type ? ContentTypes.ResolveQuery(type, nameof(query)) : null,
            // What was masked when it was stored is looked for as it was stored.
            Name = masker.ApplyTo(query.Name),
            NameGlob = masker.ApplyTo(query.NameGlob),
            Metadata = query.Metadata is { Count: > 0 } metadata
                ? MetadataValues.ToJson(metadata, masker, out _).ToDictionary(pair => pair.Key, pair => (object?)pair.Value)
                : null,
        };
    }
}
