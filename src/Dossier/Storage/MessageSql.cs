using System.Globalization;

namespace Dossier.Storage;

/// <summary>
/// How messages lie in the database: by run and depth in one number, so that a part of a branch is a range of the table and nothing else
/// is read.
/// </summary>
internal static class MessagePlace
{
    private const int DepthBits = 24;

    public static long Of(MessageId id) => (id.Run << DepthBits) | (uint)id.Depth;

    public static MessageId ToId(long place) => new(place >> DepthBits, (int)(place & MessageId.MaxDepth));

    public static MessageId? ToId(Statement rows, int column) => rows.IsNull(column) ? null : ToId(rows.Number(column));

    public static void Bind(Statement statement, int index, MessageId? id)
    {
        if (id is { } message)
            statement.Bind(index, Of(message));
        else
            statement.BindNull(index);
    }
}

/// <summary>Roles as the database keeps them: a number for each that Microsoft.Extensions.AI knows, any other as it is.</summary>
internal static class MessageRole
{
    private static readonly string[] Known = ["user", "assistant", "tool", "system"];

    public static void Bind(Statement statement, int index, string role)
    {
        var number = Array.IndexOf(Known, role);
        if (number < 0)
            statement.BindText(index, role);
        else
            statement.Bind(index, number);
    }

    public static string Read(Statement rows, int column) => rows.IsNumber(column) ? Known[rows.SmallNumber(column)] : rows.Text(column);
}

/// <summary>Reads of conversations.</summary>
internal static class ConversationSql
{
    private const string Select = "SELECT name, head, created_at, updated_at FROM conversations";
    private const string InSession = "session = (SELECT key FROM sessions WHERE id = ?1)";

    public static ConversationInfo? Get(Database database, string sessionId, string name)
    {
        using var rows = database.Prepare($"{Select} WHERE {InSession} AND name = ?2");
        rows.BindText(1, sessionId);
        rows.BindText(2, name);
        return rows.Step() ? Read(rows) : null;
    }

    public static RecordPage<ConversationInfo> Query(Database database, string sessionId, int pageSize, string? continuation)
    {
        RecordPages.CheckPageSize(pageSize);
        using var rows = database.Prepare($"{Select} WHERE {InSession} AND name > ?2 ORDER BY name LIMIT ?3");
        rows.BindText(1, sessionId);
        rows.BindText(2, continuation ?? "");
        rows.Bind(3, pageSize + 1);
        var items = new List<ConversationInfo>();
        while (rows.Step())
        {
            if (items.Count == pageSize)
                return new(items, items[^1].Name);
            items.Add(Read(rows));
        }
        return new(items, null);
    }

    private static ConversationInfo Read(Statement rows) =>
        new()
        {
            Name = rows.Text(0),
            Head = MessagePlace.ToId(rows, 1),
            CreatedAt = Microseconds.ToTime(rows.Number(2)),
            UpdatedAt = Microseconds.ToTime(rows.Number(3)),
        };
}

/// <summary>Reads of messages.</summary>
internal static class MessageSql
{
    /// <summary>The columns of a message, its response by its id.</summary>
    public const string Columns = """
        place, hash, digest, role, author,
        CASE typeof(response) WHEN 'integer' THEN (SELECT id FROM responses WHERE responses.place = response) ELSE response END,
        created_at, data
        """;

    public static RecordPage<MessageRecord> Query(
        Database database,
        string sessionId,
        string conversation,
        MessageQuery query,
        string? continuation
    )
    {
        long session,
            number;
        MessageId? head;
        using (
            var rows = database.Prepare(
                "SELECT session, number, head FROM conversations WHERE session = (SELECT key FROM sessions WHERE id = ?1) AND name = ?2"
            )
        )
        {
            rows.BindText(1, sessionId);
            rows.BindText(2, conversation);
            if (!rows.Step())
                return new([], null);
            (session, number, head) = (rows.Number(0), rows.Number(1), MessagePlace.ToId(rows, 2));
        }
        return MessagePages.Read(
            query,
            continuation,
            head,
            run => FindRun(database, session, run) is var (found, of) && of == number ? found : null,
            (run, first, last, limit) => ReadRun(database, run, first, last, limit, query.Order)
        );
    }

    public static RecordPage<ConversationBranch> QueryBranches(
        Database database,
        string sessionId,
        string conversation,
        int pageSize,
        string? continuation
    )
    {
        RecordPages.CheckPageSize(pageSize);
        using var rows = database.Prepare(
            """
            SELECT (SELECT max(place) FROM messages WHERE place BETWEEN runs.number << 24 AND runs.number << 24 | 0xFFFFFF), parent, head
            FROM conversations JOIN runs ON runs.session = conversations.session AND runs.conversation = conversations.number
            WHERE conversations.session = (SELECT key FROM sessions WHERE id = ?1) AND name = ?2 AND runs.number > ?3
            ORDER BY runs.number LIMIT ?4
            """
        );
        rows.BindText(1, sessionId);
        rows.BindText(2, conversation);
        rows.Bind(3, continuation is null ? 0 : PageOrder.ParseKey(continuation));
        rows.Bind(4, pageSize + 1);
        var items = new List<ConversationBranch>();
        while (rows.Step())
        {
            if (items.Count == pageSize)
                return new(items, items[^1].Leaf.Run.ToString(CultureInfo.InvariantCulture));
            var leaf = MessagePlace.ToId(rows.Number(0));
            items.Add(
                new()
                {
                    Leaf = leaf,
                    BranchedFrom = MessagePlace.ToId(rows, 1),
                    HasHead = MessagePlace.ToId(rows, 2)?.Run == leaf.Run,
                }
            );
        }
        return new(items, null);
    }

    public static ConversationTotals Count(Database database, string sessionId)
    {
        // A run has as many messages as it is deep, without what it branched off.
        using var rows = database.Prepare(
            """
            SELECT
                (SELECT count(*) FROM conversations WHERE session = key),
                (SELECT total(
                    ((SELECT max(place) FROM messages WHERE place BETWEEN runs.number << 24 AND runs.number << 24 | 0xFFFFFF) & 0xFFFFFF)
                    - coalesce(parent & 0xFFFFFF, 0))
                FROM runs WHERE session = key)
            FROM sessions WHERE id = ?1
            """
        );
        rows.BindText(1, sessionId);
        return rows.Step() ? new(rows.Number(0), (long)rows.Real(1)) : default;
    }

    /// <summary>A run of a session and the number of its conversation; null when the session has none of that number.</summary>
    public static (MessageRun Run, long Conversation)? FindRun(Database database, long session, long number)
    {
        using var rows = database.Prepare("SELECT conversation, parent FROM runs WHERE number = ?1 AND session = ?2");
        rows.Bind(1, number);
        rows.Bind(2, session);
        return rows.Step() ? (new(number, MessagePlace.ToId(rows, 1)), rows.Number(0)) : null;
    }

    /// <summary>What so many messages behind one another say, and the message before them.</summary>
    public static (List<ContentDigest> Contents, MessageId? Parent) ReadContents(Database database, MessageId first, int count)
    {
        var contents = new List<ContentDigest>(count);
        using (var rows = database.Prepare("SELECT digest FROM messages WHERE place >= ?1 AND place < ?1 + ?2 ORDER BY place"))
        {
            MessagePlace.Bind(rows, 1, first);
            rows.Bind(2, count);
            while (rows.Step())
                contents.Add(rows.Digest(0));
        }
        using var run = database.Prepare("SELECT parent FROM runs WHERE number = ?1");
        run.Bind(1, first.Run);
        return (contents, run.Step() ? new MessageRun(first.Run, MessagePlace.ToId(run, 0)).ParentOf(first.Depth) : null);
    }

    public static MessageRecord Read(Statement rows, MessageRun run)
    {
        var id = MessagePlace.ToId(rows.Number(0));
        return new()
        {
            Id = id,
            Parent = run.ParentOf(id.Depth),
            Hash = rows.Digest(1),
            Content = rows.Digest(2),
            Role = MessageRole.Read(rows, 3),
            Author = rows.IsNull(4) ? null : rows.Text(4),
            ResponseId = rows.IsNull(5) ? null : RecordId.ToText(rows.Bytes(5)),
            CreatedAt = Microseconds.ToTime(rows.Number(6)),
            Data = rows.IsNull(7) ? [] : ReadDigests(rows.Bytes(7)),
        };
    }

    private static IEnumerable<MessageRecord> ReadRun(Database database, MessageRun run, int first, int last, int limit, RecordOrder order)
    {
        using var rows = database.Prepare(
            order is RecordOrder.NewestFirst
                ? $"SELECT {Columns} FROM messages WHERE place BETWEEN ?1 AND ?2 ORDER BY place DESC LIMIT ?3"
                : $"SELECT {Columns} FROM messages WHERE place BETWEEN ?1 AND ?2 ORDER BY place LIMIT ?3"
        );
        rows.Bind(1, MessagePlace.Of(new(run.Number, first)));
        rows.Bind(2, MessagePlace.Of(new(run.Number, last)));
        rows.Bind(3, limit);
        while (rows.Step())
            yield return Read(rows, run);
    }

    public static List<ContentDigest> ReadDigests(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length % ContentDigest.Size != 0)
            throw new FormatException($"Digests have {ContentDigest.Size} bytes each, and these {bytes.Length} together.");
        var digests = new List<ContentDigest>(bytes.Length / ContentDigest.Size);
        for (; bytes.Length > 0; bytes = bytes[ContentDigest.Size..])
            digests.Add(new(bytes[..ContentDigest.Size]));
        return digests;
    }
}
