using Dossier.Storage;

namespace Dossier;

/// <summary>Makes the report of a session's errors of its records, page by page.</summary>
internal static class ErrorReportBuilder
{
    public static async Task<ErrorReport> BuildAsync(StoreServices services, string sessionId, CancellationToken cancellationToken)
    {
        var records = services.Storage.Records;
        var errors = new ErrorTally();
        var pages = RecordPages.ReadAllAsync(next => records.QueryResponsesAsync(sessionId, new(), next, cancellationToken));
        await foreach (var response in pages.ConfigureAwait(false))
            errors.Add(response);
        return await BuildAsync(services, sessionId, errors, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same for responses that have been looked through already.</summary>
    public static async Task<ErrorReport> BuildAsync(
        StoreServices services,
        string sessionId,
        ErrorTally errors,
        CancellationToken cancellationToken
    )
    {
        var records = services.Storage.Records;
        var names = new Dictionary<ContentDigest, string>();
        var pages = RecordPages.ReadAllAsync(next => records.QueryStepsAsync(sessionId, new(), next, cancellationToken));
        await foreach (var step in pages.ConfigureAwait(false))
        {
            names[step.Key] = step.Name;
            errors.Add(step);
        }
        return errors.ToReport(sessionId, names);
    }
}
