using System.Globalization;

namespace Dossier.Storage;

/// <summary>A run as a store keeps it: where it begins, and what it branched off.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Parent">The message that its first one follows; null at the beginning of a conversation.</param>
internal sealed record MessageRun(long Number, MessageId? Parent)
{
    public int FirstDepth => (Parent?.Depth ?? 0) + 1;

    /// <summary>The message before one of this run.</summary>
    public MessageId? ParentOf(int depth) => depth == FirstDepth ? Parent : new(Number, depth - 1);
}

/// <summary>Reads a page of a branch run by run, from where the runs of a store are. Looks at no run that has nothing of the page.</summary>
internal static class MessagePages
{
    /// <param name="query">Which messages.</param>
    /// <param name="continuation">What the page before said, or null: the leaf and the next depth, since the head may move in between.</param>
    /// <param name="head">The head of the conversation; null for none.</param>
    /// <param name="runOf">Finds a run of the conversation; null when it has none of that number.</param>
    /// <param name="read">Reads the messages of a run between two depths, so many at most, in the order of the query.</param>
    public static RecordPage<MessageRecord> Read(
        MessageQuery query,
        string? continuation,
        MessageId? head,
        Func<long, MessageRun?> runOf,
        Func<MessageRun, int, int, int, IEnumerable<MessageRecord>> read
    )
    {
        RecordPages.CheckPageSize(query.PageSize);
        ArgumentOutOfRangeException.ThrowIfLessThan(query.FromDepth, 1, nameof(query));
        var (from, to) = (query.FromDepth, query.ToDepth ?? MessageId.MaxDepth);
        var leaf = query.Leaf ?? head;
        var descending = query.Order is RecordOrder.NewestFirst;
        if (continuation is not null)
        {
            (leaf, var next) = Parse(continuation);
            (from, to) = descending ? (from, Math.Min(to, next)) : (Math.Max(from, next), to);
        }
        if (leaf is not { } last)
            return new([], null);
        var segments = Segments(last, from, to, runOf);
        var items = new List<MessageRecord>();
        foreach (var (run, first, end) in descending ? segments : segments.Reverse())
        {
            foreach (var message in read(run, first, end, query.PageSize + 1 - items.Count))
            {
                if (items.Count == query.PageSize)
                    return new(items, string.Create(CultureInfo.InvariantCulture, $"{last}:{message.Id.Depth}"));
                items.Add(message);
            }
        }
        return new(items, null);
    }

    /// <summary>The parts of runs that make a branch, from its leaf towards the beginning.</summary>
    private static IEnumerable<(MessageRun Run, int First, int Last)> Segments(
        MessageId leaf,
        int from,
        int to,
        Func<long, MessageRun?> runOf
    )
    {
        for (MessageId? at = leaf; at is { } end && end.Depth >= from; )
        {
            if (runOf(end.Run) is not { } run)
                yield break;
            if (run.FirstDepth <= Math.Min(end.Depth, to))
                yield return (run, Math.Max(run.FirstDepth, from), Math.Min(end.Depth, to));
            at = run.Parent;
        }
    }

    private static (MessageId Leaf, int Depth) Parse(string continuation) =>
        continuation.Split(':') is [var leaf, var depth]
        && MessageId.TryParse(leaf, null, out var id)
        && int.TryParse(depth, NumberStyles.None, CultureInfo.InvariantCulture, out var next)
            ? (id, next)
            : throw new ArgumentException($"'{continuation}' is not a continuation that an earlier page gave.", nameof(continuation));
}
