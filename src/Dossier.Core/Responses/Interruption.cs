using Dossier.Storage;

namespace Dossier;

/// <summary>Ends the responses whose processes have ended before them, so that they do not read as in progress for ever.</summary>
internal static class Interruption
{
    /// <summary>Looks through what is in progress in a session. Those of processes that live, and of this one, are left alone.</summary>
    public static async Task FindAsync(StoreServices services, SessionInfo session, CancellationToken cancellationToken)
    {
        var records = services.Storage.Records;
        var query = new ResponseQuery { Outcome = ResponseOutcome.InProgress };
        var pages = RecordPages.ReadAllAsync(next => records.QueryResponsesAsync(session.Id, query, next, cancellationToken));
        var interrupted = new List<TrackedResponse>();
        await foreach (var response in pages.ConfigureAwait(false))
        {
            if (ProcessOwner.HasEnded(response.Process ?? "", response.StartedAt, services.Time.GetUtcNow()))
                interrupted.Add(response);
        }
        // At once, because the store writes together what comes together.
        await Task.WhenAll(interrupted.Select(response => EndAsync(services, session, response, cancellationToken))).ConfigureAwait(false);
    }

    private static async Task EndAsync(
        StoreServices services,
        SessionInfo session,
        TrackedResponse response,
        CancellationToken cancellationToken
    )
    {
        var error = new ResponseError
        {
            Message =
                $"The process that made the call ({response.Process ?? "unknown"}) ended before the call did; whether the model answered is not known.",
            Kind = ProviderErrorKind.Interrupted,
            IsTransient = true,
        };
        Attempt[] attempts =
        [
            .. response.Attempts.Select(attempt =>
                attempt.Outcome is AttemptOutcome.InProgress
                    ? attempt with
                    {
                        Outcome = AttemptOutcome.Interrupted,
                        Error = error,
                    }
                    : attempt
            ),
        ];
        ToolCall[] tools =
        [
            .. response.ToolCalls.Select(tool =>
                tool.Outcome is ToolCallOutcome.InProgress ? tool with { Outcome = ToolCallOutcome.Interrupted, Error = error } : tool
            ),
        ];
        var now = services.Time.GetRecordTime();
        var commit = new SessionCommit
        {
            CommitId = Identifiers.NewGuid(now),
            SessionId = response.SessionId,
            SessionCreatedAt = session.CreatedAt,
            At = now,
            Responses =
            [
                response with
                {
                    Outcome = ResponseOutcome.Interrupted,
                    Error = error,
                    Attempts = attempts,
                    ToolCalls = tools,
                    Usage = AttemptSums.Usage(attempts),
                    Cost = AttemptSums.Cost(attempts),
                },
            ],
        };
        try
        {
            await services.Storage.Records.CommitAsync(commit, cancellationToken).ConfigureAwait(false);
        }
        catch (ConflictException exception) when (exception.Guard is CommitGuards.ResponseInProgress)
        {
            return; // it ended between the question and the answer
        }
        Log.ResponseInterrupted(services.Logger, response.SessionId, response.Id, response.RequestedModel, response.Process);
    }
}
