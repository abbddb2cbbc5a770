using System.Globalization;

namespace Dossier.Storage;

/// <summary>Reads the messages of a local store in the order in which they lie, run by run, and computes the hash of each again.</summary>
/// <param name="database">The connection.</param>
/// <param name="findings">Where what is wrong is noted.</param>
/// <param name="sessionOf">Names the session of a key.</param>
internal sealed class MessageScan(Database database, VerifyFindings findings, Func<long, string> sessionOf)
{
    private (MessageRun Run, string Session, string Conversation)? _run;
    private MessageRecord? _last;

    /// <summary>What a WHERE of the messages has to say to read those of a session: a range for each of its runs.</summary>
    public IEnumerable<string> RangesOf(long session)
    {
        var runs = new List<long>();
        using (var rows = database.Prepare("SELECT number FROM runs WHERE session = ?1 ORDER BY number"))
        {
            rows.Bind(1, session);
            while (rows.Step())
                runs.Add(rows.Number(0));
        }
        return runs.Select(run =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"place BETWEEN {MessagePlace.Of(new(run, 1))} AND {MessagePlace.Of(new(run, MessageId.MaxDepth))}"
            )
        );
    }

    /// <summary>The columns that <see cref="Read"/> reads.</summary>
    public static string Columns => $"{MessageSql.Columns}, session";

    public NamingRecord Read(Statement rows)
    {
        var (id, session) = (MessagePlace.ToId(rows.Number(0)), rows.Number(8));
        if (_run is not { } it || it.Run.Number != id.Run)
            _run = it = FindRun(session, id.Run);
        var message = MessageSql.Read(rows, it.Run);
        var parent = message.Parent == _last?.Id ? _last?.Hash : FindHash(message.Parent);
        _last = message;
        findings.AddMessage(message, parent, it.Session, it.Conversation);
        return NamingRecord.Of(message, it.Session, it.Conversation);
    }

    private (MessageRun Run, string Session, string Conversation) FindRun(long session, long number)
    {
        var (run, conversation) =
            MessageSql.FindRun(database, session, number)
            ?? throw new FormatException($"It belongs to run {number}, and there is none of that number in its session.");
        using var rows = database.Prepare("SELECT name FROM conversations WHERE session = ?1 AND number = ?2");
        rows.Bind(1, session);
        rows.Bind(2, conversation);
        // A session that was purged a moment ago has lost its conversations before its messages.
        return (run, sessionOf(session), rows.Step() ? rows.Text(0) : $"#{conversation}");
    }

    private ContentDigest? FindHash(MessageId? message)
    {
        using var rows = database.Prepare("SELECT hash FROM messages WHERE place = ?1");
        MessagePlace.Bind(rows, 1, message);
        return rows.Step() ? rows.Digest(0) : null;
    }
}
