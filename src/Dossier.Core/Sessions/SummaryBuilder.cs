namespace Dossier;

/// <summary>Sums a session up from its records, page by page.</summary>
internal static class SummaryBuilder
{
    public static async Task<SessionSummary> BuildAsync(
        StoreServices services,
        string sessionId,
        ModelDescriptor? defaultModel,
        CancellationToken cancellationToken
    )
    {
        var records = services.Storage.Records;
        var info =
            await records.GetSessionAsync(sessionId, cancellationToken).ConfigureAwait(false)
            ?? throw await services.Storage.SessionGoneAsync(sessionId, cancellationToken).ConfigureAwait(false);

        var artifacts = await services.CountArtifactsAsync(sessionId, null, cancellationToken).ConfigureAwait(false);
        var (steps, redactions) = (new StepTally(), new RedactionTally());
        await foreach (
            var step in Storage
                .RecordPages.ReadAllAsync(next => records.QueryStepsAsync(sessionId, new(), next, cancellationToken))
                .ConfigureAwait(false)
        )
        {
            steps.Add(step);
            if (step.InheritedFrom is null)
                redactions.Add(step.Redactions);
        }
        var (responses, errors) = (new ResponseTotals(), new ErrorTally());
        var pages = Storage.RecordPages.ReadAllAsync(next => records.QueryResponsesAsync(sessionId, new(), next, cancellationToken));
        await foreach (var response in pages.ConfigureAwait(false))
        {
            responses.Add(response);
            errors.Add(response);
            steps.Add(response);
            if (response.InheritedFrom is null)
                redactions.Add(response.Redactions);
        }

        return new()
        {
            Session = info,
            Age = services.Time.GetUtcNow() - info.CreatedAt,
            DefaultModel = defaultModel,
            Conversations = await records.CountMessagesAsync(sessionId, cancellationToken).ConfigureAwait(false),
            Models = [.. responses.Models.OrderByDescending(m => m.Tokens.Total).ThenBy(m => m.Model, StringComparer.Ordinal)],
            Artifacts = artifacts.ByContentType,
            Responses = responses.Outcomes,
            Tokens = responses.Tokens,
            Costs = responses.Costs,
            Unpriced = responses.Unpriced,
            Budget = BudgetStatus.Of(
                await records.GetBudgetAsync(sessionId, cancellationToken).ConfigureAwait(false)
                    ?? throw await services.Storage.SessionGoneAsync(sessionId, cancellationToken).ConfigureAwait(false),
                services.Time.GetUtcNow()
            ),
            Steps = steps.Totals,
            Redactions = [.. redactions.Redactions.OrderByDescending(r => r.Count).ThenBy(r => r.Kind, StringComparer.Ordinal)],
            Inherited = responses.Inherited,
            Replayed = responses.Replayed,
            Useful = responses.Useful,
            Wasted = responses.Wasted,
            Errors = await ErrorReportBuilder.BuildAsync(services, sessionId, errors, cancellationToken).ConfigureAwait(false),
            Slowest = [.. responses.Slowest.Select(Digest)],
            Failed = [.. responses.Failed.Reverse().Select(Digest)],
        };
    }

    private static ResponseSummary Digest(TrackedResponse response) =>
        new()
        {
            Id = response.Id,
            Subject = response.Key ?? ModelOf(response) ?? "response",
            Outcome = response.Outcome,
            Duration = response.Duration,
            Error = response.Error?.Message,
        };

    private static string? ModelOf(TrackedResponse response) =>
        response is { Provider: { } provider, RequestedModel: { } model } ? new ModelReference(provider, model).ToString() : null;
}
