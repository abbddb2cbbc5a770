namespace Dossier.Storage;

/// <summary>Writes what a commit says in conversations, and moves their heads.</summary>
internal sealed class ConversationWriter(Database database)
{
    // The places of responses that the messages of a commit may name, by id; null for one that is not there.
    private readonly Dictionary<string, long?> _responses = [];

    /// <summary>Looks for what the changes name. Writes nothing.</summary>
    /// <exception cref="NotFoundException">A message is not in its conversation.</exception>
    /// <exception cref="StorageException">A branch would become too long.</exception>
    public void Check(SessionState session, SessionCommit commit)
    {
        foreach (var change in commit.Conversations)
        {
            var target = change.Messages.Count > 0 ? change.ExpectedHead : change.Head;
            if (target is { } message && !IsIn(session, change.Conversation, message))
                throw CommitGuards.NoMessage(commit, change.Conversation, message);
            if ((target?.Depth ?? 0) + change.Messages.Count > MessageId.MaxDepth)
                throw CommitGuards.TooDeep(commit, change.Conversation);
        }
    }

    /// <param name="session">The session.</param>
    /// <param name="commit">The commit.</param>
    /// <param name="responses">The responses of the commit, which are written already.</param>
    /// <param name="places">The place of each.</param>
    public IReadOnlyList<ConversationResult> Write(SessionState session, SessionCommit commit, EncodedResponse[] responses, long[] places)
    {
        if (commit.Conversations.Count == 0)
            return [];
        _responses.Clear();
        for (var i = 0; i < places.Length; i++)
            _responses.Add(responses[i].Record.Id, places[i]);
        var results = new ConversationResult[commit.Conversations.Count];
        for (var i = 0; i < results.Length; i++)
        {
            var change = commit.Conversations[i];
            results[i] = Write(session, change, Microseconds.From(commit.At));
            // The entry of a response that is a turn covers its messages.
            if (
                results[i].First is { } first
                && !responses.Any(response => response.IsTurn && response.Record.Id == change.Messages[^1].ResponseId)
            )
                Link(session, first, change.Messages);
        }
        return results;
    }

    /// <summary>Begins the runs of the conversations of another session.</summary>
    /// <returns>The new number of each run, by the one that it had.</returns>
    public Dictionary<long, long> CopyRuns(SessionState session, IReadOnlyList<ConversationCopy> copies)
    {
        var runs = new Dictionary<long, long>();
        foreach (var (_, copied) in copies)
        {
            var number = 0L;
            foreach (var messages in copied)
            {
                MessageId? parent = messages[0].Parent is { } before ? SessionCopy.Renumbered(before, runs) : null;
                runs.Add(messages[0].Id.Run, BeginRun(session, ref number, parent));
            }
        }
        return runs;
    }

    /// <summary>Writes the messages of conversations whose runs were begun, once their responses are there.</summary>
    public void CopyMessages(SessionState session, IReadOnlyList<ConversationCopy> copies, IReadOnlyDictionary<long, long> runs)
    {
        _responses.Clear();
        foreach (var (info, copied) in copies)
        {
            foreach (var messages in copied)
            {
                foreach (var message in messages)
                    Insert(session, SessionCopy.Renumbered(message.Id, runs), message);
                Link(session, SessionCopy.Renumbered(messages[0].Id, runs), messages);
            }
            MessageId? head = info.Head is { } was ? SessionCopy.Renumbered(was, runs) : null;
            var number = copied.Count == 0 ? 0 : runs[copied[0][0].Id.Run];
            Insert(session, info.Name, number, head, Microseconds.From(info.CreatedAt));
            Update(session, info.Name, head, Microseconds.From(info.UpdatedAt));
        }
    }

    private ConversationResult Write(SessionState session, ConversationChange change, long at)
    {
        var known = Find(session, change.Conversation);
        if (known is null && change.Messages.Count == 0)
            return new(null, change.ExpectedHead is null, null);
        MessageId? first = null;
        var (number, head) = known ?? default;
        var wanted = change.Head;
        if (change.Messages.Count > 0)
        {
            first = Append(session, ref number, change);
            wanted = first.Value with { Depth = first.Value.Depth + change.Messages.Count - 1 };
        }
        var moves = head == change.ExpectedHead;
        if (known is null)
            Insert(session, change.Conversation, number, wanted, at);
        else if (moves || first is not null)
            Update(session, change.Conversation, moves ? wanted : head, at);
        return new(first, moves, moves ? wanted : head);
    }

    private void Link(SessionState session, MessageId first, IReadOnlyList<MessageRecord> messages) =>
        ChainSql.WriteMessages(database, session, first with { Depth = first.Depth + messages.Count - 1 }, messages[^1].Hash);

    /// <summary>Goes on with the parent's run where the parent is its end; otherwise begins a new one.</summary>
    private MessageId Append(SessionState session, ref long conversation, ConversationChange change)
    {
        var first =
            change.ExpectedHead is { } parent && IsEnd(parent)
                ? parent with
                {
                    Depth = parent.Depth + 1,
                }
                : new(BeginRun(session, ref conversation, change.ExpectedHead), (change.ExpectedHead?.Depth ?? 0) + 1);
        for (var i = 0; i < change.Messages.Count; i++)
            Insert(session, first with { Depth = first.Depth + i }, change.Messages[i]);
        return first;
    }

    private bool IsEnd(MessageId message)
    {
        using var select = database.Prepare("SELECT 1 FROM messages WHERE place = ?1");
        MessagePlace.Bind(select, 1, message with { Depth = message.Depth + 1 });
        return !select.Step();
    }

    /// <summary>A conversation has the number of its first run.</summary>
    private long BeginRun(SessionState session, ref long conversation, MessageId? parent)
    {
        using (var insert = database.Prepare("INSERT INTO runs(session, conversation, parent) VALUES(?1, ?2, ?3)"))
        {
            insert.Bind(1, session.Key);
            insert.Bind(2, conversation);
            MessagePlace.Bind(insert, 3, parent);
            insert.Step();
        }
        var run = database.LastInsertedKey;
        if (conversation != 0)
            return run;
        conversation = run;
        using var update = database.Prepare("UPDATE runs SET conversation = number WHERE number = ?1");
        update.Bind(1, run);
        update.Step();
        return run;
    }

    private void Insert(SessionState session, MessageId id, MessageRecord message)
    {
        using var insert = database.Prepare(
            """
            INSERT INTO messages(place, session, hash, digest, role, author, response, created_at, data)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            """
        );
        insert.Bind(1, MessagePlace.Of(id));
        insert.Bind(2, session.Key);
        insert.Bind(3, message.Hash);
        insert.Bind(4, message.Content);
        MessageRole.Bind(insert, 5, message.Role);
        insert.BindText(6, message.Author);
        if (message.ResponseId is not { } response)
            insert.BindNull(7);
        else if (PlaceOf(session, response) is { } place)
            insert.Bind(7, place);
        else
            insert.Bind(7, RecordId.Parse(response));
        insert.Bind(8, Microseconds.From(message.CreatedAt));
        if (message.Data.Count > 0)
            insert.BindBlob(9, Join(message.Data));
        else
            insert.BindNull(9);
        insert.Step();
    }

    private long? PlaceOf(SessionState session, string response)
    {
        if (_responses.TryGetValue(response, out var place))
            return place;
        using var select = database.Prepare("SELECT place FROM responses WHERE session = ?1 AND id = ?2");
        select.Bind(1, session.Key);
        select.Bind(2, RecordId.Parse(response));
        return _responses[response] = select.Step() ? select.Number(0) : null;
    }

    private void Insert(SessionState session, string name, long number, MessageId? head, long at)
    {
        using var insert = database.Prepare(
            "INSERT INTO conversations(session, name, number, head, created_at, updated_at) VALUES(?1, ?2, ?3, ?4, ?5, ?5)"
        );
        insert.Bind(1, session.Key);
        insert.BindText(2, name);
        insert.Bind(3, number);
        MessagePlace.Bind(insert, 4, head);
        insert.Bind(5, at);
        insert.Step();
    }

    private void Update(SessionState session, string name, MessageId? head, long at)
    {
        using var update = database.Prepare("UPDATE conversations SET head = ?3, updated_at = ?4 WHERE session = ?1 AND name = ?2");
        update.Bind(1, session.Key);
        update.BindText(2, name);
        MessagePlace.Bind(update, 3, head);
        update.Bind(4, at);
        update.Step();
    }

    private (long Number, MessageId? Head)? Find(SessionState session, string name)
    {
        using var select = database.Prepare("SELECT number, head FROM conversations WHERE session = ?1 AND name = ?2");
        select.Bind(1, session.Key);
        select.BindText(2, name);
        return select.Step() ? (select.Number(0), MessagePlace.ToId(select, 1)) : null;
    }

    private bool IsIn(SessionState session, string conversation, MessageId message)
    {
        using var select = database.Prepare(
            """
            SELECT 1 FROM conversations
            JOIN runs ON runs.number = ?3 AND runs.session = conversations.session AND runs.conversation = conversations.number
            JOIN messages ON messages.place = ?4
            WHERE conversations.session = ?1 AND name = ?2
            """
        );
        select.Bind(1, session.Key);
        select.BindText(2, conversation);
        select.Bind(3, message.Run);
        MessagePlace.Bind(select, 4, message);
        return select.Step();
    }

    private static byte[] Join(IReadOnlyList<ContentDigest> digests)
    {
        var bytes = new byte[digests.Count * ContentDigest.Size];
        for (var i = 0; i < digests.Count; i++)
            digests[i].CopyTo(bytes.AsSpan(i * ContentDigest.Size));
        return bytes;
    }
}
