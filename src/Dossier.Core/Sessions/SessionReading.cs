using System.Runtime.CompilerServices;
using Dossier.Storage;

namespace Dossier;

/// <summary>Lists and counts sessions.</summary>
internal static class SessionReading
{
    public static async IAsyncEnumerable<SessionInfo> ListSessionsAsync(
        this StoreServices services,
        SessionQuery? query,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var complete = (query ?? new()).Complete(services.Masker);
        var pages = RecordPages.ReadAllAsync(next => services.Storage.Records.QuerySessionsAsync(complete, next, cancellationToken));
        await foreach (var session in pages.ConfigureAwait(false))
            yield return session;
    }

    public static async Task<long> CountSessionsAsync(
        this StoreServices services,
        SessionQuery? query,
        CancellationToken cancellationToken
    ) =>
        await services
            .Storage.Records.CountSessionsAsync((query ?? new()).Complete(services.Masker), cancellationToken)
            .ConfigureAwait(false);

    /// <summary>The query as a record store expects it.</summary>
    public static SessionQuery Complete(this SessionQuery query, SecretMasker masker)
    {
        RecordPages.CheckPageSize(query.PageSize);
        // What was masked when it was stored is looked for as it was stored.
        return query with
        {
            Name = masker.ApplyTo(query.Name),
            NameGlob = masker.ApplyTo(query.NameGlob),
            Owner = masker.ApplyTo(query.Owner),
            Tag = masker.ApplyTo(query.Tag),
            Tags = query.Tags is { Count: > 0 } tags ? [.. tags.Select(masker.Apply)] : null,
        };
    }
}
