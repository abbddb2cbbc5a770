using System.Runtime.CompilerServices;
using Dossier.Storage;

namespace Dossier;

/// <summary>Lists artifacts, of a session or over all.</summary>
internal static class ArtifactReading
{
    public static async Task<Artifact> GetArtifactAsync(
        this StoreServices services,
        string sessionId,
        string id,
        CancellationToken cancellationToken
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        var (artifact, content) = await services
            .Storage.Records.GetArtifactWithContentAsync(sessionId, id, cancellationToken)
            .ConfigureAwait(false);
        if (artifact is null)
            await services.Storage.ThrowIfSessionGoneAsync(sessionId, cancellationToken).ConfigureAwait(false);
        return artifact switch
        {
            { TrashedAt: null } record => Read(record, services.Storage, content),
            null => throw new NotFoundException(
                $"Session '{sessionId}' has no artifact with the id '{id}'; list what it has with ListArtifactsAsync, or look it up by name with FindArtifactAsync."
            ),
            var trashed => throw new NotFoundException(
                $"Artifact '{id}' ('{trashed.Name}' v{trashed.Version}) of session '{sessionId}' is in the trash. Restore it with RestoreArtifactAsync."
            ),
        };
    }

    /// <summary>An artifact by its name; null when there is none, or it is in the trash.</summary>
    public static async Task<Artifact?> FindArtifactAsync(
        this StoreServices services,
        string sessionId,
        string name,
        int? version,
        CancellationToken cancellationToken
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (version is { } given)
            ArgumentOutOfRangeException.ThrowIfLessThan(given, 1, nameof(version));
        name = services.Masker.Apply(name);
        var record = await services
            .Storage.Records.FindArtifactAsync(sessionId, name, version, cancellationToken)
            .OfSessionAsync(services.Storage, sessionId, cancellationToken)
            .ConfigureAwait(false);
        if (version is null)
            StepScope.NoteLatest(sessionId, name, record);
        else if (record is not null)
            StepScope.NoteVersion(record); // a version that was asked for stays what it is
        return record is null ? null : Read(record, services.Storage, null);
    }

    public static async IAsyncEnumerable<Artifact> ListArtifactsAsync(
        this StoreServices services,
        string? sessionId,
        ArtifactQuery? query,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var complete = Complete(query ?? new(), services.Masker);
        var pages = RecordPages.ReadAllAsync(next =>
        {
            var page = services.Storage.Records.QueryArtifactsAsync(sessionId, complete, next, cancellationToken);
            return sessionId is null ? page : page.OfSessionAsync(services.Storage, sessionId, cancellationToken);
        });
        await foreach (var record in pages.ConfigureAwait(false))
            yield return new(record, services.Storage);
    }

    public static async Task<ArtifactCount> CountArtifactsAsync(
        this StoreServices services,
        string? sessionId,
        ArtifactQuery? query,
        CancellationToken cancellationToken
    )
    {
        var complete = Complete(query ?? new(), services.Masker);
        var totals = await services.Storage.Records.CountArtifactsAsync(sessionId, complete, cancellationToken).ConfigureAwait(false);
        if (totals.Count == 0 && sessionId is not null)
            await services.Storage.ThrowIfSessionGoneAsync(sessionId, cancellationToken).ConfigureAwait(false);
        return new() { ByContentType = [.. totals.OrderByDescending(t => t.Bytes).ThenBy(t => t.ContentType, StringComparer.Ordinal)] };
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
                ? MetadataValues.ToJson(metadata, masker).ToDictionary(pair => pair.Key, pair => (object?)pair.Value)
                : null,
            Sessions = query.Sessions?.Complete(masker),
            Where = query.Where is { Count: > 0 } where ? [.. where.Select(condition => Complete(condition, masker))] : null,
        };
    }

    private static MetadataCondition Complete(MetadataCondition condition, SecretMasker masker) =>
        new(
            masker.Apply(condition.Name),
            condition.Comparison,
            [.. condition.Values.Select(value => (object?)MetadataValues.ToJson(Single(condition.Name, value), masker).Values.Single())]
        );

    private static Dictionary<string, object?> Single(string name, object? value) => new() { [name] = value };

    private static Artifact Read(ArtifactRecord record, IStorage storage, ReadOnlyMemory<byte>? content)
    {
        StepScope.NoteRead(record);
        return new(record, storage, content);
    }
}
