using Dossier.Storage;

namespace Dossier;

/// <summary>What a session does with a cassette.</summary>
/// <param name="Replayed">The cassette that answers; null for none.</param>
/// <param name="RecordTo">The file that is written when the session is disposed; null for none.</param>
internal sealed record CassetteUse(Cassette? Replayed, string? RecordTo)
{
    /// <summary>For other sessions of the same store: they are answered as well, and the file is that of one session.</summary>
    public CassetteUse ForOthers() => this with { RecordTo = null };

    /// <summary>
    /// Writes what a session has recorded, when it is worth keeping: it has calls that were all answered, or was completed, and did not fail.
    /// </summary>
    public async Task SaveAsync(Session session)
    {
        if (RecordTo is not { } path || session.Status is SessionStatus.Failed)
            return;
        if (session.Status is not SessionStatus.Completed)
        {
            var any = false;
            // Of a session that was erased meanwhile there is none, and nothing to complain of while it is closed.
            var records = session.Services.Storage.Records;
            var responses = RecordPages.ReadAllAsync(next => records.QueryResponsesAsync(session.Id, new(), next));
            await foreach (var response in responses.ConfigureAwait(false))
                if (RecordedCalls.IsCall(response))
                {
                    if (!response.Success)
                        return;
                    any = true;
                }
            if (!any)
                return;
        }
        await CassetteFile.WriteAsync(session, path, CancellationToken.None).ConfigureAwait(false);
    }
}
