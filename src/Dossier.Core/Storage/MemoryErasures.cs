namespace Dossier.Storage;

/// <summary>What stays of the sessions that were erased, in the order in which they were. Used under the lock of <see cref="MemoryRecordStore"/>.</summary>
internal sealed class MemoryErasures
{
    private readonly OrderedDictionary<string, SessionErasure> _bySession = [];

    public IEnumerable<SessionErasure> All => _bySession.Values;

    public SessionErasure? Find(string sessionId) => _bySession.GetValueOrDefault(sessionId);

    public SessionErasure Add(MemorySession session, string? reason, DateTimeOffset at) =>
        _bySession[session.Id] = new()
        {
            SessionId = session.Id,
            ErasedAt = at,
            Artifacts = session.Artifacts.Count(artifact => artifact is not null),
            Responses = session.Responses.Count,
            Messages = session.Conversations.Totals.Messages,
            Reason = reason,
            IsComplete = true,
        };
}
