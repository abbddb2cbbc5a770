using System.Globalization;

namespace Dossier.Storage;

/// <summary>Goes through the chain of each session in a local store, and reports where the records do not make it.</summary>
internal sealed class ChainVerify(Database database, RecordScan records, VerifyFindings findings)
{
    private const long OfArtifact = 0;
    private const long OfResponse = 1;

    // Those that have no number come first.
    private const string Numbers = """
        SELECT link, 0, place FROM artifacts WHERE session = ?1
        UNION ALL SELECT link, 1, place FROM responses WHERE session = ?1 AND outcome <> 0
        UNION ALL SELECT number, 2, number FROM links WHERE session = ?1
        ORDER BY 1
        """;

    public void Run(VerifyOptions options, CancellationToken cancellationToken)
    {
        var noted = options.NotedSessions().ToHashSet();
        foreach (var (key, id) in records.Sessions.ToArray())
        {
            ChainHead? head = options.ChainHeads.TryGetValue(id, out var it) ? it : null;
            noted.Remove(id);
            try
            {
                using var snapshot = database.BeginRead();
                Check(key, id, head, cancellationToken);
            }
            catch (Exception exception)
                when (StorageErrors.IsUndecodable(exception) || exception is StorageException { IsTransient: false })
            {
                if (database.InTransaction)
                    database.Execute("ROLLBACK");
                findings.Add(RecordScan.Unreadable($"the chain of session '{id}'", exception.Message));
            }
        }
        foreach (var id in noted)
            findings.AddGone(id, options.ChainHeads[id]);
    }

    private void Check(long key, string id, ChainHead? noted, CancellationToken cancellationToken)
    {
        if (ChainSql.ReadHead(database, id) is not { } head)
            return; // purged a moment ago
        var walk = new ChainWalk(id, noted, findings);
        using var rows = database.Prepare(Numbers);
        rows.Bind(1, key);
        while (rows.Step())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (kind, place) = (rows.Number(1), rows.Number(2));
            var link = kind switch
            {
                OfArtifact => ChainSql.ReadArtifact(database, place),
                OfResponse => ChainSql.ReadResponse(database, place),
                _ => ChainSql.ReadLink(database, key, place),
            };
            if (link is { Entry: { Kind: ChainEntryKind.Messages } messages, Number: var number } && !HasMessage(messages))
                walk.AddLostMessages(number, MessagePlace.ToId(messages.Number));
            walk.Add(link!.Value, kind is OfArtifact or OfResponse, () => Describe(id, kind, place));
        }
        walk.End(head);
    }

    private bool HasMessage(in ChainEntry entry)
    {
        using var rows = database.Prepare("SELECT 1 FROM messages WHERE place = ?1 AND hash = ?2");
        rows.Bind(1, entry.Number);
        rows.Bind(2, entry.Row);
        return rows.Step();
    }

    private AffectedRecord? Describe(string session, long kind, long place)
    {
        if (kind is not (OfArtifact or OfResponse))
            return null;
        using var rows = database.Prepare(
            kind is OfArtifact
                ? "SELECT id, name, version FROM artifacts WHERE place = ?1"
                : "SELECT id, key FROM responses WHERE place = ?1"
        );
        rows.Bind(1, place);
        rows.Step();
        return new(
            session,
            RecordId.ToText(rows.Bytes(0)),
            rows.IsNull(1) ? null : rows.Text(1),
            kind is OfArtifact ? rows.SmallNumber(2) : null
        );
    }
}

/// <summary>One session's chain, entry by entry. Where it breaks, the walk goes on with what is kept, so that one break hides no other.</summary>
internal sealed class ChainWalk(string sessionId, ChainHead? noted, VerifyFindings findings)
{
    private const string Restore =
        "Compare it with a backup, and restore that if it differs: what was changed cannot be made up for. The entries before it fit.";

    private const string RestoreNoted =
        "Look whether it was noted of this session, since each has a chain of its own. If so, compare the session with a backup, and restore that if it differs: what was changed cannot be made up for.";

    private readonly Dictionary<long, ContentDigest> _gone = [];
    private ChainHead _last = new(0, ChainEntry.Start(sessionId));
    private bool _wasNoted;
    private bool _isBroken;

    /// <param name="link">The entry of a record as it is now, or one that has none any more.</param>
    /// <param name="hasRecord">Whether there is a record.</param>
    /// <param name="describe">Names the record.</param>
    public void Add(in KeptLink link, bool hasRecord, Func<AffectedRecord?> describe)
    {
        if (link.Number == 0)
        {
            Report("It is not in the chain of its session, in which Dossier puts every record: something else wrote it.", describe());
            return;
        }
        if (!hasRecord)
            Count(link);
        if (link.Number <= _last.Length)
        {
            Report(
                $"It is entry {Text(link.Number)} of the chain of its session, and so is another: one of the two was put in.",
                describe()
            );
            return;
        }
        if (link.Number > _last.Length + 1)
            Report(
                $"In the chain of session '{sessionId}' {(link.Number == _last.Length + 2 ? $"entry {Text(_last.Length + 1)} is" : $"entries {Text(_last.Length + 1)} to {Text(link.Number - 1)} are")} missing: records were removed, and no purge says so.",
                affected: null
            );
        else if (link.Entry.After(_last.Hash) is var hash && hash != link.Chain)
            Report(
                $"Entry {Text(link.Number)} of the chain of session '{sessionId}' has the hash {hash} by what is there; {link.Chain} is kept: its record was changed, or the entry before it was.",
                describe()
            );
        _last = new(link.Number, link.Chain);
        if (noted is { } was && was.Length == link.Number)
            CheckNoted(was, link.Chain);
    }

    public void End(ChainHead head)
    {
        if (head != _last)
            Report(
                $"The chain of session '{sessionId}' is to end in {head}; its records end in {_last}: the last of them were changed or removed."
            );
        if (noted is { Length: 0 } was)
            CheckNoted(was, ChainEntry.Start(sessionId));
        if (noted is not null && !_wasNoted)
            Report(
                $"The chain of session '{sessionId}' was noted as {noted}, and does not get there: it ends in {_last}.",
                remedy: RestoreNoted
            );
        foreach (var number in _gone.Keys.Order())
            Report($"The record of entry {Text(number)} of the chain of session '{sessionId}' is gone, and no purge says so.");
        if (_wasNoted && !_isBroken)
            findings.NotedChains++;
    }

    /// <summary>Notes that messages are not there which an entry speaks of.</summary>
    public void AddLostMessages(long number, MessageId last) =>
        Report(
            $"Entry {Text(number)} of the chain of session '{sessionId}' speaks of messages up to {last}, which is not there or not as it was written."
        );

    /// <summary>An entry that has no record needs one behind it that says so.</summary>
    private void Count(in KeptLink link)
    {
        var entry = link.Entry;
        switch (entry.Kind)
        {
            case ChainEntryKind.Messages:
                break;
            case ChainEntryKind.Gone:
                if (!_gone.Remove(entry.Number, out var row) || row != entry.Row)
                    Report(
                        $"Entry {Text(link.Number)} of the chain of session '{sessionId}' says that the record of entry {Text(entry.Number)} is gone, which is there or was another."
                    );
                else if (noted is { } was && entry.Number <= was.Length && was.Length < link.Number)
                    findings.GoneSinceNoted++;
                break;
            default:
                _gone.Add(link.Number, entry.Row);
                break;
        }
    }

    private void CheckNoted(ChainHead was, ContentDigest hash)
    {
        _wasNoted = true;
        if (was.Hash != hash)
            Report(
                $"The chain of session '{sessionId}' was noted as {was}; its entry {Text(was.Length)} is {hash}: records up to there were written anew.",
                remedy: RestoreNoted
            );
    }

    private void Report(string description, AffectedRecord? affected = null, string remedy = Restore)
    {
        _isBroken = true;
        findings.AddChain(description, remedy, affected);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
