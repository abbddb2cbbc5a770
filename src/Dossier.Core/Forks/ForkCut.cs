using Dossier.Storage;

namespace Dossier;

/// <summary>A fork point as the records have it: what was recorded up to it.</summary>
/// <param name="Sequence">The last sequence.</param>
/// <param name="Time">What has no sequence belongs to it when it is from before this time.</param>
/// <param name="ResponseId">The response that it is at; null when it is at none.</param>
internal sealed record ForkCut(long Sequence, DateTimeOffset Time, string? ResponseId)
{
    public static readonly ForkCut Now = new(long.MaxValue, DateTimeOffset.MaxValue, null);

    /// <summary>Finds the point in a session.</summary>
    /// <exception cref="ArgumentException">It is one of another session.</exception>
    /// <exception cref="NotFoundException">The session has no such response or step.</exception>
    /// <exception cref="InvalidOperationException">The response has not ended, or the step has no result.</exception>
    public static async Task<ForkCut> OfAsync(IRecordStore records, string sessionId, ForkPoint at, CancellationToken cancellationToken)
    {
        if (at.SessionId is { Length: > 0 } other && !string.Equals(other, sessionId, StringComparison.Ordinal))
            throw new ArgumentException(
                $"Session '{sessionId}' cannot be forked at {at}, which is of session '{other}'. Fork that session, or take a point of this one.",
                nameof(at)
            );
        if (at.ResponseId is { } id)
            return await OfResponseAsync(records, sessionId, id, cancellationToken).ConfigureAwait(false);
        return at.StepKey is { } key ? await OfStepAsync(records, sessionId, key, cancellationToken).ConfigureAwait(false) : Now;
    }

    private static async Task<ForkCut> OfResponseAsync(
        IRecordStore records,
        string sessionId,
        string id,
        CancellationToken cancellationToken
    )
    {
        var response =
            await records.GetResponseAsync(sessionId, id, cancellationToken).ConfigureAwait(false)
            ?? throw new NotFoundException(
                $"Session '{sessionId}' has no response '{id}' to be forked at; list what it has with Responses.ListAsync."
            );
        return response.Outcome is ResponseOutcome.InProgress
            ? throw new InvalidOperationException(
                $"Session '{sessionId}' cannot be forked at response {id}, which has not ended. Wait for its end, or fork the session as it is, without it."
            )
            : new(response.Sequence, response.StartedAt + (response.Duration ?? TimeSpan.Zero), id);
    }

    private static async Task<ForkCut> OfStepAsync(
        IRecordStore records,
        string sessionId,
        ContentDigest key,
        CancellationToken cancellationToken
    )
    {
        var step =
            await records.GetStepAsync(sessionId, key, cancellationToken).ConfigureAwait(false)
            ?? throw new NotFoundException(
                $"Session '{sessionId}' has no step '{key}' to be forked at; list what it has with Steps.ListAsync."
            );
        var result = step is { Status: StepStatus.Kept, ResultArtifact: { } artifact }
            ? await records.GetArtifactAsync(sessionId, artifact, cancellationToken).ConfigureAwait(false)
            : null;
        if (result is null)
            throw new InvalidOperationException(
                $"Session '{sessionId}' cannot be forked at step '{step.Name}' ({key}), which has no result. Run the step, or fork the session at a response or as it is."
            );
        var query = new ResponseQuery
        {
            StepKey = key,
            Order = RecordOrder.NewestFirst,
            PageSize = 1,
        };
        var latest = await records.QueryResponsesAsync(sessionId, query, null, cancellationToken).ConfigureAwait(false);
        var last = step.Attempts[^1];
        return new(
            latest.Items.Select(response => response.Sequence).Append(result.Sequence).Max(),
            last.StartedAt + (last.Duration ?? TimeSpan.Zero),
            null
        );
    }
}
