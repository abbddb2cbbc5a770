using System.Globalization;

namespace Dossier.Storage;

/// <summary>The conversations of one session. Used under the lock of <see cref="MemoryRecordStore"/>.</summary>
/// <param name="numbers">What gives the runs of all sessions their numbers.</param>
internal sealed class MemoryConversations(MemoryRunNumbers numbers)
{
    private readonly Dictionary<string, MemoryConversation> _byName = [];

    /// <summary>Every message, of all branches.</summary>
    public IEnumerable<MessageRecord> Messages =>
        _byName.Values.SelectMany(conversation => conversation.Runs.Values).SelectMany(run => run.Messages);

    public ConversationTotals Totals =>
        new(_byName.Count, _byName.Values.Sum(conversation => conversation.Runs.Values.Sum(run => (long)run.Messages.Count)));

    public MemoryConversation? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Whether the messages that the commit's changes name are there.</summary>
    /// <exception cref="NotFoundException">One is not.</exception>
    /// <exception cref="StorageException">A branch would become too long.</exception>
    public void Check(SessionCommit commit)
    {
        foreach (var change in commit.Conversations)
        {
            var target = change.Messages.Count > 0 ? change.ExpectedHead : change.Head;
            if (target is { } message && Find(change.Conversation)?.Contains(message) is not true)
                throw CommitGuards.NoMessage(commit, change.Conversation, message);
            if ((target?.Depth ?? 0) + change.Messages.Count > MessageId.MaxDepth)
                throw CommitGuards.TooDeep(commit, change.Conversation);
        }
    }

    /// <summary>The caller has checked it.</summary>
    public ConversationResult Apply(ConversationChange change, DateTimeOffset at)
    {
        if (!_byName.TryGetValue(change.Conversation, out var conversation))
        {
            if (change.Messages.Count == 0)
                return new(null, change.ExpectedHead is null, null);
            _byName.Add(change.Conversation, conversation = new(change.Conversation, at));
        }
        MessageId? first = change.Messages.Count == 0 ? null : conversation.Append(change.ExpectedHead, change.Messages, numbers);
        var wanted = first is { } id ? id with { Depth = id.Depth + change.Messages.Count - 1 } : change.Head;
        var moves = conversation.Head == change.ExpectedHead;
        if (moves)
            conversation.Head = wanted;
        if (moves || first is not null)
            conversation.UpdatedAt = at;
        return new(first, moves, conversation.Head);
    }

    /// <summary>Begins with the conversations of another session.</summary>
    /// <returns>The new number of each run, by the one that it had.</returns>
    public Dictionary<long, long> Copy(IReadOnlyList<ConversationCopy> copies)
    {
        var renumbered = new Dictionary<long, long>();
        foreach (var (info, runs) in copies)
        {
            var conversation = new MemoryConversation(info.Name, info.CreatedAt) { UpdatedAt = info.UpdatedAt };
            _byName.Add(info.Name, conversation);
            foreach (var messages in runs)
            {
                MessageId? parent = messages[0].Parent is { } before ? SessionCopy.Renumbered(before, renumbered) : null;
                var run = new MemoryRun(new(numbers.Next(), parent));
                renumbered.Add(messages[0].Id.Run, run.Run.Number);
                conversation.Runs.Add(run.Run.Number, run);
                foreach (var message in messages)
                    run.Add(message);
            }
            conversation.Head = info.Head is { } head ? SessionCopy.Renumbered(head, renumbered) : null;
        }
        return renumbered;
    }

    public RecordPage<ConversationInfo> Query(int pageSize, string? continuation)
    {
        RecordPages.CheckPageSize(pageSize);
        ConversationInfo[] after =
        [
            .. _byName
                .Values.Where(it => continuation is null || MemorySortKey.Of(it.Name).Compare(MemorySortKey.Of(continuation)) > 0)
                .OrderBy(it => MemorySortKey.Of(it.Name), Comparer<MemorySortKey>.Create((one, other) => one.Compare(other)))
                .Take(pageSize + 1)
                .Select(it => it.ToInfo()),
        ];
        return after.Length > pageSize ? new(after[..pageSize], after[pageSize - 1].Name) : new(after, null);
    }
}

/// <summary>One conversation: its runs and its head.</summary>
internal sealed class MemoryConversation(string name, DateTimeOffset createdAt)
{
    public string Name { get; } = name;
    public MessageId? Head { get; set; }
    public DateTimeOffset CreatedAt { get; } = createdAt;
    public DateTimeOffset UpdatedAt { get; set; }
    public SortedList<long, MemoryRun> Runs { get; } = [];

    public bool Contains(MessageId message) => Runs.GetValueOrDefault(message.Run) is { } run && run.Has(message.Depth);

    public ConversationInfo ToInfo() =>
        new()
        {
            Name = Name,
            Head = Head,
            CreatedAt = CreatedAt,
            UpdatedAt = UpdatedAt,
        };

    /// <summary>Goes on with the parent's run where the parent is its end; otherwise begins a new one.</summary>
    public MessageId Append(MessageId? parent, IReadOnlyList<MessageRecord> messages, MemoryRunNumbers numbers)
    {
        if (parent is not { } end || !Runs.TryGetValue(end.Run, out var run) || run.LastDepth != end.Depth)
        {
            run = new(new(numbers.Next(), parent));
            Runs.Add(run.Run.Number, run);
        }
        var first = new MessageId(run.Run.Number, run.LastDepth + 1);
        foreach (var message in messages)
            run.Add(message);
        return first;
    }

    public RecordPage<MessageRecord> Query(MessageQuery query, string? continuation) =>
        MessagePages.Read(
            query,
            continuation,
            Head,
            number => Runs.GetValueOrDefault(number)?.Run,
            (run, first, last, limit) => Runs[run.Number].Read(first, last, query.Order is RecordOrder.NewestFirst).Take(limit)
        );

    public RecordPage<ConversationBranch> QueryBranches(int pageSize, string? continuation)
    {
        RecordPages.CheckPageSize(pageSize);
        var after = 0L;
        if (continuation is not null && !long.TryParse(continuation, NumberStyles.None, CultureInfo.InvariantCulture, out after))
            throw new ArgumentException($"'{continuation}' is not a continuation that an earlier page gave.", nameof(continuation));
        var runs = Runs.Values.Where(run => run.Run.Number > after).Take(pageSize + 1).ToList();
        return new(
            [.. runs.Take(pageSize).Select(run => run.ToBranch(Head))],
            runs.Count > pageSize ? runs[pageSize - 1].Run.Number.ToString(CultureInfo.InvariantCulture) : null
        );
    }
}

/// <summary>Messages that follow one another.</summary>
internal sealed class MemoryRun(MessageRun run)
{
    public MessageRun Run { get; } = run;
    public List<MessageRecord> Messages { get; } = [];
    public int LastDepth => Run.FirstDepth + Messages.Count - 1;

    public bool Has(int depth) => depth >= Run.FirstDepth && depth <= LastDepth;

    public void Add(MessageRecord message)
    {
        var id = new MessageId(Run.Number, LastDepth + 1);
        Messages.Add(message with { Id = id, Parent = Run.ParentOf(id.Depth), Data = [.. message.Data] });
    }

    public IEnumerable<MessageRecord> Read(int first, int last, bool descending)
    {
        var (from, to) = (Math.Max(first, Run.FirstDepth) - Run.FirstDepth, Math.Min(last, LastDepth) - Run.FirstDepth);
        for (var i = 0; i <= to - from; i++)
            yield return Messages[descending ? to - i : from + i];
    }

    public ConversationBranch ToBranch(MessageId? head) =>
        new()
        {
            Leaf = new(Run.Number, LastDepth),
            BranchedFrom = Run.Parent,
            HasHead = head?.Run == Run.Number,
        };
}

/// <summary>Numbers that are given once.</summary>
internal sealed class MemoryRunNumbers
{
    private long _last;

    public long Next() => ++_last;
}
