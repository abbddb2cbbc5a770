using System.Text;

namespace Dossier.Storage;

/// <summary>Keeps the ledger of a session: its sums are with the session's row, and a hold has a row of its own for as long as it lasts.</summary>
internal sealed class HoldWriter(Database database)
{
    private readonly Dictionary<string, BudgetHold?> _changed = [];

    /// <summary>Works out what a commit makes of the sums. Writes nothing.</summary>
    /// <exception cref="ConflictException">A guard failed.</exception>
    public BudgetTotals Check(SessionState session, SessionCommit commit)
    {
        _changed.Clear();
        var totals = session.Budget;
        foreach (var settlement in commit.Settlements)
        {
            var hold = settlement.HoldId is { } id ? Find(session, id) : null;
            totals = totals.Settle(settlement, hold, commit.SessionId, out var left);
            if (hold is not null)
                _changed[hold.Id] = left;
        }
        if (commit.Holds.Count == 0)
            return totals;
        var limits = commit.Session is { } info ? info.Budget : LimitsOf(session);
        foreach (var hold in commit.Holds)
        {
            if (Find(session, hold.Id) is not null)
                throw BudgetTotals.Taken(hold, commit.SessionId);
            totals = totals.Take(hold, limits, commit.SessionId);
            _changed[hold.Id] = hold;
        }
        return totals;
    }

    /// <summary>Writes what the last check has found to change.</summary>
    public void Write(SessionState session)
    {
        foreach (var (id, hold) in _changed)
        {
            using var write = database.Prepare(
                hold is null
                    ? "DELETE FROM holds WHERE session = ?1 AND id = ?2"
                    : "INSERT INTO holds(session, id, body) VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET body = excluded.body"
            );
            write.Bind(1, session.Key);
            write.Bind(2, RecordId.Parse(id));
            if (hold is not null)
                write.BindText(3, RecordJson.Encode(hold));
            write.Step();
        }
    }

    private BudgetHold? Find(SessionState session, string id)
    {
        if (_changed.TryGetValue(id, out var changed))
            return changed;
        using var select = database.Prepare("SELECT body FROM holds WHERE session = ?1 AND id = ?2");
        select.Bind(1, session.Key);
        select.Bind(2, RecordId.Parse(id));
        return select.Step() ? RecordJson.DecodeHold(select.Bytes(0)) : null;
    }

    private Budget? LimitsOf(SessionState session)
    {
        using var select = database.Prepare("SELECT body FROM sessions WHERE key = ?1");
        select.Bind(1, session.Key);
        return select.Step() ? RecordJson.DecodeSession(select.Bytes(0)).Budget : null;
    }
}

/// <summary>Reads of the ledger.</summary>
internal static class BudgetSql
{
    public static BudgetLedger? Get(Database database, string sessionId)
    {
        // One statement, so that sums and holds are of one moment.
        using var rows = database.Prepare(
            """
            SELECT sessions.budget, sessions.body, holds.body FROM sessions
            LEFT JOIN holds ON holds.session = sessions.key
            WHERE sessions.id = ?1 ORDER BY holds.id
            """
        );
        rows.BindText(1, sessionId);
        if (!rows.Step())
            return null;
        var totals = Totals(rows, 0);
        var limits = RecordJson.DecodeSession(rows.Bytes(1)).Budget;
        var holds = new List<BudgetHold>();
        do
        {
            if (!rows.IsNull(2))
                holds.Add(RecordJson.DecodeHold(rows.Bytes(2)));
        } while (rows.Step());
        return new()
        {
            Limits = limits,
            Settled = totals.Settled,
            Held = totals.Held,
            Holds = holds,
        };
    }

    public static BudgetTotals Totals(Statement rows, int column) =>
        rows.IsNull(column) ? BudgetTotals.Nothing : BudgetTotals.Decode(Encoding.UTF8.GetString(rows.Bytes(column)));
}
