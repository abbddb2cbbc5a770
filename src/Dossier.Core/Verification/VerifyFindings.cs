using Dossier.Storage;

namespace Dossier;

/// <summary>What a verification has counted and found so far. For one thread at a time.</summary>
internal sealed class VerifyFindings
{
    private const int MostProblems = 1000;
    private const int MostAffected = 20;

    private readonly List<VerifyProblem> _problems = [];
    private readonly Dictionary<ContentDigest, Affected> _affected = [];
    private long _problemCount;

    public long Sessions { get; set; }
    public long Artifacts { get; set; }
    public long Responses { get; set; }
    public long Messages { get; set; }
    public long ErasedSessions { get; private set; }
    public long NotedChains { get; set; }
    public long Contents { get; set; }
    public long Bytes { get; set; }
    public long Unreferenced { get; set; }
    public long UnreferencedBytes { get; set; }
    public long GoneSinceNoted { get; set; }

    /// <summary>Notes a problem. One of content is noted once, however often it comes.</summary>
    public void Add(VerifyProblem problem, AffectedRecord? affected = null)
    {
        if (problem.Digest is not { } digest)
            Keep(problem with { Affected = affected is null ? [] : [affected], AffectedCount = affected is null ? 0 : 1 });
        else
        {
            if (!_affected.TryGetValue(digest, out var records))
            {
                _affected.Add(digest, records = new());
                Keep(problem);
            }
            if (affected is not null)
                records.Add(affected);
        }
    }

    /// <summary>Counts a session that was erased, and notes when something may be left of it.</summary>
    public void Add(SessionErasure erasure)
    {
        ErasedSessions++;
        if (!erasure.IsComplete)
            Add(
                new VerifyProblem
                {
                    Kind = VerifyProblemKind.ErasureIncomplete,
                    Description = $"Session '{erasure.SessionId}' {erasure.Text}, but what it has left on the disk is not all gone yet.",
                    Remedy = "Erase it again, or open the store anew; either finishes it.",
                }
            );
    }

    /// <summary>Counts a message, and notes when its hash is not what it has to be.</summary>
    /// <param name="message">The message.</param>
    /// <param name="parent">The hash of the message that it follows, as it is kept; null when there is none.</param>
    /// <param name="sessionId">Its session.</param>
    /// <param name="conversation">Its conversation.</param>
    public void AddMessage(MessageRecord message, ContentDigest? parent, string sessionId, string conversation)
    {
        Messages++;
        if (message.ComputeHash(parent) is var hash && hash == message.Hash)
            return;
        Add(
            new()
            {
                Kind = VerifyProblemKind.HistoryBroken,
                Description =
                    $"It and what it follows have the hash {hash}; {message.Hash} is kept: one of the two was changed or is missing.",
                Remedy =
                    "Restore the store from a backup. The messages before it, and those of branches that do not contain it, can be trusted.",
            },
            NamingRecord.Of(message, sessionId, conversation).Record
        );
    }

    /// <summary>Notes that a session is not there whose chain was noted.</summary>
    public void AddGone(string sessionId, ChainHead noted) =>
        AddChain(
            $"The session '{sessionId}', whose chain was noted as {noted}, is not there.",
            "If it was not purged or erased, restore the store from a backup."
        );

    /// <summary>Notes that the chain of a session does not fit.</summary>
    public void AddChain(string description, string remedy, AffectedRecord? affected = null) =>
        Add(
            new()
            {
                Kind = VerifyProblemKind.ChainBroken,
                Description = description,
                Remedy = remedy,
            },
            affected
        );

    public VerifyReport ToReport() =>
        new()
        {
            GoneSinceNoted = GoneSinceNoted,
            Sessions = Sessions,
            Artifacts = Artifacts,
            Responses = Responses,
            Messages = Messages,
            ErasedSessions = ErasedSessions,
            NotedChains = NotedChains,
            Contents = Contents,
            Bytes = Bytes,
            Unreferenced = Unreferenced,
            UnreferencedBytes = UnreferencedBytes,
            Problems = [.. _problems.Select(Complete)],
            ProblemCount = _problemCount,
        };

    private void Keep(VerifyProblem problem)
    {
        if (++_problemCount <= MostProblems)
            _problems.Add(problem);
    }

    private VerifyProblem Complete(VerifyProblem problem) =>
        problem.Digest is { } digest && _affected[digest] is var affected
            ? problem with
            {
                Affected = affected.First,
                AffectedCount = affected.Count,
            }
            : problem;

    private sealed class Affected
    {
        public List<AffectedRecord> First { get; } = [];
        public long Count { get; private set; }

        /// <summary>A response may name the same content several times, one after the other.</summary>
        public void Add(AffectedRecord record)
        {
            if (First.Contains(record))
                return;
            Count++;
            if (First.Count < MostAffected)
                First.Add(record);
        }
    }
}
