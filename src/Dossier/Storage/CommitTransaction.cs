using System.Globalization;

namespace Dossier.Storage;

/// <summary>
/// One write transaction with any number of commits. A commit whose guards fail has written nothing, and the others go on. One that
/// fails later, which is rare, leaves the transaction torn: the caller rolls it back and begins again without that commit.
/// A savepoint for each commit would do the same for a third more of the whole cost. Used by the writer's thread.
/// </summary>
internal sealed class CommitTransaction(Database database, FileContentStore contents, TimeProvider time)
{
    private readonly Dictionary<string, SessionState> _sessions = [];
    private readonly ContentRowWriter _contents = new(database);
    private readonly FactWriter _facts = new(database);
    private readonly ArtifactRowWriter _artifacts = new(database);
    private readonly ArtifactChangeWriter _changes = new(database);
    private readonly ResponseRowWriter _responses = new(database);
    private readonly HoldWriter _holds = new(database);
    private readonly StepWriter _steps = new(database);
    private readonly ConversationWriter _conversations = new(database);
    private CopyWriter? _copies;

    private bool _isWriting;

    /// <summary>Whether a commit failed in the middle of its writes, or SQLite has ended the transaction by itself.</summary>
    public bool IsTorn => _isWriting || !database.InTransaction;

    /// <summary>Few processes ever fork a session.</summary>
    private CopyWriter Copies => _copies ??= new(database, _contents, _artifacts, _responses, _steps, _conversations);

    public void Begin()
    {
        _sessions.Clear();
        _isWriting = false;
        _contents.Begin();
        _artifacts.Begin();
        Schema.BeginWrite(database);
        _facts.Begin();
    }

    /// <summary>
    /// Writes a commit. When it throws, <see cref="IsTorn"/> says whether anything of it was written. Null, and torn, for one that turned out
    /// to be there already, perhaps of its own: it is to be applied again, and then its earlier result is looked for first.
    /// </summary>
    public CommitResult? Apply(PendingCommit pending)
    {
        var commit = pending.Commit;
        var session = Load(commit.SessionId);
        if (session.Key != 0 && FindResult(session, pending) is { } earlier)
            return earlier;
        if (session.Key == 0 && ErasureSql.Get(database, commit.SessionId) is { } erasure)
            throw CommitGuards.Erased(erasure);
        CommitGuards.Check(
            commit,
            session.Revision,
            session.CreatedAt,
            session.IsTrashed,
            (_responses, session),
            static (it, id) => it._responses.OutcomeOf(it.session, id)
        );
        CheckContents(commit);
        if (commit.Copied is { } copied)
            Copies.Check(copied);
        _conversations.Check(session, commit);
        var budget = commit.Settlements.Count + commit.Holds.Count == 0 ? null : _holds.Check(session, commit);
        var steps = commit.Steps.Count == 0 ? null : _steps.Check(session, commit, time.GetUtcNow());

        _isWriting = true;
        var at = Microseconds.From(commit.At);
        if (commit.Session is { } record)
            WriteSession(session, record, pending.SessionBody, at);
        foreach (var content in commit.Contents)
            _contents.Write(content);
        if (commit.Copied is { } copy)
            Copies.Write(session, pending, copy, _facts);
        if (_artifacts.Write(session, pending, pending.Artifacts, _contents, _facts) is not var (versions, artifactSequences))
            return null;
        _changes.Write(session, commit);
        if (_responses.Write(session, pending, pending.Responses) is not var (responseSequences, responsePlaces))
            return null;
        if (budget is not null)
        {
            _holds.Write(session);
            session.Budget = budget;
        }
        if (steps is not null)
            _steps.Write(session, steps);
        var conversations = _conversations.Write(session, commit, pending.Responses, responsePlaces);
        for (var i = 0; i < responsePlaces.Length; i++)
            if (pending.Responses[i] is { IsTurn: true, Record: var response })
                _responses.WriteTurn(response, responsePlaces[i], FirstOf(response, commit, conversations));
        var result = new CommitResult
        {
            Revision = session.Revision,
            ArtifactVersions = versions,
            ArtifactSequences = artifactSequences,
            ResponseSequences = responseSequences,
            Conversations = conversations,
        };
        if (!pending.StandsByItself)
            CommitSql.Write(database, session.Key, pending.Id, result);
        session.UpdatedAt = Math.Max(session.UpdatedAt, at);
        session.IsChanged = true;
        _isWriting = false;
        return result;
    }

    private static MessageId FirstOf(TrackedResponse turn, SessionCommit commit, IReadOnlyList<ConversationResult> conversations)
    {
        var i = 0;
        while (commit.Conversations[i] is var change && (change.Messages.Count == 0 || change.Conversation != turn.Conversation!.Name))
            i++;
        return conversations[i].First!.Value;
    }

    /// <summary>When it returns, everything is as durable as the connection was set up for.</summary>
    public void Commit()
    {
        foreach (var session in _sessions.Values)
        {
            if (!session.IsChanged)
                continue;
            using var update = database.Prepare(
                "UPDATE sessions SET updated_at = ?1, revision = ?2, last_sequence = ?3, totals = ?4, budget = ?5, links = ?7, chain = ?8 WHERE key = ?6"
            );
            update.Bind(1, session.UpdatedAt);
            update.Bind(2, session.Revision);
            update.Bind(3, session.LastSequence);
            if (session.Totals.Encode() is { Length: > 0 } totals)
                update.BindText(4, totals);
            else
                update.BindNull(4);
            update.BindText(5, session.Budget.Encode());
            update.Bind(6, session.Key);
            update.Bind(7, session.Links);
            update.Bind(8, session.Head);
            update.Step();
        }
        _contents.Flush();
        _facts.Flush();
        database.Execute("COMMIT");
    }

    /// <summary>
    /// Deletes what was put for a commit that is refused for good, since no erasure finds what no record names. To be called between two transactions of
    /// one turn: whoever else was given it finds it gone, and puts it again.
    /// </summary>
    public void DeleteUnused(SessionCommit refused)
    {
        foreach (var content in refused.Contents)
            if (contents.WasGiven(content) && !ContentSql.Exists(database, content.Digest))
                contents.Delete(content.Digest);
    }

    public void Rollback()
    {
        _facts.Forget();
        if (database.InTransaction) // SQLite ends one by itself when the disk fails it
            database.Execute("ROLLBACK");
    }

    private SessionState Load(string id)
    {
        if (_sessions.TryGetValue(id, out var session))
            return session;
        session = new() { Head = ChainEntry.Start(id) };
        using var select = database.Prepare(
            "SELECT key, revision, last_sequence, updated_at, totals, trashed_at, budget, created_at, links, chain FROM sessions WHERE id = ?1"
        );
        select.BindText(1, id);
        if (select.Step())
        {
            (session.Key, session.Revision, session.LastSequence, session.UpdatedAt) = (
                select.Number(0),
                select.Number(1),
                select.Number(2),
                select.Number(3)
            );
            session.Totals.AddEncoded(select.Bytes(4));
            session.IsTrashed = !select.IsNull(5);
            session.Budget = BudgetSql.Totals(select, 6);
            session.CreatedAt = Microseconds.ToTime(select.Number(7));
            session.Links = select.Number(8);
            if (session.Links > 0)
                session.Head = select.Digest(9);
        }
        _sessions.Add(id, session);
        return session;
    }

    /// <summary>A purge deletes a file in a turn of its own; in this one, what is there stays there.</summary>
    private void CheckContents(SessionCommit commit)
    {
        foreach (var content in commit.Contents)
            if (contents.WasGiven(content) && !contents.Exists(content.Digest))
                throw CommitGuards.ContentGone(content.Digest);
    }

    private void WriteSession(SessionState session, SessionInfo record, byte[]? body, long at)
    {
        var isNew = session.Key == 0;
        session.Revision++;
        using var write = database.Prepare(
            isNew
                ? """
                INSERT INTO sessions(name, status, revision, body, owner, trashed_at, id, created_at, updated_at, last_sequence)
                VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0)
                """
                : "UPDATE sessions SET name = ?1, status = ?2, revision = ?3, body = ?4, owner = ?5, trashed_at = ?6 WHERE key = ?7"
        );
        write.BindText(1, record.Name);
        write.Bind(2, (long)record.Status);
        write.Bind(3, session.Revision);
        write.BindText(4, body);
        write.BindText(5, record.Owner);
        if (record.TrashedAt is { } trashedAt)
            write.Bind(6, Microseconds.From(trashedAt));
        else
            write.BindNull(6);
        if (isNew)
        {
            var createdAt = record.CreatedAt == default ? at : Microseconds.From(record.CreatedAt);
            session.CreatedAt = Microseconds.ToTime(createdAt);
            write.BindText(7, record.Id);
            write.Bind(8, createdAt);
            write.Bind(9, at);
        }
        else
            write.Bind(7, session.Key);
        write.Step();
        if (isNew)
            session.Key = database.LastInsertedKey;
        session.IsTrashed = record.TrashedAt is not null;
        SessionTagSql.Write(database, session.Key, record.Tags, isNew);
    }

    /// <summary>The result of the commit that had its id. The row of a record says by itself that it is there, and is looked at only then.</summary>
    private CommitResult? FindResult(SessionState session, PendingCommit pending) =>
        CommitSql.Find(database, session.Key, pending.Id)
        ?? (
            pending.StandsByItself && !pending.MayBeRepeated && !session.IsTrashed
                ? null
                : CommitSql.FindInRecords(database, session.Key, pending.Id)
        );
}
